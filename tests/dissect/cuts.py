"""A frame cut everywhere: whatever is missing, positions stay inside the frame, and the whole frame has no fault."""

from __future__ import annotations

import numpy as np

from analyzer.batch import Batch, Table
from analyzer.dissect import stack
from analyzer.dissect.walk import Walk
from tests.frames import ETHERNET, batch_of


def path(walk: Walk, row: int = 0) -> str:
    """The protocols of a frame as far as they were dissected or named."""
    return ":".join(walk.paths[walk.path_of_row()[row]])


def cut_everywhere(frame: bytes, linktype: int = ETHERNET) -> None:
    """All that begins the frame, as a frame of its own and as what a snap length left; each with nothing to read behind it."""
    for length in range(len(frame) + 1):
        for wire in (length, len(frame)):
            batch = batch_of([frame[:length]], linktype, [wire])
            walk = Walk()
            walk.batch(batch)
            assert_inside(walk, batch)
    assert not walk.faults


def tables(walk: Walk) -> list[Table]:
    """Of every protocol that occurs."""
    return [table for table in map(walk.table, stack.DISSECTORS) if table is not None]


def assert_inside(walk: Walk, batch: Batch) -> None:
    """No layer ends beyond the one around it, and what is carried begins within its carrier."""
    for table in tables(walk):
        rows = table["row"]
        assert (table["end"] <= batch.end[rows]).all()
        assert (table["reported"] <= batch.reported[rows]).all()
        carried = table["carries"] != -1
        order = np.stack([table[name] for name in ("at", "inner", "inner_end", "inner_reported", "reported")])[:, carried]
        assert (order[:-1] <= order[1:]).all()
        assert (table["inner_end"] <= table["end"]).all()
