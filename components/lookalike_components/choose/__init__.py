"""Step `choose`: which pretrained backbone the later steps start from.

Where it has to measure, ``choose`` loads torch: the function is imported by its own module,
``lookalike_components.choose.choose``.
"""
