"""Component `examine`: read and check a part of a source."""
