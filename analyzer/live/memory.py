"""How much memory this process takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

STATM: Final = Path("/proc/self/statm")  #: proc(5): the second number are the resident pages
KIBIBYTE: Final = 1 << 10


def resident_bytes() -> int:
    """Resident memory now; the most that it ever was, where the system does not tell."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    try:
        import resource  # not on every platform
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * KIBIBYTE
