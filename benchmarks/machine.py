"""On what a benchmark was run: a figure without its machine says little."""

import os
import platform
from pathlib import Path

import torch


def machine() -> str:
    """Processor, cores, the graphics card where there is one, and the versions that decide about speed."""
    parts = [f"{_processor()}, {os.cpu_count()} cores"]
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return "; ".join([*parts, f"Python {platform.python_version()}, torch {torch.__version__}"])


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
