"""The latest rows, each as it is now."""

from __future__ import annotations

from analyzer.live.event import Event
from analyzer.live.latest import Latest


def test_the_latest_come_first_and_the_oldest_leave() -> None:
    latest = Latest(("stream",), 2)
    for stream in range(3):
        latest.add(Event("handshake", {"stream": stream}))
    assert latest.rows() == ({"stream": 2}, {"stream": 1})


def test_a_row_that_changed_keeps_its_place() -> None:
    latest = Latest(("stream",), 3)
    for stream in range(3):
        latest.add(Event("handshake", {"stream": stream, "outcome": None}))
    latest.add(Event("handshake", {"stream": 1, "outcome": "established"}, 2))
    assert [(row["stream"], row["outcome"]) for row in latest.rows()] == [(2, None), (1, "established"), (0, None)]


def test_what_is_withdrawn_goes() -> None:
    latest = Latest(("stream", "start_ns"), 3)
    for start in range(2):
        latest.add(Event("stall", {"stream": 1, "start_ns": start}))
    latest.add(Event("stall", {"stream": 1, "start_ns": 0}, 2, withdrawn=True))
    assert [row["start_ns"] for row in latest.rows()] == [1]
