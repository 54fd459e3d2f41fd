"""The images that the steps run in on a cluster; locally they only name the kind of machine that a step wants."""

CPU = "lookalike/cpu:0.1.0"
GPU = "lookalike/gpu:0.1.0"
SERVE = "lookalike/serve:0.1.0"
