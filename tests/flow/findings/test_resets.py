"""Whose reset it was: what convicts a middlebox, and what does not."""

from __future__ import annotations

import pytest

from analyzer.batch import Batch
from analyzer.finding import Severity
from analyzer.flow.findings import resets
from tests.flow.findings.batches import found, found_in, opening, segment
from tests.frames import batch_of


def reset_with(ttl: int, number: int = 0, numbers: tuple[int, ...] = (), server_ttl: int = 54) -> bool:
    """Whether a reset of the server is found foreign, after packets of the server with these numbers."""
    data = [segment("s", "PA", 1 + i, 1, b"x", ttl=server_ttl, number=one) for i, one in enumerate(numbers)]
    frames = [*opening(ttl=server_ttl), *data, segment("s", "R", 1 + len(data), ttl=ttl, number=number)]
    finding = found(frames).get("foreign_reset")
    if finding is not None:
        assert (finding.frames, finding.streams, finding.severity) == ((len(frames),), (0,), Severity.PROBLEM)
    return finding is not None


@pytest.mark.parametrize(
    ("ttl", "foreign"),
    [
        (54, False),
        (53, False),  # a route that changed
        (54 + resets.HOPS, True),
        (54 - resets.HOPS, True),
        (64, True),  # made at the capture point
        (128 - 10, False),  # another initial value, the same distance
        (255 - 10, False),
        (255 - 3, True),
    ],
)
def test_hops(ttl: int, foreign: bool) -> None:
    assert reset_with(ttl) == foreign


def test_nothing_to_compare_with() -> None:
    assert "foreign_reset" not in found([segment("c", "S", 0), segment("s", "RA", 0, 1, ttl=250)])


def test_senders_that_differ_among_themselves_convict_nobody() -> None:
    frames = [*opening(ttl=54), segment("s", "PA", 1, 1, b"x", ttl=50), segment("s", "R", 2, ttl=64)]
    assert "foreign_reset" not in found(frames)


def later(frame: bytes, before: int) -> Batch:
    """A batch of its own, behind so many frames."""
    batch = batch_of([frame])
    batch.number[:] += before
    return batch


@pytest.mark.parametrize("near_first", [True, False])
def test_a_capture_at_two_places_convicts_nobody(near_first: bool) -> None:
    """Each packet is there twice, some hops apart; the reset comes when only the SYNs are known."""
    ttls = (64, 61) if near_first else (61, 64)
    begun = [frame for pair in zip(*(opening(ttl=ttl) for ttl in ttls), strict=True) for frame in pair]
    for ttl in ttls:
        assert "foreign_reset" not in found_in([batch_of(begun), later(segment("s", "R", 1, ttl=ttl), len(begun))])
    assert "foreign_reset" in found_in([batch_of(opening(ttl=61)), later(segment("s", "R", 1, ttl=64), 3)])


@pytest.mark.parametrize(
    ("numbers", "number", "foreign"),
    [
        ((100, 101, 102), 103, False),
        ((100, 101, 102), 102 + resets.JUMP, True),
        ((100, 101, 102), 102 - resets.JUMP & 0xFFFF, True),
        ((100, 101, 102), 0, False),  # resets of Linux
        ((65_534, 65_535, 1), 2, False),  # the counter wraps
        ((0, 0, 0), 9_000, False),  # who does not count cannot miscount
        ((100, 30_000, 7), 50_000, False),  # random numbers
        ((100,), 50_000, False),  # too few
    ],
)
def test_identifications(numbers: tuple[int, ...], number: int, foreign: bool) -> None:
    """They count beside one hop of difference, and alone never."""
    assert reset_with(53, number, numbers) == foreign
    assert not reset_with(54, number, numbers)


def test_what_it_says() -> None:
    values = found([*opening(ttl=54), segment("s", "R", 1, ttl=64)])["foreign_reset"].values
    assert (values["ttl"], values["usual_ttl"], values["by_id"]) == (64, 54, 0)


def test_only_selected_resets() -> None:
    frames = [*opening(ttl=54), segment("s", "R", 1, ttl=64)]
    assert "foreign_reset" not in found(frames, mask=[1, 2, 3])


def test_too_many_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resets, "MAX_JUDGED", 1)
    frames = [*opening(ttl=54), *[segment("s", "R", 1, ttl=64)] * 3]
    findings = found(frames)
    assert findings["foreign_reset"].count == 1 and findings["forgotten"].count == 2
