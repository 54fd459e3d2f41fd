"""Step `evaluate`: how well an encoder finds pictures of the same thing among test labels that it never trained on.

``evaluate`` loads torch, so the function is imported by its own module: ``lookalike_components.evaluate.evaluate``.
"""
