"""Event streams over HTTP as rows: arrival, gaps, keep-alives, reconnects."""

from __future__ import annotations

from analyzer.flow.application.sse import KEYS

from .event_streams import connection, rows_of


def test_events_as_they_come() -> None:
    pieces = [(b"data: 1\nid: 7\n", 100), (b"\n: keep\n\n", 150), (b"event: e\ndata: 22\n\n", 400)]
    opened, one, two = rows_of(connection(pieces, end=False))[:3]
    assert (opened["kind"], opened["frame"], opened["uri"], opened["host"], opened["reconnect"]) == (
        "open",
        6,
        "/events",
        "h",
        False,
    )
    assert (one["first_frame"], one["frame"], one["id"], one["event"], one["gap_ns"]) == (6, 7, "7", "message", None)
    assert (two["frame"], two["event"], two["gap_ns"], two["comments"], two["data_length"]) == (8, "e", 250_000_000, 1, 2)
    assert two["direction"] == "server"
    assert all(list(row)[:8] == list(KEYS)[:8] and set(row) <= set(KEYS) for row in (opened, one, two))


def test_how_it_ends() -> None:
    rows = rows_of(connection([(b"data: 1\n\ndata: half", 100)]))
    assert [(row["kind"], row["complete"]) for row in rows] == [
        ("open", True), ("event", True), ("event", False), ("end", False),
    ]  # fmt: skip
    assert (rows[3]["events"], rows[3]["ended"], rows[3]["last_frame"]) == (1, True, 6)
    still_open = rows_of(connection([(b"data: 1\n\ndata: half", 100)], end=False))
    assert still_open[-1]["ended"] is False


def test_reconnects() -> None:
    first = connection([(b"id: 1\ndata: x\n\n", 100)])
    second = connection([(b"id: 2\ndata: x\n\n", 3_200)], last_id="1")
    third = connection([(b"data: x\n\n", 4_200)])
    rows = rows_of(first, second, third)
    opened = [row for row in rows if row["kind"] == "open"]
    assert [(row["reconnect"], row["last_event_id"], row["after_ns"]) for row in opened] == [
        (False, None, None), (True, "1", 3_100_000_000), (True, None, 1_000_000_000),
    ]  # fmt: skip


def test_a_reconnect_of_which_the_first_stream_was_not_captured() -> None:
    opened = rows_of(connection([(b"data: x\n\n", 100)], last_id="41"))[0]
    assert (opened["reconnect"], opened["last_event_id"], opened["after_ns"]) == (True, "41", None)
