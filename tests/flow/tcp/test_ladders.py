"""Every ladder, as one batch and frame by frame: what tshark 4.0.17 said about it is what we say."""

from pathlib import Path

import pytest

from tests.flow.tcp.ladder import Ladder, parse, run

LADDERS = [ladder for path in sorted((Path(__file__).parent / "ladders").glob("*.txt")) for ladder in parse(path)]


@pytest.mark.parametrize("rows", [1 << 20, 1], ids=["whole", "by frame"])
@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.name)
def test_ladder(ladder: Ladder, rows: int) -> None:
    said = run(ladder, rows)
    expected = [segment.expected for segment in ladder.segments]
    assert [f"{i}: {line}" for i, line in enumerate(said, 1)] == [f"{i}: {line}" for i, line in enumerate(expected, 1)]
