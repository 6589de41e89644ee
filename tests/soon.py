"""A bound on processor time, wide enough for a slow machine: it is passed only by work that grows out of hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def soon(seconds: float) -> Iterator[None]:
    """What is done within must not take longer."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds
