"""When connections are judged: at their end, when they leave, in parts when the log is full; each packet once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from analyzer.flow.slots import Slot
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger import connections, log
from analyzer.flow.tcp.ledger.connections import COLUMNS, SILENCE_NS, Ledger, Verdicts
from analyzer.flow.tcp.ledger.ledger import SETTLED_NS, Judged, judge
from analyzer.flow.tcp.ledger.verdict import Kind
from tests.flow.tcp.ladder import Segment
from tests.flow.tcp.ledger.logged import BUDGET, analyzed, of_batch, traces_of
from tests.flow.tcp.ledger.path import told
from tests.flow.tcp.ledger.transfer import MS, transfer

BURSTS = 60  #: half a minute
LOSSY = transfer(1, BURSTS)


class Seen:
    """Everything that a ledger showed."""

    def __init__(self, budget: int = BUDGET, every: bool = False, hurried: Callable[[], bool] | None = None) -> None:
        self.parts: list[Judged] = []
        self.analysis = TcpAnalysis()
        self.ledger = Ledger(self.analysis, budget, Verdicts(every, self.parts.append, hurried=hurried))

    def feed(self, segments: list[Segment], rows: int = 64) -> Seen:
        for made in analyzed(self.analysis, segments, rows):
            self.ledger.update(*made)
        return self

    def finish(self) -> Seen:
        for _ in self.ledger.finish():
            pass
        return self

    @property
    def frames(self) -> Counter[int]:
        """How often each frame was settled."""
        return Counter(frame for part in self.parts for frame in part.trace.frame[part.trace.reported : part.settled].tolist())

    @property
    def said(self) -> dict[int, str]:
        """The verdict on each frame that was settled and is not plainly new."""
        found: dict[int, str] = {}
        for part in self.parts:
            settled = set(part.trace.frame[part.trace.reported : part.settled].tolist())
            found |= {frame: words for frame, words in told(part).items() if frame in settled}
        return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log so small that it is full again and again."""
    monkeypatch.setattr(log, "LEAST_RECORDS", 400)
    monkeypatch.setattr(connections, "HISTORY", 60)


def whole(segments: list[Segment]) -> dict[int, str]:
    (trace,) = traces_of(segments)
    return told(judge(trace))


def test_at_the_end() -> None:
    seen = Seen().feed(LOSSY)
    assert seen.parts == []
    assert seen.ledger.horizon == 1
    seen.finish()
    assert seen.said == whole(LOSSY)
    assert len(seen.said) > BURSTS / 4, "losses in it"
    assert seen.frames == Counter(range(1, len(LOSSY) + 1))
    assert seen.ledger.horizon is None


@pytest.mark.usefixtures("small")
class TestInParts:
    @pytest.mark.parametrize("seed", range(8))
    def test_every_packet_once(self, seed: int) -> None:
        segments = transfer(seed, BURSTS)
        seen = Seen(0).feed(segments, 40).finish()
        assert seen.ledger.early > 1
        assert seen.frames == Counter(range(1, len(segments) + 1))

    @pytest.mark.parametrize("seed", range(8))
    def test_as_the_whole(self, seed: int) -> None:
        """Compared are kind, trigger, need and hole cause of every packet: what came before a cut is known as history."""
        segments = transfer(seed, BURSTS)
        assert Seen(0).feed(segments, 40).finish().said == whole(segments)

    def test_stalls_are_told_once(self) -> None:
        (trace,) = traces_of(LOSSY)
        expected = [(stall.start_ns, stall.end_ns) for stall in judge(trace).stalls]
        parts = Seen(0).feed(LOSSY, 40).finish().parts
        assert [(stall.start_ns, stall.end_ns) for part in parts for stall in part.stalls] == expected
        assert expected

    def test_horizon_never_goes_back(self) -> None:
        """What was shown lies before it, and what is shown later behind."""
        seen = Seen(0)
        horizon = 0
        for made in analyzed(seen.analysis, LOSSY, 40):
            shown = len(seen.parts)
            seen.ledger.update(*made)
            for part in seen.parts[shown:]:
                assert int(part.trace.frame[part.trace.reported]) >= horizon
            assert (seen.ledger.horizon or 0) >= horizon
            horizon = seen.ledger.horizon or horizon
            settled = [int(part.trace.frame[part.settled - 1]) for part in seen.parts]
            assert max(settled, default=0) < horizon
        assert horizon > 1

    def test_memory_is_bounded(self) -> None:
        seen = Seen(0)
        most = 0
        for made in analyzed(seen.analysis, transfer(2, 3 * BURSTS), 40):
            seen.ledger.update(*made)
            most = max(most, int(seen.ledger._log._pool[2]))
        assert most <= 400 + 2 * 40

    def test_memory_is_bounded_though_all_go_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "FEW", 3)
        segments = sorted(
            (one for i in range(20) for one in transfer(i, BURSTS // 4, port=40001 + i)), key=lambda segment: segment.time
        )
        for hurried in (None, lambda: True):
            seen = Seen(0, every=True, hurried=hurried)
            most = 0
            for made in analyzed(seen.analysis, segments, 40):
                seen.ledger.update(*made)
                most = max(most, int(seen.ledger._log._pool[2]))
            seen.finish()
            assert most <= 400 + 2 * 40
            assert max(seen.frames.values()) == 1
            assert (seen.ledger.skipped > 0) == (hurried is not None)
            assert seen.frames.total() == len(segments) or hurried

    def test_many_connections(self) -> None:
        """The closed, the silent and the longest make room."""
        segments: list[Segment] = []
        for i in range(6):
            segments += transfer(i, 12, port=40001 + i, begin=i * 4000 * MS)
        segments.sort(key=lambda segment: segment.time)
        seen = Seen(0).feed(segments, 40).finish()
        expected = {frame: words for trace in traces_of(segments) for frame, words in told(judge(trace)).items()}
        assert seen.said == expected
        assert max(seen.frames.values()) == 1

    def test_healthy_ones_are_dropped(self) -> None:
        seen = Seen(0).feed(transfer(3, BURSTS, loss=0), 40)
        assert seen.parts == []
        assert int(seen.ledger._log._pool[2]) <= 400 + 2 * 40
        assert seen.finish().parts == []

    def test_trouble_behind_a_healthy_beginning(self) -> None:
        healthy, lossy = transfer(3, BURSTS, loss=0), transfer(3, BURSTS, loss=0)
        again = next(segment for segment in reversed(lossy) if segment.options.get("len"))
        lossy.append(
            Segment(lossy[-1].time + 300 * MS, "c", "A", again.seq, again.ack, again.options | {"ipid": 9_999, "ts": (99_999, 9)})
        )
        seen = Seen(0).feed(lossy, 40).finish()
        assert {words.split()[0] for words in seen.said.values()} == {"retransmission"}
        assert list(seen.said) == [len(healthy) + 1]


class TestLeaving:
    def test_conversation_is_forgotten(self) -> None:
        seen = Seen().feed(LOSSY)
        seen.ledger._leave(np.array([0]))
        assert len(seen.parts) == 1
        assert seen.parts[0].trace.over
        assert seen.said == whole(LOSSY)
        assert len(seen.finish().parts) == 1, "not once more"

    def test_healthy_ones_only_if_asked_for(self) -> None:
        healthy = transfer(3, 3, loss=0)
        assert len(Seen(every=True).feed(healthy).finish().parts) == 1
        assert Seen().feed(healthy).finish().parts == []


class TestSoFar:
    """For who does not want to wait for the end."""

    def test_settled_only(self) -> None:
        seen = Seen().feed(LOSSY)
        now = LOSSY[-1].time
        seen.ledger.judge_so_far(int(seen.analysis.slots.slots.array[0, Slot.PREVIOUS_TIME]))
        assert len(seen.parts) == 1
        part = seen.parts[0]
        assert part.trace.time[part.settled - 1] - part.trace.time[0] <= now - SETTLED_NS
        assert seen.ledger.horizon == int(part.trace.frame[part.settled])
        seen.finish()
        assert seen.frames == Counter(range(1, len(LOSSY) + 1))
        assert seen.said == whole(LOSSY)

    def test_silent_connection_is_told_wholly(self) -> None:
        seen = Seen().feed(LOSSY)
        seen.ledger.judge_so_far(int(seen.analysis.slots.slots.array[0, Slot.PREVIOUS_TIME]) + SILENCE_NS)
        assert seen.frames == Counter(range(1, len(LOSSY) + 1))
        assert seen.ledger.horizon is None
        stalls = len(seen.parts[0].stalls)
        seen.finish()
        assert sum(len(part.stalls) for part in seen.parts) == stalls > 0

    def test_again_and_again(self) -> None:
        seen = Seen()
        for number, made in enumerate(analyzed(seen.analysis, LOSSY, 40)):
            seen.ledger.update(*made)
            if number % 2:
                seen.ledger.judge_so_far(int(made[0].time[-1]))
        seen.finish()
        assert seen.frames == Counter(range(1, len(LOSSY) + 1))
        assert seen.said == whole(LOSSY)


def test_totals_are_columns_of_the_connection() -> None:
    seen = Seen().feed(LOSSY).finish()
    (row,) = seen.analysis.conversations.rows(seen.analysis.conversations.slots.used())
    judged = seen.parts[0]
    assert row["hol_stalls"] == len(judged.stalls) > 0
    assert row["hol_stalled_ns"] == sum(stall.duration_ns or 0 for stall in judged.stalls)
    assert row["resent"] == int(np.count_nonzero(judged.segments.kind == Kind.RETRANSMISSION)) > 0
    assert set(COLUMNS) <= set(row)


def test_client_and_server_are_named() -> None:
    judged = Seen().feed(LOSSY).finish().parts[0]
    assert judged.ends is not None
    assert judged.ends.ports == (40001, 80)


def test_packets_of_nobody() -> None:
    """A batch without TCP that is analyzed changes nothing."""
    seen = Seen()
    made = of_batch(seen.analysis, next(analyzed(TcpAnalysis(), LOSSY[:1]))[0])
    seen.ledger.update(*made)
    assert seen.finish().parts == []
