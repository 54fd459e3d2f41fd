"""Step export: turns a trained encoder and its pictures into a release that can be served."""
