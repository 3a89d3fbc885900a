"""Tell the C library's allocator what a proxy's memory is like: large buffers, freed at once, wanted again at once."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

# Source: mallopt(3), values of glibc's malloc.h.
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3

# A read brings up to 256 KiB. By default such a buffer is mapped, faulted in and unmapped for every read: 1 MiB bodies
# through one worker cost 598 us of CPU each that way, and 340 us with these (bench: bulk).
MMAP_THRESHOLD_BYTES: Final = 4 * 1024 * 1024
KEPT_BYTES: Final = 16 * 1024 * 1024  # free memory a worker may hold back from the system


def keep_freed_buffers() -> bool:
    """True where the allocator listens: glibc. Elsewhere nothing changes."""
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)) and bool(mallopt(M_TRIM_THRESHOLD, KEPT_BYTES))
