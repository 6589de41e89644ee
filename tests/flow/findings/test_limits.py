"""Every cap that is reached is a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from analyzer.batch import Batch
from analyzer.dissect.walk import MAX_DEPTH
from analyzer.finding import Finding
from analyzer.flow import arp, fragments
from analyzer.flow.findings import Findings, evidence, limits, network, resets
from analyzer.pipeline import Pipeline
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp, udp

RUNS = 64  #: of unacknowledged segments


class Source:
    """Batches instead of a capture file."""

    def __init__(self, *batches: Batch) -> None:
        self._batches = batches

    def __iter__(self) -> object:
        return iter(self._batches)


def found(frames: Sequence[bytes], budget: int = 1 << 30, dropped: Mapping[str, int] | None = None) -> list[Finding]:
    return found_in([batch_of(frames[first : first + 8192]) for first in range(0, len(frames), 8192)], budget, dropped)


def found_in(batches: Sequence[Batch], budget: int = 1 << 30, dropped: Mapping[str, int] | None = None) -> list[Finding]:
    pipeline = Pipeline(Source(*batches), budget=budget)  # type: ignore[arg-type]
    all_of_them = Findings()
    for dissection in pipeline:
        all_of_them.update(dissection.batch, pipeline.walk, pipeline.tcp, pipeline.udp)
    return all_of_them.all(pipeline.walk, pipeline.fragments, pipeline.tcp, pipeline.udp, dropped=dropped)


def forgotten(frames: Sequence[bytes], dropped: Mapping[str, int] | None = None) -> dict[str, int]:
    every = found(frames, dropped=dropped)
    return {str(one.values["what"]): one.count for one in every if one.kind == "forgotten"}


def claim(address: int, hardware: int) -> bytes:
    sender = bytes([2, 0, 0, 0, 0, hardware]) + bytes([10, 0, 0, address])
    return ethernet(b"\0\1\x08\0\6\4\0\2" + sender + bytes(10), 0x0806)


def test_what_the_reader_dropped() -> None:
    every = {kind: 2 + n for n, kind in enumerate(limits.DROPPED)}
    assert forgotten([], every) == dict(zip(limits.DROPPED.values(), (2, 3, 4, 5), strict=True))


def test_nesting() -> None:
    packet = udp()
    for _ in range(MAX_DEPTH + 5):
        packet = ipv4(packet, 4 if packet[0] == 0x45 else 17)
    assert {one.kind: one.count for one in found([ethernet(packet)] * 3)}["too_deep"] == 3


def test_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.dissect.paths.MAX_PATHS", 3)
    assert forgotten([ethernet(ipv4(udp())), ethernet(ipv6(udp(), 17), 0x86DD)]) == {"protocol path": 3}


def test_unacknowledged_segments() -> None:
    falling = [ethernet(ipv4(tcp(b"x", seq=10_000 - 20 * i), 6)) for i in range(RUNS + 7)]
    assert forgotten(falling) == {"unacknowledged segment": 7}


def test_incomplete_datagrams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_DATAGRAMS", 3)
    assert forgotten([ethernet(ipv4(bytes(8), identification=i, more=True)) for i in range(10)]) == {"incomplete IP datagram": 7}


def test_resets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resets, "MAX_STREAMS", 2)
    torn = [ethernet(ipv4(tcp(flags=0x04), 6, source=f"10.0.1.{i}")) for i in range(5)]
    assert forgotten([*torn, *torn[:2]]) == {"connection reset": 3}


def test_address_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arp, "MAX_CLAIMED", 2)
    assert forgotten([claim(i, 1) for i in range(5)]) == {"ARP claim": 3}


def test_claimants_of_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arp, "MAX_CLAIMANTS", 2)
    (few,) = found([claim(1, i) for i in range(2)])
    (many,) = found([claim(1, i) for i in range(3)])
    assert (few.kind, few.count, many.count) == ("address_conflict", 2, 2)
    assert "more" not in few.values
    assert many.values["more"]


def test_address_conflicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MAX_CONFLICTS", 2)
    assert forgotten([claim(i, j) for i in range(5) for j in range(2)]) == {"address conflict": 3}


def test_malformed_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MAX_MALFORMED", 1)
    frames = [ethernet(b"\x45"), ethernet(ipv4(b"", 17, total=10))]
    assert forgotten([frames[0]] * 3) == {}
    assert forgotten(frames * 3) == {"malformed header": 3}


def test_evicted_conversations() -> None:
    frames = [ethernet(ipv4(udp(source=1 + i))) for i in range(30_000)]
    few = {one.kind: one for one in found(frames, budget=1)}["conversations_evicted"]
    assert 0 < few.count < 30_000
    assert few.values == {"of": 30_000}
    assert "conversations_evicted" not in {one.kind for one in found(frames)}


def syn(number: int) -> bytes:
    client = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return ethernet(ipv4(tcp(flags=0x02, ack=0), 6, source=client, destination="9.9.9.9"))


def test_connections_that_had_to_leave_are_counted() -> None:
    batches = []
    for first in range(0, 90_000, 8192):
        frames = range(first, min(first + 8192, 90_000))
        batches.append(batch_of(list(map(syn, frames)), times=[1_000_000 * frame for frame in frames]))
        batches[-1].number[:] += first
    every = {one.kind: one for one in found_in(batches, budget=1)}
    unanswered, evicted = every["unanswered"], every["conversations_evicted"]
    assert evicted.count > 50_000 and "unknown" not in evicted.values
    assert (unanswered.count, unanswered.values["syns"], unanswered.values["of"]) == (89_000, 89_000, 90_000)
    assert unanswered.frames == tuple(range(1, 101))
    assert (unanswered.values["servers"], unanswered.values["not_asked"] > 0) == ("9.9.9.9:80", True)


def test_a_connection_that_leaves_at_once_is_not_called_unanswered() -> None:
    batches = [batch_of(list(map(syn, range(first, first + 8192))), times=[first] * 8192) for first in range(0, 1 << 15, 8192)]
    every = {one.kind: one for one in found_in(batches, budget=1)}
    assert "unanswered" not in every
    assert every["conversations_evicted"].values["unknown"] == every["conversations_evicted"].count


def test_streams_of_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_STREAMS", 2)
    seen = evidence.Evidence()
    seen.add(np.arange(1, 6), np.array([1, 2, 3, -1, 4]))
    assert (seen.count, seen.streams_forgotten) == (5, 2)
