"""Which pictures of a table are the same, or nearly: found without comparing each with each."""
