"""Step `deploy`: writes the KServe InferenceService that puts a release on a cluster.

``config`` and ``render`` need no kfp; the component is ``from lookalike_components import deploy``.
"""
