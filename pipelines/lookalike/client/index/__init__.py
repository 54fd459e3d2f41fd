"""The index of a running server: filled from whole sources, and cleared by ids."""
