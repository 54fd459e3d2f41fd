"""How the server's process is set up before its libraries are loaded; light."""

import ctypes
import os
from contextlib import suppress

from lookalike_components.serve.cores import cores

MIB = 2**20
WAITING = "OMP_WAIT_POLICY"

# Parameters of glibc's mallopt, by the names of its manual; malloc.h has the numbers.
_ALLOCATOR = {"M_MMAP_THRESHOLD": (-3, 64 * MIB), "M_TRIM_THRESHOLD": (-1, 128 * MIB), "M_ARENA_MAX": (-8, 4)}


def prepare() -> None:
    """Sets what the environment leaves open.

    Threads of OpenMP that wait for each other sleep: by default they spin, on cores that decoding wants. And memory for
    an image stays with the process, up to a bound: given back and fetched again for each image, page by page, it makes
    decoding a tenth slower.
    """
    os.environ.setdefault(WAITING, "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", str(cores()))
    if not any(name.startswith("MALLOC_") for name in os.environ):
        with suppress(AttributeError, OSError):  # another C library than glibc has its own ways
            library = ctypes.CDLL(None)
            for parameter, value in _ALLOCATOR.values():
                library.mallopt(parameter, value)
