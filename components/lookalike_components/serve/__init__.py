"""The KServe predictor: answers v1, v2 (JSON and binary) and gRPC with what one release knows.

``python -m lookalike_components.serve --release FOLDER`` starts it. It never loads torch, kfp or a step.
"""
