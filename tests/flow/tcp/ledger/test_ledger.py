"""All verdicts on a connection: what holds of any packets, and what may not change them."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from analyzer.flow.tcp.ledger.event_rows import copied, verdicts
from analyzer.flow.tcp.ledger.ledger import SETTLED_NS, Judged, judge
from analyzer.flow.tcp.ledger.trace import FIN, NO_ACK, SYN, Trace
from analyzer.flow.tcp.ledger.verdict import HoleCause, Kind, Need, Trigger
from tests.flow.tcp.ledger.making import COLUMNS, assembled, trace
from tests.flow.tcp.ledger.path import told
from tests.flow.tcp.ledger.receiver import captured, scenario

EDGES = (-1, 0, 1, 99, 100, 200, 300, 400, 500, 1 << 31, 1 << 40)
STAMPS = (-1, 0, 1, 2, 3, 1000, (1 << 31) - 1, (1 << 32) - 1)


def nonsense(chance: random.Random) -> Trace:
    """Packets that do not fit each other: any flags, offsets, stamps and blocks; times that stand still, leap and go back."""
    rows, sacks = [], []
    time = 0
    for i in range(chance.randrange(50)):
        time += chance.choice((0, 1, 1000, 1_000_000, 20_000_000, 300_000_000, -5_000_000, 1 << 50, -(1 << 50)))
        start, length, flags = chance.choice(EDGES), chance.choice((0, 0, 1, 100, 250, 65535)), chance.randrange(64)
        row = dict.fromkeys(COLUMNS, 0) | {"frame": i + 1, "time": time, "flags": flags, "direction": chance.randrange(2)}
        row |= {"start": start, "length": length, "end": start + length + bool(flags & SYN) + bool(flags & FIN)}
        row |= {"acked": chance.choice(EDGES) if flags & 16 else NO_ACK, "window": chance.randrange(2)}
        row |= {"tsval": chance.choice(STAMPS), "tsecr": chance.choice(STAMPS)}
        row |= {"ip_id": chance.choice((-1, 0, i, 2 * i, 65535)), "ttl": chance.randrange(2), "link": chance.randrange(2)}
        rows.append(row)
        if chance.random() < 0.3 and flags & 16:
            blocks = [(chance.choice(EDGES), chance.choice(EDGES)) for _ in range(chance.randrange(1, 5))]
            sacks += [(i, left, right) for left, right in blocks if left < right]
    return assembled(rows, sacks, client=chance.randrange(2), over=chance.random() < 0.7)


def sensible(chance: random.Random) -> Trace:
    """A transfer with losses, captured anywhere."""
    stamps = chance.random() < 0.5
    made = scenario(chance, chance.randrange(1, 4), chance.random() < 0.7, stamps)
    return captured(made, chance, chance.choice((0, 0.3, 0.5, 1)), chance.choice((0, 0.2)), stamps)[0]


def words(judged: Judged) -> dict[int, str]:
    return told(judged)


def everything(judged: Judged) -> list[object]:
    """All that is said, evidence and stalls included."""
    return [
        sorted([*verdicts(judged), *copied(judged)]),
        [(stall.start_ns, stall.end_ns, stall.cause) for stall in judged.stalls],
    ]


def coherent(judged: Judged) -> None:
    """What must hold of any verdicts."""
    segments, made = judged.segments, judged.trace
    again = segments.kind == Kind.RETRANSMISSION
    solid = made.end > made.start
    assert ((segments.trigger != Trigger.NONE) == (again & solid)).all()
    assert ((segments.need != Need.NONE) == (again & solid)).all()
    assert (~np.isin(segments.hole, (HoleCause.LOST_DOWNSTREAM,)) | again).all()
    assert ((segments.kind == Kind.GAP_OPEN) <= (segments.hole != HoleCause.NONE)).all()
    syn_timers = np.isin(segments.trigger, (Trigger.SYN_TIMER, Trigger.SYNACK_TIMER))
    assert (syn_timers == (again & (made.flags & SYN != 0))).all()
    for row, proof in segments.evidence.items():
        assert 0 <= row < len(made)
        assert all(0 <= other < len(made) and other != row for other in proof)
        assert list(proof) == sorted(set(proof))
    for row, copy in segments.repeats.items():
        assert copy < row
        if copy >= 0:
            assert made.direction[copy] == made.direction[row]
            assert made.start[copy] < made.end[row]
            assert made.end[copy] > made.start[row]


@pytest.mark.parametrize("block", range(20))
def test_any_packets(block: int) -> None:
    for seed in range(20 * block, 20 * block + 20):
        made = nonsense(random.Random(seed))
        judged = judge(made)
        coherent(judged)
        assert everything(judge(made)) == everything(judged), "told twice, the same"


@pytest.mark.parametrize("block", range(10))
def test_transfers(block: int) -> None:
    for seed in range(10 * block, 10 * block + 10):
        coherent(judge(sensible(random.Random(seed))))


def turned(made: Trace) -> Trace:
    """The two directions exchanged."""
    return replace(made, direction=1 - made.direction, client=1 - made.client)


def later(made: Trace, by: int) -> Trace:
    return replace(made, time=made.time + by)


def stamped_later(made: Trace, by: tuple[int, int]) -> Trace:
    """The clocks of both ends began with other numbers; an echo of 0 is none."""
    mine = np.where(made.direction == 0, by[0], by[1])
    theirs = np.where(made.direction == 0, by[1], by[0])
    tsval = np.where(made.tsval >= 0, made.tsval + mine & 0xFFFFFFFF, made.tsval)
    tsecr = np.where(made.tsecr > 0, made.tsecr + theirs & 0xFFFFFFFF, made.tsecr)
    return replace(made, tsval=tsval, tsecr=tsecr)


def farther(made: Trace, by: int) -> Trace:
    """The same behind so many bytes of the stream of direction 0."""
    mine = made.direction == 0
    acked = np.where(~mine & (made.acked != NO_ACK), made.acked + by, made.acked)
    theirs = ~mine[made.sack_row]
    return replace(
        made, start=made.start + by * mine, end=made.end + by * mine, acked=acked, sack_from=made.sack_from + by * theirs,
        sack_to=made.sack_to + by * theirs,
    )  # fmt: skip


class TestWhatMayNotMatter:
    @pytest.mark.parametrize("seed", range(60))
    def test_which_direction_is_called_0(self, seed: int) -> None:
        for made in (nonsense(random.Random(seed)), sensible(random.Random(seed))):
            assert words(judge(turned(made))) == words(judge(made))

    @pytest.mark.parametrize("seed", range(60))
    def test_when_it_was(self, seed: int) -> None:
        for made in (nonsense(random.Random(seed)), sensible(random.Random(seed))):
            for by in (1, 1_700_000_000_000_000_000):
                assert words(judge(later(made, by))) == words(judge(made))

    @pytest.mark.parametrize("seed", [1057, 1080, 5129, 5276])
    def test_when_it_was_to_the_nanosecond(self, seed: int) -> None:
        made = nonsense(random.Random(seed))
        assert words(judge(later(made, 1_700_000_000_000_000_000))) == words(judge(made))

    @pytest.mark.parametrize("seed", range(60))
    def test_how_far_the_streams_are(self, seed: int) -> None:
        """Without SYN, as in the middle of a connection."""
        made = sensible(random.Random(seed))
        made = made.take(np.flatnonzero(made.flags & SYN == 0))
        for by in (1, 1 << 33):
            assert words(judge(farther(made, by))) == words(judge(made))

    @pytest.mark.parametrize("seed", range(60))
    def test_where_the_clocks_began(self, seed: int) -> None:
        made = sensible(random.Random(seed))
        for by in ((1, 7), (1 << 31, 5), ((1 << 32) - 20, (1 << 32) - 3)):
            assert words(judge(stamped_later(made, by))) == words(judge(made))

    def test_frame_numbers(self) -> None:
        made = sensible(random.Random(1))
        moved = replace(made, frame=made.frame * 3 + 1000)
        assert words(judge(moved)) == {frame * 3 + 1000: said for frame, said in words(judge(made)).items()}


class TestSettled:
    LADDER = ("0 c S", "1 s SA", "21 c A", *(f"{1000 * i} c A {100 * i - 100}+100" for i in range(1, 21)))

    def test_what_is_old_enough(self) -> None:
        judged = judge(trace(*self.LADDER, over=False))
        assert judged.trace.time[judged.settled - 1] <= judged.trace.time[-1] - SETTLED_NS < judged.trace.time[judged.settled]

    def test_all_of_what_is_over(self) -> None:
        judged = judge(trace(*self.LADDER))
        assert judged.settled == len(judged.trace)

    def test_half_at_least(self) -> None:
        """Where there is no room to wait."""
        fast = trace(*(f"{i} c A {100 * i}+100" for i in range(40)), over=False)
        assert judge(fast).settled == 0
        fast.pressed = True
        assert judge(fast).settled == 20

    def test_nothing(self) -> None:
        assert judge(trace(over=False)).settled == judge(trace()).settled == 0


def test_history_is_told_no_more() -> None:
    """What was reported before is context: its verdicts are not told again, but those that follow from it are right."""
    ladder = ("0 c S", "1 s SA", "21 c A", "30 c A 0+100", "300 c A 0+100", "600 c A 0+100", "602 s A ack 100")
    made = trace(*ladder)
    made.reported = 5
    assert [placed.frame for placed in verdicts(judge(made))] == [6]
