"""How a process that runs torch on a CPU should be started: environment that its libraries read once, at the start."""

import os

ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "100000000000",
    "MALLOC_TOP_PAD_": "268435456",
}
"""glibc's malloc: freed tensors stay with the process instead of going back to the system page by page."""

WAITING = {"OMP_WAIT_POLICY": "PASSIVE"}
"""OpenMP: threads that wait for each other sleep. By default they spin, and where another process wants the same cores
a training step takes many times as long."""

ENVIRONMENT = ALLOCATOR | WAITING


def environment(processes: int) -> dict[str, str]:
    """The same for several processes that share this machine's cores."""
    threads = max(1, (os.cpu_count() or 1) // processes)
    return ENVIRONMENT | {"OMP_NUM_THREADS": str(threads)}
