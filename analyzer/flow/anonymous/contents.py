"""What stays of the contents of TCP streams: learnt in one reading of the capture, put into the segments in the next.

Each direction is put in order as far as it comes without a hole, and shown to a masker: of TLS, HTTP or DNS, by its first bytes.
It answers with patches: bytes that stand in the anonymous stream where else there are zeros. They are kept by sequence number, so
that every copy of a segment gets the same ones, in whatever order they come. Behind a hole that stays,
the next segments are looked at as if a stream began there.

Streams are told apart by addresses and ports. Where a pair of ports is used again, patches of both connections are kept, at their
own sequence numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Batch, Column
from analyzer.dissect.walk import Walk

from . import dns_stream, http_stream, tls_stream
from .anonymizer import Anonymizer

Patch = tuple[int, bytes]  #: where it stands, and what

MAX_DIRECTIONS: Final = 200_000  #: directions of connections that are followed at a time; the oldest are given up
MAX_HELD: Final = 256 << 10  #: bytes of a direction that wait behind a hole
MAX_PATCHES: Final = 256 << 20  #: bytes of all patches; beyond that contents are zero
DECIDED: Final = 8  #: bytes by which it is known what they begin
PATCH_BYTES: Final = 100  #: that a patch takes besides its own
M: Final = 0xFFFFFFFF
HALF: Final = 1 << 31
SYN, FIN, RST = 2, 1, 4
ADDRESSES: Final = {4: (12, 8), 6: (8, 32)}  #: version -> where both addresses stand in an IP header, and their size


class Masker(Protocol):
    """Reads one direction of a stream."""

    def feed(self, data: bytes) -> list[Patch]:
        """The next bytes; patches by their distance from the beginning of these, which may lie before them (below 0)."""
        ...

    @property
    def over(self) -> bool:
        """It will have no more patches."""
        ...


@dataclass(slots=True)
class _Direction:
    """One direction of a connection, while it is put in order."""

    next: int | None = None  #: sequence number of the next byte
    held: dict[int, bytes] = field(default_factory=dict)  #: behind a hole
    waiting: int = 0  #: bytes of those
    masker: Masker | None = None
    head: bytes = b""  #: too few bytes to know what they begin; they end at `next`
    over: bool = False


@dataclass(slots=True)
class _Patches:
    """Those of one direction, by sequence number."""

    at: list[int] = field(default_factory=list)
    octets: list[bytes] = field(default_factory=list)
    longest: int = 0
    order: NDArray[np.int64] | None = None  #: of `at`, once nothing more comes


class Contents:
    """Call `learn` for each batch of a first reading and `finish` after the last, then `put` for the segments of the second."""

    def __init__(self, anonymizer: Anonymizer) -> None:
        self._anonymizer = anonymizer
        self._directions: dict[bytes, _Direction] = {}
        self._exchanges: dict[bytes, http_stream.Exchanges] = {}  #: of both directions, by the key of the first
        self._patches: dict[bytes, _Patches] = {}
        self._size = 0
        self.forgotten = 0  #: patches that had no room

    def learn(self, batch: Batch, walk: Walk) -> None:
        """Take the segments of a walked batch."""
        table = walk.table("tcp")
        if table is None:
            return
        mine = (table["quoted"] == 0) & (table["network"] >= 0) & (table["len"] >= 0)
        mine &= (table["len"] > 0) | (table["flags"] & SYN != 0)
        index = np.flatnonzero(mine)
        if not len(index):
            return
        view = batch.data.data
        names = ("network", "version", "at", "inner", "inner_end", "seq_raw", "flags", "len")
        columns = (table[name][index].tolist() for name in names)
        for network, version, at, inner, end, seq, flags, size in zip(*columns, strict=True):
            key = _key(view, network, version, at)
            one = self._directions.get(key)
            if flags & SYN:
                one = self._directions[key] = _Direction((seq + 1) & M)
                seq = (seq + 1) & M
            elif one is None:
                one = self._directions[key] = _Direction(seq)
            if len(self._directions) > MAX_DIRECTIONS:
                oldest = next(iter(self._directions))
                del self._directions[oldest]
                self._exchanges.pop(oldest, None)
            if size and not one.over and flags & RST == 0:
                self._take(key, one, seq, bytes(view[inner : min(end, inner + size)]), size)

    def _take(self, key: bytes, one: _Direction, seq: int, data: bytes, size: int) -> None:
        assert one.next is not None
        distance = (seq - one.next) & M
        if distance >= HALF:  # begins before what is known
            known = M + 1 - distance
            if known >= len(data):
                return
            data, seq, size = data[known:], one.next, size - known
        elif distance:
            one.waiting += len(data) - len(one.held.get(seq, b""))
            one.held[seq] = data if len(data) == size else b""
            if one.waiting > MAX_HELD:
                self._give_up(key, one)
            return
        self._feed(key, one, data)
        if len(data) < size:  # the capture has cut it: nothing behind it can be read
            one.over = True
            return
        self._deliver(key, one)

    def _give_up(self, key: bytes, one: _Direction) -> None:
        """The bytes that are missing will not come; what follows is looked at as if it began there."""
        following = one.next or 0
        one.next = min(one.held, key=lambda start: (start - following) & M)
        one.masker, one.head = None, b""
        self._deliver(key, one)

    def finish(self) -> None:
        """There is no further batch."""
        for key, one in self._directions.items():
            while one.held:
                self._give_up(key, one)
        self._directions.clear()
        self._exchanges.clear()

    def _deliver(self, key: bytes, one: _Direction) -> None:
        """Feed what was held and follows now."""
        while one.held and one.next is not None:
            ready = [start for start in one.held if (one.next - start) & M < HALF]
            if not ready:
                return
            for start in sorted(ready, key=lambda start: -((one.next - start) & M) if one.next is not None else 0):
                held = one.held.pop(start)
                one.waiting -= len(held)
                rest = held[(one.next - start) & M :]
                if rest:
                    self._feed(key, one, rest)

    def _feed(self, key: bytes, one: _Direction, data: bytes) -> None:
        assert one.next is not None
        start = one.next
        one.next = (start + len(data)) & M
        if one.masker is None:
            begun = one.head + data
            one.masker = self._masker(key, begun)
            one.head = b""
            if one.masker is None and len(begun) < DECIDED and (http_stream.may_begin(begun) or tls_stream.may_begin(begun)):
                one.head = begun
            start, data = (start - len(begun) + len(data)) & M, begun
        if one.masker is not None:
            self._keep(key, start, one.masker.feed(data))
            if one.masker.over:
                one.masker = None

    def _masker(self, key: bytes, data: bytes) -> Masker | None:
        """What reads a stream, or the rest of it, that begins with these bytes."""
        ports = _ports(key)
        if tls_stream.begins(data):
            return tls_stream.TlsStream(self._anonymizer)
        if http_stream.begins(data):
            both = self._exchanges.get(key) or self._exchanges.get(_other(key))
            if both is None:
                both = self._exchanges[key] = http_stream.Exchanges()
            return http_stream.HttpStream(self._anonymizer, both)
        if dns_stream.PORT in ports:
            return dns_stream.DnsStream(self._anonymizer)
        return None

    def _keep(self, key: bytes, start: int, patches: list[Patch]) -> None:
        if not patches:
            return
        kept = self._patches.get(key)
        if kept is None:
            kept = self._patches[key] = _Patches()
        for at, octets in patches:
            self._size += len(octets) + PATCH_BYTES
            if self._size > MAX_PATCHES:
                self.forgotten += 1
                continue
            kept.at.append((start + at) & M)
            kept.octets.append(octets)
            kept.longest = max(kept.longest, len(octets))

    def put(self, data: NDArray[np.uint8], out: NDArray[np.uint8], column: Mapping[str, Column]) -> None:
        """Put what stays of the payload of these segments into `out`."""
        index = np.flatnonzero((column["len"] > 0) & (column["network"] >= 0) & (column["quoted"] == 0))
        view = data.data
        names = ("network", "version", "at", "inner", "inner_end", "seq_raw", "flags")
        for network, version, at, inner, end, seq, flags in zip(*(column[name][index].tolist() for name in names), strict=True):
            kept = self._patches.get(_key(view, network, version, at))
            if kept is None or end <= inner:
                continue
            if flags & SYN:
                seq = (seq + 1) & M
            for octets, begin in _overlapping(kept, seq, end - inner):
                first, last = max(begin, 0), min(begin + len(octets), end - inner)
                out[inner + first : inner + last] = np.frombuffer(octets, np.uint8)[first - begin : last - begin]


def _overlapping(kept: _Patches, seq: int, size: int) -> list[tuple[bytes, int]]:
    """The patches that touch this segment, with where they begin in it."""
    if kept.order is None or len(kept.order) != len(kept.at):
        kept.order = np.argsort(np.array(kept.at, np.int64), kind="stable")
        kept.at = [kept.at[i] for i in kept.order.tolist()]
        kept.octets = [kept.octets[i] for i in kept.order.tolist()]
        kept.order = np.array(kept.at, np.int64)
    found = []
    low, high = seq - kept.longest, seq + size
    for shift in (0, M + 1, -M - 1):  # sequence numbers go round
        if high + shift <= 0 or low + shift > M:
            continue
        first, last = np.searchsorted(kept.order, (low + shift, high + shift)).tolist()
        for i in range(first, last):
            begin = kept.at[i] - seq - shift
            if begin + len(kept.octets[i]) > 0:
                found.append((kept.octets[i], begin))
    return found


def _key(view: memoryview, network: int, version: int, at: int) -> bytes:
    """Source and destination addresses and ports."""
    first, size = ADDRESSES[version]
    return bytes(view[network + first : network + first + size]) + bytes(view[at : at + 4])


def _other(key: bytes) -> bytes:
    """The key of the other direction."""
    half = (len(key) - 4) // 2
    return key[half : 2 * half] + key[:half] + key[-2:] + key[-4:-2]


def _ports(key: bytes) -> tuple[int, int]:
    return int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")
