"""How an encoder stands pictures that are worse than those of the test."""
