"""Step `ingest`: move the images of a source into shards, once, and refuse what is no image."""
