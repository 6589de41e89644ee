"""Frames for tests: bytes to a Batch, and the few headers that many tests need."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence

import numpy as np

from analyzer.batch import Batch, Interface

ETHERNET = 1


def batch_of(
    frames: Sequence[bytes],
    linktype: int | Sequence[int] = ETHERNET,
    wire: Sequence[int] | None = None,
    times: Sequence[int] | None = None,
    fcs_length: int = 0,
) -> Batch:
    """A batch of these frames; `wire` gives their lengths on the wire where the capture cut them."""
    count = len(frames)
    lengths = np.array([len(frame) for frame in frames], np.int64)
    end = np.cumsum(lengths)
    start = end - lengths
    kinds = [linktype] * count if isinstance(linktype, int) else list(linktype)
    interfaces = [Interface(kind, fcs_length=fcs_length) for kind in dict.fromkeys(kinds)]
    indices = {interface.linktype: i for i, interface in enumerate(interfaces)}
    return Batch(
        np.frombuffer(b"".join(frames), np.uint8),
        np.arange(1, count + 1, dtype=np.int64),
        np.array(times if times is not None else [1_000_000 * i for i in range(count)], np.int64),
        start,
        end,
        start + (lengths if wire is None else np.array(wire, np.int64)),
        np.array([indices[kind] for kind in kinds], np.int32),
        np.array(kinds, np.int32),
        np.zeros(count, np.uint8),
        interfaces,
    )


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1" + struct.pack("!H", ethertype) + payload


def vlan(payload: bytes, identifier: int, ethertype: int = 0x0800) -> bytes:
    return struct.pack("!HH", identifier, ethertype) + payload


def ipv4(
    payload: bytes, protocol: int = 17, source: str = "10.0.0.1", destination: str = "10.0.0.2",
    identification: int = 1, offset: int = 0, more: bool = False, total: int | None = None,
) -> bytes:  # fmt: skip
    length = 20 + len(payload) if total is None else total
    flags = offset // 8 | (0x2000 if more else 0)
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    return struct.pack("!BBHHHBBH", 0x45, 0, length, identification, flags, 64, protocol, 0) + addresses + payload


def ipv6(payload: bytes, following: int = 17, source: str = "2001:db8::1", destination: str = "2001:db8::2") -> bytes:
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    return struct.pack("!IHBB", 0x60000000, len(payload), following, 64) + addresses + payload


def udp(payload: bytes = b"", source: int = 4000, destination: int = 5000, length: int | None = None) -> bytes:
    return struct.pack("!HHHH", source, destination, 8 + len(payload) if length is None else length, 0) + payload


def tcp(payload: bytes = b"", flags: int = 0x10, seq: int = 1, ack: int = 1, options: bytes = b"") -> bytes:
    offset = 5 + len(options) // 4
    return struct.pack("!HHIIBBHHH", 4000, 80, seq, ack, offset << 4, flags, 500, 0, 0) + options + payload
