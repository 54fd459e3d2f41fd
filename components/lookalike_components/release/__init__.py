"""What is deployed: one sealed folder, and the torch-free runtime that turns pictures into vectors and neighbours.

``manifest`` describes a release and checks its files, ``sealing`` makes one, ``runtime`` opens and runs one. Only the
runtime loads onnxruntime and faiss, so each is imported by its own name.
"""
