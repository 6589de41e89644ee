"""pcap records around Ethernet and IPv4 (RFC 791), many at once, and the payloads that go into them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

SEED = 1
START_SECONDS = 1_600_000_000
BLOCK = 8192  #: frames rendered at once
RECORD, ETHERNET, IP = 16, 14, 20
FILLER = 0x61
NO_PLACE = -1  #: the payload has no such bytes


def big(values: Ints, width: int) -> Bytes:
    """Big-endian bytes of the low `width` bytes, one row each."""
    kind = {2: ">u2", 4: ">u4"}[width]
    return (values & ((1 << 8 * width) - 1)).astype(kind).view(np.uint8).reshape(-1, width)


def lower_headers(out: Bytes, first: int, protocol: int, time: Ints, size: Ints, back: Bools, hosts: tuple[Ints, Ints]) -> None:
    """Record, Ethernet and IP headers into the rows of `out`. `size` is what follows the IP header; `hosts` are client and
    server, `back` says that the server sends; `first` numbers the frames for the IP id."""
    count = len(out)
    whole = size + ETHERNET + IP
    seconds, fraction = START_SECONDS + time // 1_000_000, time % 1_000_000
    out[:, :RECORD] = np.stack([seconds, fraction, whole, whole], axis=1).astype("<u4").view(np.uint8).reshape(count, RECORD)
    client_mac, server_mac = (np.frombuffer(bytes([2, 0, 0, 0, 0, n]), np.uint8) for n in (1, 2))
    way = back[:, None]
    out[:, 16:22], out[:, 22:28] = np.where(way, client_mac, server_mac), np.where(way, server_mac, client_mac)
    out[:, 28] = 8
    ip = RECORD + ETHERNET
    out[:, ip], out[:, ip + 6], out[:, ip + 8], out[:, ip + 9] = 0x45, 0x40, 64, protocol
    out[:, ip + 2 : ip + 4] = big(size + IP, 2)
    out[:, ip + 4 : ip + 6] = big(np.arange(first, first + count), 2)
    client, server = hosts
    out[:, ip + 12 : ip + 16] = big(np.where(back, server, client), 4)
    out[:, ip + 16 : ip + 20] = big(np.where(back, client, server), 4)
    words = out[:, ip : ip + IP].reshape(count, IP // 2, 2).astype(np.int64)
    total = (words[:, :, 0] * 256 + words[:, :, 1]).sum(axis=1)
    total = (total & 0xFFFF) + (total >> 16)
    out[:, ip + 10 : ip + 12] = big(~((total & 0xFFFF) + (total >> 16)), 2)


@dataclass
class Own:
    """Bytes in which a payload differs from its template: at `place` in the payload, row `row` of `values`."""

    place: Ints
    row: Ints
    values: Bytes


@dataclass
class Payloads:
    """For each frame, where its payload begins in a pool of templates; and what is each frame's own."""

    pool: Bytes
    begin: Ints
    own: list[Own] = field(default_factory=list)


def write(target: BinaryIO, headers: Callable[[int, int], Bytes], length: Ints, payloads: Payloads | None = None) -> None:
    """The pcap file, a block of frames at a time. `headers(low, high)` renders those of some frames, one row each."""
    target.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for low in range(0, len(length), BLOCK):
        high = min(low + BLOCK, len(length))
        heads, sizes = headers(low, high), length[low:high]
        width = heads.shape[1]
        ends = np.cumsum(width + sizes)
        data = np.full(int(ends[-1]), FILLER, np.uint8)
        places = ends - sizes
        data[(places - width)[:, None] + np.arange(width)] = heads
        if payloads is not None:
            fill(data, places, sizes, payloads, slice(low, high))
        target.write(data.data)


def fill(data: Bytes, places: Ints, sizes: Ints, payloads: Payloads, part: slice) -> None:
    """Payloads to their places."""
    run = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    data[np.repeat(places, sizes) + run] = payloads.pool[np.repeat(payloads.begin[part], sizes) + run]
    for own in payloads.own:
        place = own.place[part]
        there = place != NO_PLACE
        columns = np.arange(own.values.shape[1])
        data[(places + place)[there][:, None] + columns] = own.values[own.row[part][there]]
