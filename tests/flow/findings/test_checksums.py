"""TCP checksums: right, damaged, or left to the network card."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from analyzer.batch import Batch
from analyzer.finding import Finding
from analyzer.flow import checksum
from analyzer.flow.findings.checksums import Checksums
from analyzer.pipeline import Pipeline
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp


def folded(total: int) -> int:
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def words(data: bytes) -> int:
    return sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))


def frame(how: str, payload: bytes = b"hello", source: int = 1, version: int = 4) -> bytes:
    """A segment with a right, wrong or partial checksum."""
    segment = bytearray(tcp(payload))
    if version == 4:
        packet = ipv4(bytes(segment), 6, f"10.0.0.{source}", "10.0.0.9")
        at, addresses = 20, packet[12:20]
    else:
        packet = ipv6(bytes(segment), 6, f"2001:db8::{source}", "2001:db8::9")
        at, addresses = 40, packet[8:40]
    pseudo = folded(words(addresses) + 6 + len(segment))
    whole = folded(pseudo + words(bytes(segment)))
    field = {"good": 0xFFFF - whole, "partial": pseudo, "wrong": 0xFFFF - whole ^ 0x0101}[how]
    struct.pack_into("!H", segment, 16, field)
    return ethernet(packet[:at] + bytes(segment), 0x0800 if version == 4 else 0x86DD)


class Source:
    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __iter__(self) -> Any:
        return iter((self._batch,))


def found_in(frames: Sequence[bytes], wire: Sequence[int] | None = None) -> dict[str, Finding]:
    pipeline = Pipeline(Source(batch_of(frames, wire=wire)))  # type: ignore[arg-type]
    checksums = Checksums()
    for dissection in pipeline:
        assert dissection.tcp is not None and dissection.tcp_facts is not None
        checksums.update(dissection.batch, dissection.tcp, dissection.tcp_facts, np.ones(len(dissection.batch), bool))
    return {finding.kind: finding for finding in checksums.findings()}


@pytest.mark.parametrize("version", (4, 6))
@pytest.mark.parametrize("size", (0, 1, 2, 1001))
def test_a_damaged_packet(version: int, size: int) -> None:
    frames = [frame("good", bytes([i]) * size, version=version) for i in range(5)]
    assert not found_in(frames)
    finding = found_in([*frames, frame("wrong", b"x" * size, version=version)])["bad_checksum"]
    assert (finding.count, finding.frames, finding.values) == (1, (6,), {"of": 6})


@pytest.mark.parametrize("how", ("partial", "wrong"))
@pytest.mark.parametrize("version", (4, 6))
def test_offload(version: int, how: str) -> None:
    frames = [frame(how, bytes([i]), 1, version) for i in range(6)] + [frame("good", bytes([i]), 2, version) for i in range(6)]
    found = found_in(frames)
    assert set(found) == {"checksum_offload"}
    assert found["checksum_offload"].frames == (1, 2, 3, 4, 5, 6)


def test_a_single_packet_says_nothing() -> None:
    assert not found_in([frame("wrong"), *[frame("good", source=2)] * 5])


def test_only_whole_segments() -> None:
    frames = [frame("good")] * 5
    cut = frame("wrong")
    assert not found_in([*frames, cut[:-2]], [len(one) for one in frames] + [len(cut)])


def test_interpreted(interpreted: Any) -> None:
    """Both modes say the same of any bytes."""
    rng = np.random.default_rng(6)
    data = rng.integers(0, 256, 4096).astype(np.uint8)
    data[:200] = 255
    at = rng.integers(60, 3000, 300)
    end = at + rng.integers(20, 900, 300)
    version = rng.choice([4, 6], 300)
    states = []
    for module in (checksum, interpreted("analyzer.flow.checksum")):
        state = np.zeros(300, np.uint8)
        module.verify(data.data, (at - 50).data, version.data, at.data, end.data, state.data)
        states.append(state.tolist())
    assert states[0] == states[1]
