"""WebSocket over TCP as rows: the frames and times of each, pings and pongs, closes, holes."""

from __future__ import annotations

from analyzer.flow.application.websocket import KEYS, close_name
from tests.dissect.application.websocket.build import KEY, frame

from .upgraded import Script


def test_frames_have_their_places() -> None:
    text = frame(1, b"Hello there", key=KEY)
    rows = Script().send(0, text[:4]).send(1, frame(9, b"?")).send(0, text[4:]).rows()
    assert [(row["frame"], row["first_frame"], row["direction"], row["opcode_name"], row["length"]) for row in rows] == [
        (7, 7, "server", "ping", 1),
        (8, 6, "client", "text", 11),
    ]
    assert all(list(row)[:8] == list(KEYS)[:8] and set(row) <= set(KEYS) for row in rows)
    assert rows[1]["masked"] is rows[1]["fin"] is rows[1]["complete"] is True
    assert (rows[1]["message_frames"], rows[1]["message_length"], rows[1]["compressed"]) == (1, 11, False)


def test_round_trips() -> None:
    script = Script().send(1, frame(9, b"1"), 100).send(0, frame(10, b"1", key=KEY), 130).send(0, frame(10, b"", key=KEY), 140)
    _, answer, unasked = script.rows()
    assert (answer["ping_frame"], answer["round_trip_ns"], answer["round_trip_certain"]) == (6, 30_000_000, True)
    assert (unasked["ping_frame"], unasked["round_trip_ns"]) == (None, None)


def test_a_ping_behind_a_hole_finds_its_pong() -> None:
    script = Script().send(1, frame(2, bytes(50))[:20]).send(1, bytes(32), lost=True).send(1, frame(9, b"1"), 100)
    late, ping = script.send(0, frame(10, b"1", key=KEY), 130).rows()[::2]
    assert (late["ping_frame"], late["round_trip_ns"]) == (None, None)
    assert (ping["frame"], ping["pong_frame"], ping["round_trip_ns"], ping["round_trip_certain"]) == (7, 8, 30_000_000, True)


def test_closes() -> None:
    script = Script().send(1, frame(8, (1011).to_bytes(2, "big") + b"oops")).send(0, frame(8, (1011).to_bytes(2, "big"), key=KEY))
    first, second = script.end().rows()
    assert (first["close_code"], first["close_name"], first["close_reason"], first["close_first"]) == (
        1011, "internal error", "oops", True,
    )  # fmt: skip
    assert second["close_first"] is False


def test_names_of_codes() -> None:
    assert [close_name(code) for code in (None, 1000, 3000, 3999, 4000, 999)] == [
        "no code", "normal closure", "unauthorized", "of a library", "of the application", "reserved",
    ]  # fmt: skip


def test_no_close() -> None:
    text, last = Script().send(0, frame(1, b"x", key=KEY)).end().rows()
    assert (last["kind"], last["frame"], last["last_frame"], last["opcode"]) == ("no_close", None, text["frame"], None)
    assert [row["kind"] for row in Script().send(0, frame(1, b"x", key=KEY)).rows()] == ["frame"]
    assert [(row["kind"], row["last_frame"]) for row in Script().end().rows()] == [("no_close", 5)]


def test_a_hole_in_a_payload_and_one_in_a_header() -> None:
    data = frame(2, bytes(range(100)))
    script = Script().send(1, data[:20]).send(1, data[20:50], lost=True).send(1, data[50:])
    script.send(1, data, lost=True)
    for number in range(6):
        script.send(1, frame(1, b"%d" % number))
    rows = script.rows()
    assert [(row["kind"], row["complete"], row.get("resynchronised", False)) for row in rows] == [
        ("frame", False, False), ("lost", False, False), ("frame", True, True), *[("frame", True, False)] * 5,
    ]  # fmt: skip
    assert [row["frame"] for row in rows[2:]] == [8, 9, 10, 11, 12, 13]
