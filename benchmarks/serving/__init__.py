"""What `benchmarks/serve.py` starts, each in a process of its own: contestants, the limit, and who asks them."""
