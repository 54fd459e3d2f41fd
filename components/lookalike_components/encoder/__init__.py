"""The image encoder: pretrained backbone, optional head, its folder on disk, and its ONNX graph.

``config`` and ``process`` load without torch; ``backbones``, ``weights``, ``model``, ``folder``, ``encode`` and
``onnx_graph`` load torch, so each is imported by its own name.
"""
