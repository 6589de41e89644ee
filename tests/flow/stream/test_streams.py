"""Streams by sequence numbers: order, repeats, overlaps, holes, and the frames of messages."""

from __future__ import annotations

import itertools

import pytest

from analyzer.flow.stream import streams

from .wire import ACK, FIN, RST, SYN, Reading, Segment, every, handshake, lines, told

__all__ = ["lines"]
pytestmark = pytest.mark.usefixtures("lines")


def test_in_order() -> None:
    assert list(every([*handshake(), Segment(0, 0, b"one\ntw"), Segment(0, 6, b"o\n")])) == [(b"one", 4, 4), (b"two", 4, 5)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_every_order(order: tuple[int, ...]) -> None:
    parts = [Segment(0, 0, b"alp"), Segment(0, 3, b"ha\nbe"), Segment(0, 8, b"ta\n")]
    frame = {part: 4 + at for at, part in enumerate(order)}
    assert list(every([*handshake(), *(parts[i] for i in order)])) == [
        (b"alpha", frame[0], max(frame[0], frame[1])),
        (b"beta", frame[1], max(frame[1], frame[2])),
    ]


def test_a_message_behind_a_hole_has_the_frame_that_brought_it() -> None:
    segments = [Segment(0, 0, b"one\n"), Segment(0, 8, b"three\n"), Segment(0, 4, b"two\n")]
    assert list(every([*handshake(), *segments])) == [(b"one", 4, 4), (b"two", 6, 6), (b"three", 5, 5)]


def test_repeats_and_overlaps_are_delivered_once() -> None:
    segments = [Segment(0, 0, b"one\nt"), Segment(0, 0, b"one\nt"), Segment(0, 4, b"two\nth"), Segment(0, 8, b"three\n")]
    assert list(every([*handshake(), *segments])) == [(b"one", 4, 4), (b"two", 4, 6), (b"three", 6, 7)]


def test_the_first_copy_wins_and_the_other_is_noted() -> None:
    reading = Reading()
    got = reading.read([*handshake(), Segment(0, 0, b"attack\n"), Segment(0, 0, b"attics\n")])
    assert told(got) == [(b"attack", 4, 4)]
    (_, direction, conflict), *rest = reading.messages.streams.conflicts
    assert not rest and direction == 0
    assert (conflict.offset, conflict.first.frame, conflict.second.frame) == (3, 4, 5)
    assert (conflict.first_bytes, conflict.second_bytes) == (b"ack\n", b"ics\n")


def test_the_first_copy_wins_behind_a_hole() -> None:
    reading = Reading()
    segments = [Segment(0, 3, b"BBB\n"), Segment(0, 3, b"CCC\n"), Segment(0, 0, b"aaa")]
    assert told(reading.read([*handshake(), *segments])) == [(b"aaaBBB", 6, 6)]
    assert len(reading.messages.streams.conflicts) == 1


def test_a_keep_alive_is_no_conflict() -> None:
    reading = Reading()
    reading.read([*handshake(), Segment(0, 0, b"abc\n"), Segment(0, 3, b"\0")])
    assert not reading.messages.streams.conflicts


def test_sequence_numbers_wrap() -> None:
    reading = Reading()
    segments = [*handshake(), Segment(0, 0, b"abcd\nef"), Segment(0, 7, b"gh\nij"), Segment(0, 12, b"k\n")]
    assert told(reading.read(segments, (2**32 - 6, 2**32 - 1))) == [(b"abcd", 4, 4), (b"efgh", 4, 5), (b"ijk", 5, 6)]


def test_data_in_the_syn() -> None:
    segments = [Segment(0, -1, b"one\n", SYN), Segment(1, -1, flags=SYN | ACK), Segment(0, 4, b"two\n")]
    assert list(every(segments)) == [(b"one", 1, 1), (b"two", 3, 3)]


def test_both_directions() -> None:
    segments = [Segment(0, 0, b"ask\n"), Segment(1, 0, b"answer"), Segment(0, 4, b"more\n"), Segment(1, 6, b"\n")]
    assert list(every([*handshake(), *segments])) == [(b"ask", 4, 4), (b"more", 6, 6), (b"answer", 5, 7)]


def test_in_the_middle_of_a_stream() -> None:
    segments = [Segment(0, 700, b"UNKNOWN"), Segment(0, 707, b"one\n"), Segment(1, 90, b"two\n")]
    assert list(every(segments)) == [(b"one", 2, 2), (b"two", 3, 3)]


def test_the_handshake_ack_alone_tells_where_a_stream_begins() -> None:
    segments = [Segment(0), Segment(0, 3, b"ha\n"), Segment(0, 0, b"alp")]
    assert list(every(segments)) == [(b"alpha", 3, 3)]


def test_a_keep_alive_first_is_no_hole() -> None:
    segments = [Segment(0, 9), Segment(0, 10, b"one\n"), Segment(0, 14, b"two\n")]
    assert list(every(segments)) == [(b"one", 2, 2), (b"two", 3, 3)]


def test_a_head_may_come_byte_by_byte() -> None:
    assert list(every([*handshake(), Segment(0, 0, b"w"), Segment(0, 1, b"hy\n")])) == [(b"why", 4, 5)]


def test_what_nobody_wants_is_skipped_and_counts() -> None:
    segments = [*handshake(), Segment(0, 0, b"skip 998\n"), *(Segment(0, 9 + 100 * i, bytes(100)) for i in range(9))]
    segments += [Segment(0, 909, bytes(98) + b"on\n")]
    assert list(every(segments)) == [(b"skip 998", 4, 14), (b"on", 14, 14)]


def test_a_hole_in_what_nobody_wants_delays_its_end() -> None:
    segments = [Segment(0, 0, b"skip 30\n"), Segment(0, 18, bytes(20)), Segment(0, 38, b"on\n"), Segment(0, 8, bytes(10))]
    assert list(every([*handshake(), *segments])) == [(b"skip 30", 4, 7), (b"on", 6, 6)]


def test_a_hole_that_is_never_filled() -> None:
    reading = Reading()
    segments = [Segment(0, 0, b"one\ntw"), Segment(0, 9, b"three\n"), Segment(1, ack=15), Segment(1, ack=15, time=500)]
    assert told(reading.read([*handshake(), *segments])) == [(b"one", 4, 4), (b"three", 5, 5)]
    assert (reading.messages.streams.gaps, reading.messages.streams.gap_bytes) == (1, 3)


def test_a_hole_that_nobody_acknowledged_stays_until_the_end() -> None:
    reading = Reading()
    segments = [Segment(0, 0, b"one\ntw"), Segment(0, 9, b"three\n"), Segment(1, ack=6), Segment(1, ack=6, time=500)]
    assert told(reading.read([*handshake(), *segments])) == [(b"one", 4, 4)]
    assert told(reading.finish()) == [(b"three", 5, 5)]


def test_a_hole_in_a_message_makes_it_incomplete() -> None:
    segments = [Segment(0, 0, b"skip 30\n"), Segment(0, 18, bytes(20)), Segment(0, 38, b"on\n")]
    assert list(every([*handshake(), *segments])) == [(b"skip 30", 4, None), (b"on", 6, 6)]


def test_what_the_capture_cut_off_is_a_gap() -> None:
    segments = [Segment(0, 0, b"one\ntwo\n", cut=3), Segment(0, 8, b"three\n")]
    assert list(every([*handshake(), *segments])) == [(b"one", 4, 4), (b"three", 5, 5)]


@pytest.mark.parametrize(("flag", "complete"), [(FIN, True), (RST, False)])
def test_the_end_of_a_stream(flag: int, complete: bool) -> None:
    segments = [Segment(0, 0, b"one\nlast"), Segment(0, 8, flags=flag | ACK)]
    assert list(every([*handshake(), *segments])) == [(b"one", 4, 4), (b"last", 4, 4 if complete else None)]


def test_a_fin_before_the_data() -> None:
    segments = [Segment(0, 4, b"last", FIN | ACK), Segment(0, 0, b"one\n")]
    assert list(every([*handshake(), *segments])) == [(b"one", 5, 5), (b"last", 4, 4)]


def test_a_connection_that_ended_is_forgotten() -> None:
    reading = Reading()
    ends = [Segment(0, 4, flags=FIN | ACK), Segment(1, 4, flags=FIN | ACK)]
    reading.read([*handshake(), Segment(0, 0, b"one\n"), Segment(1, 0, b"two\n"), *ends])
    assert not reading.messages.streams.live


def test_what_is_not_recognised_is_given_up() -> None:
    reading = Reading()
    reading.read([*handshake(), *(Segment(d, 10 * i, b"W" * 10) for i in range(20) for d in (0, 1))])
    assert not reading.messages.streams.live
    assert reading.messages.labels[0].application(0) == ""


def test_it_may_be_recognised_in_the_second_segment() -> None:
    assert list(every([*handshake(), Segment(0, 0, b"PROXY"), Segment(0, 5, b"one\n")])) == [(b"one", 5, 5)]


def test_the_application_is_known() -> None:
    reading = Reading()
    reading.read([*handshake(), Segment(0, 0, b"one\n")])
    assert reading.messages.labels[0].application(0) == "lines"
    assert reading.messages.labels[0].application(1) == ""


def test_silence_gives_holes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SILENCE_NS", 1_000_000_000)
    reading = Reading()
    reading.read([*handshake(), Segment(0, 0, b"one\n"), Segment(0, 8, b"three\n")])
    another = [Segment(0, -1, flags=SYN, time=20_000)]
    assert told(reading.read(another, (77, 88))) == [(b"three", 5, 5)]


def test_the_budget_takes_the_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_HELD_BYTES", 64)
    reading = Reading()
    got = reading.read([*handshake(), Segment(0, 0, b"one\n"), Segment(0, 8, b"x" * 100 + b"\n")])
    assert told(got) == [(b"one", 4, 4), (b"x" * 100, 5, 5)]
    assert reading.messages.streams.overflows == 1


def test_a_hole_of_several_segments_that_were_acknowledged_one_by_one() -> None:
    reading = Reading()
    segments = [Segment(0, 0, b"one\n"), Segment(0, 16, b"five\n")]
    acks = [Segment(1, ack=8), Segment(1, ack=12), Segment(1, ack=21), Segment(1, ack=21, time=500)]
    assert told(reading.read([*handshake(), *segments, *acks])) == [(b"one", 4, 4), (b"five", 5, 5)]
    assert (reading.messages.streams.gaps, reading.messages.streams.gap_bytes) == (1, 12)
    assert reading.messages.streams.held_bytes == 0


def test_what_looks_like_a_beginning_does_not_hide_the_next_one() -> None:
    assert list(every([*handshake(), Segment(0, 0, b"w"), Segment(0, 1, b"\0"), Segment(0, 2, b"one\n")])) == [(b"one", 6, 6)]


def test_data_behind_a_reset() -> None:
    segments = [Segment(0, 0, b"ask\n"), Segment(1, 0, flags=RST | ACK), Segment(1, 0, b"answer\n"), Segment(0, 4, b"more\n")]
    assert list(every([*handshake(), *segments])) == [(b"ask", 4, 4), (b"answer", 6, 6), (b"more", 7, 7)]


@pytest.mark.parametrize("first", (Segment(0, 9), Segment(0, 19)), ids=["keep-alive", "acknowledgment"])
def test_what_comes_before_the_first_data_of_a_stream(first: Segment) -> None:
    segments = [first, Segment(0, 10, b"ask\n"), Segment(1, 5, b"answer\n")]
    reading = Reading()
    assert told(reading.read(segments)) == [(b"ask", 2, 2), (b"answer", 3, 3)]
    assert not reading.messages.streams.gaps


def test_a_long_message_knows_all_of_its_frames() -> None:
    """More pieces than are told apart, with a repair in the middle of them, and the same with a hole that stays."""
    body = [Segment(0, 11 + 10 * i, bytes(10)) for i in range(2000)]
    opening = Segment(0, 0, b"skip 20000\n")
    repaired = [opening, *body[:1], *body[2:], body[1]]
    assert list(every([*handshake(), *repaired])) == [(b"skip 20000", 4, 4 + 2000)]
    assert list(every([*handshake(), *repaired[:-1]])) == [(b"skip 20000", 4, None)]


def test_bytes_that_the_capture_cut_off_came_all_the_same() -> None:
    segments = [Segment(0, 0, b"skip 30\n" + bytes(10), cut=5), Segment(0, 18, bytes(20), cut=19), Segment(0, 38, b"on\n")]
    assert list(every([*handshake(), *segments])) == [(b"skip 30", 4, 5), (b"on", 6, 6)]


def test_nothing_is_held_at_the_end() -> None:
    reading = Reading()
    segments = [Segment(0, 0, b"one\n"), Segment(0, 8, b"three\n"), Segment(1, 4, b"two\n"), Segment(0, 14, flags=RST)]
    reading.read([*handshake(), *segments])
    assert reading.messages.streams.held_bytes == 10
    reading.finish()
    assert reading.messages.streams.held_bytes == 0


def test_a_hole_at_the_end_counts_if_it_was_acknowledged() -> None:
    reading = Reading()
    reading.read([*handshake(), Segment(0, 0, b"one\n"), Segment(0, 8, b"three\n"), Segment(1, ack=14)])
    reading.finish()
    assert (reading.messages.streams.gaps, reading.messages.streams.gap_bytes) == (1, 4)


def test_a_repeat_with_new_data_behind_a_handover() -> None:
    segments = [Segment(0, 0, b"tunnel\n"), Segment(0, 0, b"tunnel\nnext\n"), Segment(1, 0, b"x\n")]
    assert list(every([*handshake(), *segments])) == [(b"tunnel", 4, 4), (b"next", 5, 5), (b"x", 6, 6)]


def test_a_fin_before_data_that_nobody_wants() -> None:
    segments = [Segment(0, 0, b"skip 30\n"), Segment(0, 38, flags=FIN | ACK), Segment(0, 8, bytes(30)), Segment(1, 0, b"x\n")]
    reading = Reading()
    assert told(reading.read([*handshake(), *segments])) == [(b"skip 30", 4, 6), (b"x", 7, 7)]
    (connection,) = reading.messages.streams.live.values()
    assert connection.closed == [True, False]
