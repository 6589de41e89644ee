"""What is gathered of a connection: all of it, in parts as in one, and never more than a picture needs."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.report.graphs import thinning
from analyzer.report.graphs.course import Course
from tests.report.graphs.traces import SEGMENT, download, judged


def of(*parts: object) -> Course:
    found = Course(parts[0])  # type: ignore[arg-type]
    for part in parts:
        found.add(part)  # type: ignore[arg-type]
    return found


def test_bytes_acks_and_window() -> None:
    way = of(judged(download(9))).way("server")
    assert way.bytes == 6 * SEGMENT
    assert way.acked.value.tolist() == [2 * SEGMENT, 4 * SEGMENT, 6 * SEGMENT]
    assert way.edge.value.tolist() == [ack + (1 << 20) for ack in way.acked.value.tolist()]
    assert way.flight.value.max() == 2 * SEGMENT
    assert not len(way.resent.rows)


def test_what_was_sent_again_is_not_counted_as_new() -> None:
    way = of(judged(download(30), resent=(3, 4))).way("server")
    assert [row[5] for row in way.resent.rows.tolist()] == [4, 5]
    assert way.bytes == 18 * SEGMENT


@pytest.mark.parametrize("cut", [1, 7, 100, 299])
def test_parts_are_joined(cut: int) -> None:
    trace = download(300)
    first, second = trace.take(np.arange(cut)), download(300)
    second.reported = cut
    joined, whole = of(judged(first), judged(second)), of(judged(trace))
    assert (joined.packets, joined.begin_ns, joined.end_ns) == (whole.packets, whole.begin_ns, whole.end_ns)
    for side in ("client", "server"):
        ours, theirs = joined.way(side), whole.way(side)
        assert ours.bytes == theirs.bytes
        assert ours.acked.value.tolist() == theirs.acked.value.tolist()
        assert [list(column) for column in ours.sent.columns] == [list(column) for column in theirs.sent.columns]
    assert sum(joined.totals.values()) == sum(whole.totals.values()) == whole.end_ns - whole.begin_ns


def test_an_ack_of_what_nobody_sent_is_left_out() -> None:
    trace = download(30)
    trace.acked[5] = 1 << 40
    way = of(judged(trace)).way("server")
    assert way.acked.value.tolist() == [2 * SEGMENT, *range(6 * SEGMENT, 21 * SEGMENT, 2 * SEGMENT)]


def test_acks_of_a_direction_that_was_not_captured_stay() -> None:
    trace = download(30)
    whole = trace.take(trace.direction == 0)
    assert of(judged(whole)).way("server").acked.value.max() == 20 * SEGMENT


def test_begin_that_was_forgotten() -> None:
    trace = download(300)
    trace.reported = 100
    assert of(judged(trace)).late and not of(judged(download(300))).late


def test_bounded() -> None:
    course = of(judged(download(60_000), resent=tuple(range(0, 60_000, 3))))
    way = course.way("server")
    assert all(len(column) <= thinning.MOST_POINTS for column in way.sent.columns)
    for line in (way.acked, way.edge, way.room, way.flight):
        assert 0 < len(line.time) <= thinning.MOST_POINTS
    assert len(way.resent.rows) == thinning.MOST_EVENTS
    assert len(way.resent.rows) + way.resent.left_out == 20_000
