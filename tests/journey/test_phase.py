"""Phases of a journey, and who was waited for in them."""

from __future__ import annotations

from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.journey.phase import BETWEEN, CONNECT, RECEIVE, WAIT, phases
from analyzer.journey.who import MOST_EVIDENCE, Waited
from tests.journey.made import MS, at, wait


def test_each_begins_where_the_one_before_ends() -> None:
    made = phases(at(1, 0), [(CONNECT, at(3, 20)), (BETWEEN, at(4, 21)), (WAIT, at(6, 50))], Waited([]))
    assert [(one.name, one.start_ns, one.end_ns, one.first_frame, one.last_frame) for one in made] == [
        (CONNECT, 0, 20 * MS, 1, 3),
        (BETWEEN, 20 * MS, 21 * MS, 3, 4),
        (WAIT, 21 * MS, 50 * MS, 4, 6),
    ]
    assert [one.who for one in made] == ["unknown", "client", "unknown"], "the capture says nothing of who"


def test_nothing_is_shorter_than_nothing() -> None:
    """A frame that is stamped before the one in front of it ends its phase at once; there is no time in between then."""
    made = phases(at(1, 10), [(CONNECT, at(3, 5)), (BETWEEN, at(4, 7)), (WAIT, at(6, 12))], Waited([]))
    assert [(one.name, one.duration_ns) for one in made] == [(CONNECT, 0), (WAIT, 2 * MS)]
    assert made[0].who is None


def test_who_was_waited_for() -> None:
    """The waits of the connection, as far as they lie in the phase."""
    waits = [
        wait(Reason.CONNECT, 0, 20),
        wait(Reason.ROUND_TRIP, 20, 40),
        wait(Reason.SERVER_THINKING, 40, 100),
        wait(Reason.HEAD_OF_LINE, 100, 130, 1, (7, 9)),
        wait(Reason.TAIL_LOSS, 130, 330, 1),
        wait(Reason.TRANSFER, 330, 340, 1),
    ]
    made = phases(at(1, 10), [(WAIT, at(5, 90)), (RECEIVE, at(6, 340))], Waited(waits))
    assert [one.waited for one in made] == [
        {"network": 30 * MS, "server": 50 * MS},
        {"server": 10 * MS, "head_of_line": 30 * MS, "loss_repair": 200 * MS, "network": 10 * MS},
    ]
    assert [one.who for one in made] == ["server", "loss_repair"]
    assert {7, 9} <= set(made[1].frames)


def test_a_short_silence_between_two_steps_of_the_client_is_its_own() -> None:
    waits = Waited([wait(Reason.TRANSFER, 0, 10)])
    assert phases(at(1, 0), [(BETWEEN, at(2, 10))], waits)[0].who == "client"
    assert phases(at(1, 0), [(RECEIVE, at(2, 10))], waits)[0].who == "network"
    thinking = Waited([wait(Reason.SERVER_THINKING, 0, 10)])
    assert phases(at(1, 0), [(BETWEEN, at(2, 10))], thinking)[0].who == "server", "it spoke first"


def test_windows_cost_the_time_of_who_did_not_open_them() -> None:
    waits = Waited([wait(Reason.ZERO_WINDOW, 0, 10, 0), wait(Reason.WINDOW_FULL, 10, 30, 1), wait(Reason.IDLE, 30, 31)])
    [made] = phases(at(1, 0), [(WAIT, at(2, 31))], waits)
    assert made.waited == {"server": 10 * MS, "client": 20 * MS, "unknown": MS}


def test_what_the_waits_do_not_cover_is_unknown() -> None:
    waits = Waited([wait(Reason.SERVER_THINKING, 10, 20), wait(Reason.SERVER_THINKING, 15, 25)])
    [made] = phases(at(1, 0), [(WAIT, at(2, 40))], waits)
    assert made.waited == {"unknown": 25 * MS, "server": 15 * MS}


def test_rounds_of_slow_start_count_in_their_direction() -> None:
    waits = Waited([wait(Reason.SLOW_START, 0, 20, 1), wait(Reason.SLOW_START, 20, 40, 1), wait(Reason.SLOW_START, 40, 60, 0)])
    assert waits.rounds(0, 100 * MS, 1) == 2
    assert waits.rounds(20 * MS, 100 * MS, 1) == 1
    assert waits.rounds(0, 100 * MS, 0) == 1


def test_evidence_has_a_cap() -> None:
    waits = Waited([wait(Reason.SERVER_THINKING, i, i + 1, 1, (3 * i, 3 * i + 1, 3 * i + 2)) for i in range(100)])
    [made] = phases(at(1, 0), [(WAIT, at(999, 100))], waits)
    assert len(made.frames) == MOST_EVIDENCE
