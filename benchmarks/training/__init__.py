"""The contestants of `benchmarks/train.py`, and what they are given."""
