"""Step `split`: keep apart what trains the encoder and what judges it."""
