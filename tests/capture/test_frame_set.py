"""Sets of frame numbers."""

from __future__ import annotations

import numpy as np

from analyzer.capture.frame_set import FIRST_BYTES, FrameSet

FAR = 8 * FIRST_BYTES * 5 + 3


def test_what_was_added_is_in_it() -> None:
    frames = FrameSet([1, 8])
    frames.add(np.array([9, 9, FAR]))
    asked = np.array([0, 1, 2, 7, 8, 9, 10, FAR - 1, FAR, FAR + 1, 100 * FAR])
    assert frames.among(asked).tolist() == [number in (1, 8, 9, FAR) for number in asked.tolist()]
    assert len(frames) == 4 and frames


def test_nothing_is_in_an_empty_one() -> None:
    frames = FrameSet()
    frames.add(np.empty(0, np.int64))
    assert not frames and len(frames) == 0 and not frames.among(np.array([1, FAR])).any()
