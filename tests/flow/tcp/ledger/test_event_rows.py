"""Rows of TCP events with our verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer.flow.columns import Columns, rows
from analyzer.flow.tcp.ledger.event_rows import VERDICT, EventRows, copied, verdicts
from analyzer.flow.tcp.ledger.ledger import judge
from tests.flow.tcp.ledger.making import trace

HELLO = ("0 c S ts 1/0", "10 s SA ts 1/1", "20 c A ts 21/1", "30 c A 0+100 ts 31/1")
LOST = (
    *HELLO, "30.2 c A 200+100 ts 31/1", "30.4 s A ack 100 sack 200-300 ts 31/31", "50.5 c A 100+100 ts 51/31",
    "50.7 s A ack 300 ts 51/51", "50.9 s A ack 300 sack 100-200 ts 51/51",
)  # fmt: skip


def events(*frames: int) -> Columns:
    """What Wireshark says, by frame."""
    return {"frame": np.array(frames, np.int64), "stream": [0] * len(frames), "kind": [f"kind {frame}" for frame in frames]}


def taken(made: EventRows, before: int | None = None, chosen: Any = None) -> list[dict[str, Any]]:
    return [row for columns in made.take(before, chosen) for row in rows(columns)]


def of(*ladder: str) -> EventRows:
    made = EventRows()
    made.judged(judge(trace(*ladder)))
    return made


class TestVerdicts:
    def test_what_has_one(self) -> None:
        found = {placed.frame: placed.verdict for placed in verdicts(judge(trace(*LOST)))}
        assert {frame: verdict[:4] for frame, verdict in found.items()} == {
            5: ("gap_open", None, None, "lost_upstream"),
            7: ("retransmission", "fast_retransmit", "needed", "lost_upstream"),
            9: ("duplicate_data_received", None, None, None),
        }
        assert found[7][4:] == ("high", (5, 6))
        assert found[5][5] == (7,)

    def test_place(self) -> None:
        placed = next(verdicts(judge(trace(*LOST))))
        assert (placed.frame, placed.direction, placed.seq, placed.ack, placed.len) == (5, "client", 201, 1, 100)
        assert placed.time_ns == 30_200_000

    def test_server(self) -> None:
        assert next(verdicts(judge(trace(*LOST, client=1)))).direction == "server"

    def test_duplicate_acks(self) -> None:
        ladder = ("0 c A 0+100", "1 c A 100+100", "2 s A ack 100", "3 s A ack 100", "4 s A ack 200")
        assert [(placed.frame, placed.verdict[0]) for placed in verdicts(judge(trace(*ladder)))] == [(4, "duplicate_ack")]

    def test_as_many_values_as_keys(self) -> None:
        assert [len(placed.verdict) for placed in verdicts(judge(trace(*LOST)))] == [len(VERDICT)] * 3

    def test_relative_numbers_are_those_of_wireshark(self) -> None:
        """A SYN has 0, the first byte 1."""
        assert next(verdicts(judge(trace("0 c S", "1000 c S", "1010 s SA")))).seq == 0


class TestCopied:
    COPIED = (*HELLO, "30.02 c A 0+100 ts 31/1 ipid 4 ttl 63 link 9", "50 s A ack 100 ts 50/31")

    def test_capture_duplicate(self) -> None:
        judged = judge(trace(*self.COPIED))
        assert [(placed.frame, placed.verdict) for placed in copied(judged)] == [
            (5, ("capture_duplicate", None, None, None, "high", (4,)))
        ]
        assert 5 not in [placed.frame for placed in verdicts(judged)]

    def test_told_once_where_a_connection_is_cut(self) -> None:
        """There is no room: half of it is told, though nothing is settled by its age."""
        ladder = ["0 c S", "10 s SA", "20 c A"]
        for i in range(5):
            ladder += [f"{30 + i} c A {i * 10}+10 ipid {100 + i}", f"{30.02 + i} c A {i * 10}+10 ipid {100 + i} ttl 63 link 9"]
        ladder += ["36 c A 50+10 ipid 105", "36.02 c A 50+10 ipid 105 ttl 63 link 9"]
        ladder += [f"{40 + i} c A {60 + i * 10}+10 ipid {106 + i}" for i in range(9)]
        first = trace(*ladder, over=False)
        first.pressed = True
        judged = judge(first)
        behind = trace(*ladder)
        told = int(np.searchsorted(first.frame, judged.trace.frame[judged.settled]))
        behind.reported = told
        found = [placed.frame for placed in copied(judged)] + [placed.frame for placed in copied(judge(behind))]
        assert found == [5, 7, 9, 11, 13, 15]


class TestJoined:
    def test_event_and_verdict_in_one_row(self) -> None:
        made = of(*LOST)
        made.add(events(5, 7))
        found = taken(made)
        assert [(row["frame"], row["kind"], row["verdict"]) for row in found] == [
            (5, "kind 5", "gap_open"),
            (7, "kind 7", "retransmission"),
            (9, None, "duplicate_data_received"),
        ]
        assert found[1]["trigger"] == "fast_retransmit"
        assert all(set(VERDICT) <= set(row) for row in found)

    def test_two_events_of_a_frame(self) -> None:
        made = of(*LOST)
        made.add(events(7, 7))
        assert [row["verdict"] for row in taken(made) if row["frame"] == 7] == ["retransmission"] * 2

    def test_event_without_a_verdict(self) -> None:
        made = of(*LOST)
        made.add(events(2))
        assert taken(made)[0] == {"frame": 2, "stream": 0, "kind": "kind 2", **dict.fromkeys(VERDICT)}

    def test_verdict_without_an_event(self) -> None:
        found = taken(of(*LOST))
        assert [row["frame"] for row in found] == [5, 7, 9]
        assert {row["kind"] for row in found} == {None}

    def test_order_of_frames(self) -> None:
        made = of(*LOST)
        for first in (1, 4, 7):
            made.add(events(first, first + 2))
        assert [row["frame"] for row in taken(made)] == [1, 3, 4, 5, 6, 7, 9]

    def test_only_chosen_frames_have_rows_of_their_own(self) -> None:
        made = of(*LOST)
        made.add(events(7))
        assert [row["frame"] for row in taken(made, None, {9}.__contains__)] == [7, 9]
        assert made.waiting == 0

    def test_waits_for_what_is_not_judged(self) -> None:
        made = of(*LOST)
        made.add(events(1, 5))
        made.add(events(6, 8))
        assert made.waiting == 4 + 3
        assert [row["frame"] for row in taken(made, 6)] == [1, 5]
        assert made.waiting == 2 + 2
        assert taken(made, 6) == []
        assert [row["frame"] for row in taken(made)] == [6, 7, 8, 9]
        assert taken(made) == []

    def test_a_batch_that_is_not_over_stays(self) -> None:
        made = of(*LOST)
        made.add(events(1, 8))
        assert taken(made, 8) == []
        assert [row["frame"] for row in taken(made, 9)] == [1, 5, 7, 8]
        assert [row["frame"] for row in taken(made, 10)] == [9]

    def test_files(self) -> None:
        made = of(*LOST)
        made.place = lambda frame: ("second", frame - 4) if frame > 4 else None
        made.add({**events(1, 7), "file": ["first", "second"], "frame_in_file": [1, 3]})
        assert [(row["file"], row["frame_in_file"]) for row in taken(made) if row["frame"] >= 5] == [
            ("second", 1),
            ("second", 3),
            ("second", 5),
        ]

    def test_nothing(self) -> None:
        made = EventRows()
        made.add(events())
        assert made.waiting == 0
        assert taken(made) == []
