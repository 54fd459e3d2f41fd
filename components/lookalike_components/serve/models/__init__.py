"""The two models of a server: `encoder` turns images into embeddings, `search` finds their neighbours."""
