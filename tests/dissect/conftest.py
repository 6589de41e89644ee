"""Walk some frames: what every dissector's test begins with."""

from collections.abc import Callable, Sequence

import pytest

from analyzer.dissect.walk import Walk
from tests.frames import batch_of


@pytest.fixture
def walk_frames() -> Callable[..., Walk]:
    def walk_frames(frames: Sequence[bytes], linktype: int = 1, wire: Sequence[int] | None = None) -> Walk:
        walk = Walk()
        walk.batch(batch_of(frames, linktype, wire))
        return walk

    return walk_frames
