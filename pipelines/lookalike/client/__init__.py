"""What a person calls from Python: the SDK's verbs and the client of the server."""
