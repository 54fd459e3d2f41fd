"""Component `pack`: write the shards that begin in a part of a source."""
