"""How requests become queries and answers become responses: v1, v2 in JSON and binary, gRPC; and their refusals."""
