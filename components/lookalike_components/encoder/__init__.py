"""The image encoder: pretrained backbone, optional head, its folder on disk, and its ONNX graph.

``backbones``, ``choice``, ``config``, ``cache`` and ``process`` load without torch; the rest load it, so each is
imported by its own name.
"""
