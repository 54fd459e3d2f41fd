"""Step `deploy`: puts a release on a cluster as a KServe InferenceService, with a canary where that is asked for.

``config``, ``served``, ``traffic``, ``render`` and ``deploy`` need no kfp; the rest needs the package kubernetes. The
component is ``from lookalike_components import deploy``.
"""
