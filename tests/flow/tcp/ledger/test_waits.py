"""Why a connection stood still: each reason on a trace that shows it and little else, exact to the ns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import ACK, Trace
from analyzer.flow.tcp.ledger.verdict import Kind, Need, Segments, Trigger
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.waits import Waits, waits
from tests.flow.tcp.ledger.making import trace as exactly

MS = 1_000_000
AT_CLIENT = Position((20 * MS, 0), ("acks", "acks"), 0)
AT_SERVER = Position((0, 20 * MS), ("acks", "acks"), 0)
MIDDLE = Position((12 * MS, 8 * MS), ("acks", "acks"), 0)
OPENING = "0 c S\n 20 s SA\n 20 c A"
Phases = list[tuple[str, float, float]]


@dataclass(frozen=True)
class Stalled:
    direction: int
    start_ns: int
    end_ns: int | None
    opened_frame: int | None = None
    filled_frame: int | None = None
    closed_frame: int | None = None


def trace(*ladder: str) -> Trace:
    """As making.trace, but who says nothing else acknowledges everything."""
    made = exactly(*ladder)
    high = [0, 0]
    for row, line in enumerate(filter(str.strip, "\n".join(ladder).splitlines())):
        side = int(made.direction[row])
        if made.flags[row] & ACK and " ack " not in line:
            made.acked[row] = high[1 - side]
        high[side] = max(high[side], int(made.end[row]))
    return made


def told(found: Waits) -> Phases:
    return [(wait.reason.word, (wait.start_ns - found.begin_ns) / MS, (wait.end_ns - found.begin_ns) / MS) for wait in found]


def phases(*ladder: str, position: Position = AT_CLIENT, stalls: tuple[Stalled, ...] = (), **kinds: Kind) -> Phases:
    """What is said of a trace; f7=Kind.RETRANSMISSION is the verdict on frame 7."""
    made = trace(*ladder)
    segments = None
    if kinds:
        segments = Segments.of(len(made))
        for frame, kind in kinds.items():
            segments.kind[int(frame[1:]) - 1] = kind
    found = waits(made, position, stalls, segments)
    assert sum(found.totals().values()) == int(made.time.max() - made.time[0]) == sum(found.durations.tolist())
    return told(found)


def test_request_and_answer() -> None:
    """The time of the server is what the way does not explain, wherever the capture point is."""
    assert phases(OPENING, "20 c PA 0+100\n 70 s PA 0+500\n 71 c PA 100+100\n 91 s PA 500+500\n 91 c A") == [
        ("connect", 0, 20), ("round_trip", 20, 40), ("server_thinking", 40, 70), ("client_idle", 70, 71), ("round_trip", 71, 91),
    ]  # fmt: skip
    assert phases("0 c S\n 0 s SA\n 20 c A", "20 c PA 0+100\n 50 s PA 0+500\n 70 c A", position=AT_SERVER) == [
        ("connect", 0, 20), ("server_thinking", 20, 50), ("round_trip", 50, 70),
    ]  # fmt: skip
    assert phases("0 c S\n 12 s SA\n 20 c A", "20 c PA 0+100\n 62 s PA 0+500\n 70 c PA 100+100", position=MIDDLE) == [
        ("connect", 0, 20), ("round_trip", 20, 32), ("server_thinking", 32, 62), ("round_trip", 62, 70),
    ]  # fmt: skip


def test_an_early_ack_changes_nothing() -> None:
    """Whether the request is acknowledged apart from the answer."""
    assert phases(OPENING, "20 c PA 0+100\n 45 s A\n 70 s PA 0+500")[1:] == [("round_trip", 20, 40), ("server_thinking", 40, 70)]


def test_a_server_that_speaks_first() -> None:
    assert phases(OPENING, "540 s PA 0+80")[1:] == [("round_trip", 20, 40), ("server_thinking", 40, 540)]


def test_pauses() -> None:
    """Nothing held these back: the application had nothing to say."""
    server = "20 c PA 0+100\n 40 s PA 0+500\n 40 c A\n 140 s PA 500+500\n 140 c A"
    client = "440 c PA 100+50\n 460 s A\n 560 c PA 150+50"
    assert phases(OPENING, server, client)[2:] == [
        ("server_idle", 40, 140), ("client_idle", 140, 440), ("client_idle", 440, 560),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ladder", "expected"),
    [
        ("20 c PA 0+9\n 40 s PA 0+9\n 40 c A\n 5040 s FA\n 5040 c FA\n 5060 s A", [("idle", 40, 5040), ("close", 5040, 5060)]),
        ("20 c PA 0+9\n 40 s A\n 5040 c FA\n 5060 s FA\n 5060 c A", [("unanswered", 40, 5040), ("close", 5040, 5060)]),
        ("20 c PA 0+9\n 40 s A\n 5040 c RA\n 5060 s A", [("unanswered", 40, 5040), ("after_reset", 5040, 5060)]),
        ("20 c PA 0+9\n 40 s A\n 9000 c A\n 9020 s A", [("unanswered", 40, 9020)]),
        ("20 c PA 0+9\n 40 s PA 0+9\n 5040 c FA\n 5060 s FA\n 5060 c A", [("idle", 40, 5040), ("close", 5040, 5060)]),
        ("20 c PA 0+9\n 9000 c A", [("unknown", 40, 9000)]),
    ],
)
def test_the_end(ladder: str, expected: Phases) -> None:
    assert phases(OPENING, ladder)[2:] == expected


def test_half_closed() -> None:
    """A server that goes on sending after the client's FIN does not close."""
    found = phases(OPENING, "20 c FPA 0+9\n 90 s PA 0+500\n 90 c A\n 295 s FA\n 295 c A\n 315 s A")
    assert found[1:] == [("round_trip", 20, 40), ("server_thinking", 40, 90), ("idle", 90, 295), ("close", 295, 315)]


def test_keep_alives_say_nothing() -> None:
    kept = "1040 c A 8+0\n 1060 s A\n 2060 c A 8+1\n 2080 s A\n 5040 c PA 9+9"
    assert phases(OPENING, "20 c PA 0+9\n 40 s PA 0+9", kept)[2:] == [("client_idle", 40, 5040)]


def test_forged_reset() -> None:
    assert "after_reset" not in {
        word for word, *_ in phases(OPENING, "20 c PA 0+9\n 40 s PA 0+9\n 40 s R\n 60 s PA 9+9\n 60 c A")
    }


def test_a_repeated_syn() -> None:
    assert phases("0 c S\n 1000 c S\n 1020 s SA\n 1020 c A") == [("syn_repeat", 0, 1000), ("connect", 1000, 1020)]


def test_a_syn_that_was_repeated_too_early() -> None:
    """The answer comes sooner than one to the repeat could."""
    slow = Position((1200 * MS, 0), ("timestamps", "acks"), 0)
    assert phases("0 c S\n 1000 c S\n 1200 s SA\n 1200 c A", position=slow) == [("connect", 0, 1200)]


def test_a_repeated_syn_ack() -> None:
    found = phases("0 c S\n 0 s SA\n 1000 s SA\n 1020 c A", position=AT_SERVER)
    assert found == [("syn_repeat", 0, 1000), ("connect", 1000, 1020)]
    assert phases(OPENING, "1020 s SA\n 1020 c A\n 1040 c PA 0+80") == [
        ("connect", 0, 20), ("syn_repeat", 20, 1020), ("client_idle", 1020, 1040),
    ]  # fmt: skip


def test_no_connection() -> None:
    assert phases("0 c S\n 20 s RA") == [("connect", 0, 20)]
    assert phases("0 c S\n 1000 c S\n 3000 c S") == [("syn_repeat", 0, 3000)]


def test_tail_loss() -> None:
    """From the last data to the last repeat; the answer then takes its way."""
    lost = "20 c A 0+1000\n 20.1 c PA 1000+500\n 40 s A ack 1000\n 260 c PA 1000+500\n 700 c PA 1000+500\n 720 s PA 0+9 ack 1500"
    assert phases(OPENING, lost)[1:] == [("transfer", 20, 20.1), ("tail_loss", 20.1, 700), ("round_trip", 700, 720)]


def test_tail_loss_of_what_was_not_captured() -> None:
    """At least as long as a timer takes; before that nobody knows when it was sent first."""
    opening = "0 c S\n 0 s SA\n 20 c A"
    lost = "20 c PA 0+800\n 20 s A\n 3000 c PA 800+1000\n 3000 s A"
    found = phases(opening, lost, position=AT_SERVER, f6=Kind.RETRANSMISSION)
    assert found[1:] == [("unknown", 20, 2780), ("tail_loss", 2780, 3000)]
    segments = Segments.of(6)
    segments.kind[5], segments.trigger[5] = Kind.RETRANSMISSION, Trigger.TLP
    made = waits(trace(opening, lost), AT_SERVER, (), segments)
    assert told(made)[1:] == [("unknown", 20, 2960), ("tail_loss", 2960, 3000)]
    assert [wait.at_least for wait in made] == made.at_least(np.arange(3)).tolist() == [False, False, True]
    flight = "20 c A 0+1000\n 20 s A\n 3000 c PA 1000+1000\n 3000 s A"  # more was to come behind a full segment
    found = phases(opening, flight, position=AT_SERVER, f6=Kind.RETRANSMISSION)
    assert found[1:] == [("tail_loss", 20, 3000)]


@pytest.mark.parametrize(
    ("trigger", "need", "reason"),
    [
        (Trigger.RTO, Need.NEEDED, "tail_loss"),
        (Trigger.TLP, Need.PREMATURE, "tail_loss"),
        (Trigger.TLP, Need.NEEDLESS_CROSSING, "round_trip"),
        (Trigger.FAST_RETRANSMIT, Need.NEEDED, "round_trip"),
        (Trigger.UNKNOWN, Need.NEEDED, "unknown"),
    ],
)
def test_only_a_timer_makes_a_tail_loss(trigger: Trigger, need: Need, reason: str) -> None:
    made = trace(OPENING, "20 c PA 0+500\n 260 c PA 0+500\n 280 s A ack 500")
    segments = Segments.of(len(made))
    segments.kind[4], segments.trigger[4], segments.need[4] = Kind.RETRANSMISSION, trigger, need
    assert told(waits(made, AT_CLIENT, (), segments))[1] == (reason, 20, 260)
    soon = trace(OPENING, "20 c PA 0+500\n 21 c PA 0+500\n 41 s A ack 500")
    assert "tail_loss" not in {word for word, *_ in told(waits(soon, AT_CLIENT, (), segments))}


def test_a_fin_that_was_lost() -> None:
    """Its wait is no part of the closing, unless nobody was there any more."""
    made = trace(OPENING, "20 c PA 0+9\n 40 s A\n 40 c FA\n 280 c FA 9+0\n 300 s FA\n 300 c A\n 320 s A")
    segments = Segments.of(len(made))
    segments.kind[6], segments.trigger[6], segments.need[6] = Kind.RETRANSMISSION, Trigger.TLP, Need.NEEDED
    assert told(waits(made, AT_CLIENT, (), segments))[2:] == [("tail_loss", 40, 280), ("close", 280, 320)]
    segments.need[6] = Need.UNKNOWN
    assert told(waits(made, AT_CLIENT, (), segments))[2:] == [("close", 40, 320)]


def test_network_delay() -> None:
    """A segment that was sent long before it came: the clock of its sender says so.

    If it was not, or there is no such clock, nobody knows: a sender of full segments had more to send.
    """

    def last(sent: int | None) -> Phases:
        """Segments every 50 ms, and one 500 ms later that was sent at that time."""
        stamps = [1000 + 50 * i for i in range(30)] + ([] if sent is None else [sent, sent + 50])
        times = [*range(20, 1520, 50), 1970, 2020]
        lines = [f"{time} c A {1000 * i}+1000\n {time} s A" for i, time in enumerate(times)]
        if sent is not None:
            lines = [line.replace("\n", f" ts {stamp}/1\n") for line, stamp in zip(lines, stamps, strict=True)]
        return phases("0 c S\n 0 s SA\n 20 c A", *lines, position=AT_SERVER)[-3:-1]

    assert last(2460) == [("unknown", 1470, 1481), ("network_delay", 1481, 1970)]
    assert last(2950)[-1] == ("unknown", 1470, 1970)
    assert last(None)[-1] == ("unknown", 1470, 1970)


def test_a_probe_with_new_data() -> None:
    """More was under way than a sender may begin with: it waited for acks, and then its timer ran off."""
    flight = "\n".join(f"20 c A {start}+1000" for start in range(0, 12_000, 1000))
    assert phases(OPENING, flight, "90 c A 12000+1000\n 110 s A")[1:] == [("slow_start", 20, 90), ("round_trip", 90, 110)]
    few = "\n".join(f"20 c A {start}+1000" for start in range(0, 3000, 1000))
    assert phases(OPENING, few, "90 c A 3000+1000\n 110 s A")[1:] == [("client_idle", 20, 90), ("round_trip", 90, 110)]


def test_copies_are_no_repeats() -> None:
    doubled = "20 c PA 0+1000\n 120 c PA 0+1000\n 420 s PA 0+9"
    assert phases(OPENING, doubled, f5=Kind.NETWORK_DUPLICATE)[1:] == [("round_trip", 20, 40), ("server_thinking", 40, 420)]


def test_zero_window() -> None:
    full = "20 c A 0+1000\n 40 s A win 0\n 240 c A 999+0\n 260 s A win 0\n 1040 s A win 60000\n 1040 c PA 1000+1000"
    assert phases("0 c S\n 20 s SA win 1000\n 20 c A", full)[1:] == [("window_full", 20, 40), ("zero_window", 40, 1040)]


def test_a_zero_window_that_bothers_nobody() -> None:
    full = "20 c A 0+1000\n 40 s A win 0\n 1040 s A win 60000\n 1540 c PA 1000+1000"
    assert phases(OPENING, full)[1:] == [("client_idle", 20, 1540)]


def test_window_full() -> None:
    """Until the ack that makes room; and a rest of the window that is too small for a segment waits for more."""
    flight = "\n".join(f"20 c A {start}+1000" for start in range(0, 4000, 1000))
    found = phases("0 c S\n 20 s SA win 4000\n 20 c A", flight, "60 s A ack 4000 win 4000\n 60 c A 4000+1000")
    assert found[1:] == [("window_full", 20, 60)]
    found = phases("0 c S\n 20 s SA win 4300\n 20 c A", flight, "300 c PA 4000+300\n 320 s PA 0+9 win 4000 ack 4300")
    assert found[1:] == [("window_full", 20, 300), ("round_trip", 300, 320)]


def test_a_small_window_is_not_full() -> None:
    """Requests that leave room for the next one wait for nothing."""
    found = phases("0 c S\n 20 s SA win 1000\n 20 c A", "20 c PA 0+50\n 40 s A win 1000\n 540 c PA 50+50\n 560 s A win 1000")
    assert found[1:] == [("client_idle", 20, 540), ("round_trip", 540, 560)]


def test_unscaled_windows_say_nothing() -> None:
    """A capture that begins later does not know the scale: the sender goes beyond such a window."""
    flight = "\n".join(f"20 c A {start}+1000" for start in range(0, 4000, 1000))
    assert "window_full" not in {word for word, *_ in phases("19 s A win 500 ack 0", flight, "40 s A win 500\n 40 c A 4000+1000")}


def test_nagle_against_delayed_ack() -> None:
    """The second small write waits for an ack that waits for the second small write."""
    assert phases(OPENING, "20 c PA 0+100\n 80 s A\n 80 c PA 100+50\n 100 s PA 0+9")[1:] == [
        ("nagle_delayed_ack", 20, 80), ("round_trip", 80, 100),
    ]  # fmt: skip
    at_server = phases("0 c S\n 0 s SA\n 20 c A", "20 c PA 0+100\n 60 s A\n 80 c PA 100+50\n 80 s PA 0+9", position=AT_SERVER)
    assert at_server[1:] == [("nagle_delayed_ack", 20, 80)]
    assert phases(OPENING, "20 c PA 0+100\n 40 s A\n 40 c PA 100+50\n 60 s PA 0+9")[1:] == [
        ("round_trip", 20, 40), ("round_trip", 40, 60),
    ]  # fmt: skip
    assert phases(OPENING, "20 c PA 0+100\n 80 s A\n 95 c PA 100+50")[1:] == [("client_idle", 20, 95)]


ROUNDS = """
20 c PA 0+100
40 s A 0+1000
40 s A 1000+1000
40 c A
60 s A 2000+1000
60 s A 3000+1000
60 s A 4000+1000
60 s A 5000+1000
60 c A
80 s PA 6000+500
80 c A
"""


def test_slow_start() -> None:
    """Rounds are those in which the sender waited for acks; at the server and at the client."""
    found = phases(OPENING, ROUNDS)
    assert found[1:] == [("round_trip", 20, 40), ("slow_start", 40, 60), ("slow_start", 60, 80)]
    assert waits(trace(OPENING, ROUNDS), AT_CLIENT).count(Reason.SLOW_START) == 2


def test_congestion_window() -> None:
    """The same after a loss."""
    again = "340 s PA 6000+500\n 340 c A\n 360 s A 6500+1000\n 360 c A\n 380 s A 7500+1000"
    assert phases(OPENING, ROUNDS, again)[-1] == ("congestion_window", 360, 380)


def test_the_rhythm_of_a_slow_path() -> None:
    """Full segments that come one by one are a transfer, though each gap is as long as half a round trip."""
    steady = "\n".join(f"{40 + 12 * i} s A {1000 * i}+1000\n {40 + 12 * i} c A" for i in range(40))
    assert phases(OPENING, "20 c PA 0+100", steady)[2:] == [("transfer", 40, 508)]


def test_head_of_line() -> None:
    """A stall goes before all that the silences say; what comes before it was no timer's."""
    stall = Stalled(0, 40 * MS, 62 * MS, 6, 7, 8)
    flight = "20 c A 0+1000\n 20 c A 1000+1000\n 40 s A ack 0 sack 1000-2000\n 42 c A 0+1000\n 62 s A ack 2000\n 162 c PA 2000+10"
    repeated = {f"f{frame}": Kind.RETRANSMISSION if frame == 7 else Kind.NEW for frame in range(1, 9)}
    found = phases(OPENING, flight, stalls=(stall,), **repeated)
    assert found[1:] == [("round_trip", 20, 40), ("head_of_line", 40, 62), ("client_idle", 62, 162)]
    made = waits(trace(OPENING, flight), AT_CLIENT, (stall,))
    [held] = [wait for wait in made if wait.reason == Reason.HEAD_OF_LINE]
    assert (held.first_frame, held.last_frame, held.evidence, held.who, held.side) == (6, 8, (6, 7, 8), "network", 0)
    assert phases(OPENING, flight, stalls=(Stalled(0, 40 * MS, None, 6),))[-1] == ("head_of_line", 40, 162)


def test_who_and_evidence() -> None:
    made = waits(
        trace(OPENING, "20 c PA 0+100\n 80 s A\n 80 c PA 100+50\n 150 s PA 0+9\n 150 c A\n 150 c FA\n 250 s FA\n 250 c A"),
        AT_CLIENT,
    )
    said = {wait.reason.word: (wait.who, wait.side, wait.first_frame, wait.last_frame, wait.evidence) for wait in made}
    assert said["connect"] == ("network", -1, 1, 3, (1, 3))
    assert said["nagle_delayed_ack"] == ("server", 0, 4, 6, (4, 5, 6))
    assert said["server_thinking"] == ("server", 1, 6, 7, (6, 7))
    assert said["close"] == ("server", 1, 9, 11, (9, 10, 11))


def test_one_direction() -> None:
    """What the other side said is not known, so neither is what was waited for."""
    assert phases("0 c A 0+10\n 500 c A 10+10\n 900 c A 20+10") == [("unknown", 0, 500), ("unknown", 500, 900)]


def test_a_way_that_was_never_measured() -> None:
    nowhere = Position((None, None), (None, None), 0)
    assert phases("0 c A 0+10 ack 0\n 500 s A 0+10 ack 10", position=nowhere) == [("unknown", 0, 500)]
    assert phases("0 c A 0+10 ack 0\n 20 s A ack 10\n 500 s A 0+10 ack 10", position=nowhere) == [
        ("round_trip", 0, 20), ("server_thinking", 20, 500),
    ]  # fmt: skip


def test_nothing_and_next_to_nothing() -> None:
    assert phases("0 c S") == []
    empty = waits(trace("0 c S").take(np.zeros(0, np.int64)), AT_CLIENT)
    assert (list(empty), empty.totals(), empty.longest()) == ([], {}, None)


def test_a_clock_that_goes_back() -> None:
    """The time goes on from the latest stamp."""
    assert phases(OPENING, "20 c PA 0+100\n 70 s PA 0+500\n 30 c A\n 50 c PA 100+100\n 90 s A")[1:] == [
        ("round_trip", 20, 40), ("server_thinking", 40, 70), ("round_trip", 70, 90),
    ]  # fmt: skip


def test_a_clock_that_makes_no_sense() -> None:
    made = trace("0 c S\n 20 s SA")
    made.time[:] = -(1 << 62), (1 << 62) - 1
    found = waits(made, AT_CLIENT)
    assert found.totals() == {Reason.UNKNOWN: (1 << 63) - 1}


def parts(made: Trace, cut: int) -> list[Waits]:
    """A connection that is judged in two parts."""
    first = waits(made, AT_CLIENT, settled=cut)
    made.reported = cut
    return [first, waits(made, AT_CLIENT)]


def test_parts_of_a_long_connection() -> None:
    ladder = (OPENING, "20 c PA 0+100\n 70 s PA 0+500\n 70 c A", ROUNDS)
    whole = waits(trace(*ladder), AT_CLIENT)
    for cut in range(1, len(trace(*ladder))):
        one, two = parts(trace(*ladder), cut)
        assert one.begin_ns + one.end == two.begin_ns
        totals = [one.totals().get(reason, 0) + two.totals().get(reason, 0) for reason in Reason]
        assert totals == [whole.totals().get(reason, 0) for reason in Reason]
