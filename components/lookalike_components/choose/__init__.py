"""Step `choose`: which pretrained backbone the later steps start from.

``choose`` loads torch, so the function is imported by its own module: ``lookalike_components.choose.choose``.
"""
