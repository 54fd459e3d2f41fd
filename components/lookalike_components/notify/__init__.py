"""Step `notify`: tells a webhook how a run ended.

``config`` and ``notify`` need no kfp; the component is ``from lookalike_components import notify``.
"""
