"""How many cores this process may use; light, since it is asked before anything is loaded."""

import math
import os
from pathlib import Path

CPU_MAX = Path("/sys/fs/cgroup/cpu.max")
"""Where a container finds its own quota: microseconds in a period, or ``max``, and the period."""


def cores(cpu_max: Path = CPU_MAX) -> int:
    """Cores that the scheduler gives this process, or that a container's quota comes to where that is less; 1 or more.

    A pod limited to two cores of a node with 64 would otherwise start 64 threads that wait for each other.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, _quota(cpu_max)))


def _quota(cpu_max: Path) -> int:
    try:
        quota, period = cpu_max.read_text(encoding="ascii").split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no such file, or "max": no quota
        return 2**31
