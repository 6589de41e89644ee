"""Findings of frames that a test makes, and segments of both directions of one connection."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence

import numpy as np

from analyzer.batch import Batch
from analyzer.finding import Finding
from analyzer.flow.findings import Findings
from analyzer.pipeline import Pipeline
from tests.frames import batch_of, ethernet

FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}


class Source:
    """Batches instead of a capture file."""

    def __init__(self, *batches: Batch) -> None:
        self._batches = batches

    def __iter__(self) -> object:
        return iter(self._batches)


def found(frames: Sequence[bytes], times: Sequence[int] | None = None, mask: Sequence[int] | None = None) -> dict[str, Finding]:
    return found_in([batch_of(frames, times=times)], mask)


def found_in(batches: Sequence[Batch], mask: Sequence[int] | None = None) -> dict[str, Finding]:
    pipeline = Pipeline(Source(*batches))  # type: ignore[arg-type]
    findings = Findings()
    for dissection in pipeline:
        chosen = None if mask is None else np.isin(dissection.batch.number, mask)
        findings.update(dissection.batch, pipeline.walk, pipeline.tcp, pipeline.udp, chosen)
    return {one.kind: one for one in findings.all(pipeline.walk, pipeline.fragments, pipeline.tcp, pipeline.udp)}


def ip(payload: bytes, protocol: int, source: str, destination: str, ttl: int = 64, identification: int = 0) -> bytes:
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), identification, 0x4000, ttl, protocol, 0)
    return head + addresses + payload


def segment(
    side: str, flags: str, seq: int = 1, ack: int = 0, data: bytes = b"", port: int = 40_000, ttl: int = 64, number: int = 0
) -> bytes:
    """A frame of the client ("c", 10.0.0.1) or of the server ("s", 10.0.0.2:80)."""
    ports, ends = (port, 80), ("10.0.0.1", "10.0.0.2")
    if side == "s":
        ports, ends = ports[::-1], ends[::-1]
    bits = sum(FLAGS[flag] for flag in flags)
    header = struct.pack("!HHIIBBHHH", *ports, seq, ack, 5 << 4, bits, 500, 0, 0)
    return ethernet(ip(header + data, 6, *ends, ttl, number))


def opening(port: int = 40_000, ttl: int = 64) -> list[bytes]:
    """A handshake; `ttl` is the server's."""
    return [
        segment("c", "S", 0, port=port),
        segment("s", "SA", 0, 1, port=port, ttl=ttl),
        segment("c", "A", 1, 1, port=port),
    ]


def icmp(kind: int, code: int, rest: bytes = bytes(4), quoted: bytes = b"", source: str = "10.9.9.9") -> bytes:
    """An ICMP message to 10.0.0.1; `quoted` is an Ethernet frame of which it quotes the datagram."""
    return ethernet(ip(struct.pack("!BBH", kind, code, 0) + rest + quoted[14:], 1, source, "10.0.0.1"))
