"""Ways to run a released encoder: `OnnxGraph` with onnxruntime, `OpenVinoGraph` with OpenVINO. Neither needs torch.

Each loads its library when its module is imported, so a server that runs one of them does not pay for the other.
"""

import sys

# OpenVINO and NNCF tell their makers of every import through this package, unless a file in the home folder says that
# they shall not. A module that is None cannot be imported, and then both do without it.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
