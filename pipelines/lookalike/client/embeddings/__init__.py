"""Embeddings of whole folders: made by a server, kept in Parquet, handed to vector databases."""
