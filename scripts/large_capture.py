#!/usr/bin/env python3
"""Write a large capture of invented TCP traffic, always the same for the same arguments.

    python scripts/large_capture.py KIND PACKETS FILE

Kinds: bulk (eight connections, full-size segments, an ACK for every two), short (connections of ten packets), small
(300 connections, frames of 66 to 100 bytes). A packet or two in a thousand are lost, sent again or doubled. IP checksums
are right; TCP checksums are zero, as some offloads leave them. Frames are rendered a block at a time with NumPy.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SEED = 1
START_SECONDS = 1_600_000_000
BLOCK = 8192  #: frames rendered at once
RECORD, ETHERNET, IP, TCP = 16, 14, 20, 32  #: every TCP header has 12 bytes of options
HEADERS = RECORD + ETHERNET + IP + TCP
FIN, SYN, PSH, ACK = 1, 2, 8, 16
MSS = 1448
BULK_CONNECTIONS, SMALL_CONNECTIONS = 8, 300
SHORT_STEP = 20_000  #: us between the packets of one short connection; a new one starts every 200 us
SYN_OPTIONS = np.frombuffer(bytes([2, 4, 5, 0xB4, 4, 2, 1, 3, 3, 7, 1, 1]), np.uint8)
OTHER_OPTIONS = np.frombuffer(bytes([1, 1, 8, 10]), np.uint8)  #: NOP, NOP, time stamp; its values follow


@dataclass
class Segments:
    """A capture as columns. `way` is 0 from client to server, 1 back; sequence numbers are per side and relative."""

    connection: Ints
    way: Ints
    seq: Ints
    ack: Ints
    flags: Ints
    length: Ints
    time: Ints  #: us since the start

    def __getitem__(self, index: object) -> Segments:
        return Segments(*(column[index] for column in vars(self).values()))

    def __len__(self) -> int:
        return len(self.seq)


def ranks(values: Ints) -> Ints:
    """How many equal values stand before each."""
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    first = np.concatenate(([True], sorted_values[1:] != sorted_values[:-1]))
    starts = np.maximum.accumulate(np.where(first, np.arange(len(values)), 0))
    out = np.empty(len(values), np.int64)
    out[order] = np.arange(len(values)) - starts
    return out


def rows(columns: list[tuple[Ints, ...]], keep: list[NDArray[np.bool_]]) -> Segments:
    """Slots of a cycle (one tuple of columns each) to segments in slot order, without those that are not kept."""
    mask = np.stack(keep, axis=1).ravel()
    joined = (np.stack([np.broadcast_to(slot[n], keep[0].shape) for slot in columns], axis=1).ravel() for n in range(7))
    return Segments(*(column[mask] for column in joined))


def handshakes(connections: int) -> Segments:
    """SYN, SYN-ACK and ACK of each connection, 10 us apart."""
    number = np.arange(connections, dtype=np.int64)
    zero, one, yes = np.zeros_like(number), np.ones_like(number), np.ones(connections, bool)
    at = number * 30
    return rows(
        [
            (number, zero, zero, zero, zero + SYN, zero, at),
            (number, one, zero, one, zero + (SYN | ACK), zero, at + 10),
            (number, zero, one, one, zero + ACK, zero, at + 20),
        ],
        [yes, yes, yes],
    )


def joined(first: Segments, then: Segments) -> Segments:
    """One after the other, 1 ms apart."""
    then.time = then.time + int(first.time[-1]) + 1000
    pairs = zip(vars(first).values(), vars(then).values(), strict=True)
    return Segments(*(np.concatenate(pair) for pair in pairs))


def bulk(packets: int) -> Segments:
    """Two full segments and an ACK, again and again. Of every thousand cycles one segment is lost (three duplicate ACKs
    later it comes again), and one is doubled."""
    cycles = packets // 3 + 1
    connection = np.random.default_rng(SEED).integers(0, BULK_CONNECTIONS, cycles)
    rank = ranks(connection)
    data_way = connection % 2
    begin = 1 + rank * 2 * MSS
    place = rank % 1000
    hole = 1 + (rank - place + 500) * 2 * MSS  #: the segment that is lost in this thousand
    lost, waiting, repaired, doubled = place == 500, (place >= 500) & (place < 503), place == 503, place == 800
    time = np.arange(cycles, dtype=np.int64) * 25
    one, zero, full = np.ones_like(rank), np.zeros_like(rank), np.full_like(rank, MSS)
    everywhere = np.ones(cycles, bool)
    return joined(
        handshakes(BULK_CONNECTIONS),
        rows(
            [
                (connection, data_way, begin, one, zero + ACK, full, time),
                (connection, data_way, begin + MSS, one, zero + (ACK | PSH), full, time + 5),
                (connection, data_way, np.where(repaired, hole, begin + MSS), one, zero + ACK, full, time + 10),
                (connection, 1 - data_way, one, np.where(waiting, hole, begin + 2 * MSS), zero + ACK, zero, time + 15),
            ],
            [~lost, everywhere, repaired | doubled, everywhere],
        ),
    )[slice(packets)]


def short(packets: int) -> Segments:
    """Handshake, request, ACK, answer, ACK, FIN, FIN, ACK; every fiftieth connection sends its request twice."""
    connections = packets // 10 + 1
    number = np.arange(connections, dtype=np.int64)
    story = [  # way, seq, ack, flags, length
        (0, 0, 0, SYN, 0), (1, 0, 1, SYN | ACK, 0), (0, 1, 1, ACK, 0), (0, 1, 1, ACK | PSH, 200), (0, 1, 1, ACK | PSH, 200),
        (1, 1, 201, ACK, 0), (1, 1, 201, ACK | PSH, 1000), (0, 201, 1001, ACK, 0), (0, 201, 1001, FIN | ACK, 0),
        (1, 1001, 202, FIN | ACK, 0), (0, 202, 1002, ACK, 0),
    ]  # fmt: skip
    slots = [
        (number, *(np.full_like(number, value) for value in values), number * 200 + n * SHORT_STEP)
        for n, values in enumerate(story)
    ]
    everywhere = np.ones(connections, bool)
    keep = [number % 50 == 0 if n == 4 else everywhere for n in range(len(story))]
    segments = rows(slots, keep)
    return segments[np.argsort(segments.time, kind="stable")][slice(packets)]


def small(packets: int) -> Segments:
    """Chatter: 20 bytes there, 20 bytes back; every five hundredth is missing."""
    connection = np.random.default_rng(SEED).integers(0, SMALL_CONNECTIONS, packets)
    rank = ranks(connection)
    way, turn = rank % 2, rank // 2
    length = np.full_like(rank, 20)
    ack = 1 + (turn + way) * 20
    chatter = Segments(connection, way, 1 + turn * 20, ack, length * 0 + (ACK | PSH), length, np.arange(packets) * 3)
    return joined(handshakes(SMALL_CONNECTIONS), chatter[rank % 500 != 250])[slice(packets)]


KINDS: dict[str, Callable[[int], Segments]] = {"bulk": bulk, "short": short, "small": small}


def big(values: Ints, width: int) -> NDArray[np.uint8]:
    """Big-endian bytes of the low `width` bytes, one row each."""
    kind = {2: ">u2", 4: ">u4"}[width]
    return (values & ((1 << 8 * width) - 1)).astype(kind).view(np.uint8).reshape(-1, width)


def headers(s: Segments, first: int) -> NDArray[np.uint8]:
    """Record, Ethernet, IP and TCP headers of the segments; `first` numbers them for the IP id."""
    count = len(s)
    out = np.zeros((count, HEADERS), np.uint8)
    size = s.length + ETHERNET + IP + TCP
    seconds, fraction = START_SECONDS + s.time // 1_000_000, s.time % 1_000_000
    out[:, :RECORD] = np.stack([seconds, fraction, size, size], axis=1).astype("<u4").view(np.uint8).reshape(count, RECORD)
    client_mac, server_mac = (np.frombuffer(bytes([2, 0, 0, 0, 0, n]), np.uint8) for n in (1, 2))
    back = (s.way == 1)[:, None]
    out[:, 16:22], out[:, 22:28] = np.where(back, client_mac, server_mac), np.where(back, server_mac, client_mac)
    out[:, 28] = 8
    ip, tcp = RECORD + ETHERNET, RECORD + ETHERNET + IP
    out[:, ip], out[:, ip + 6], out[:, ip + 8], out[:, ip + 9] = 0x45, 0x40, 64, 6
    out[:, ip + 2 : ip + 4] = big(s.length + IP + TCP, 2)
    out[:, ip + 4 : ip + 6] = big(np.arange(first, first + count), 2)
    client, server = 0x0A000000 + 1 + s.connection // 50_000, np.full_like(s.connection, 0x0AFF0001)
    out[:, ip + 12 : ip + 16] = big(np.where(s.way == 1, server, client), 4)
    out[:, ip + 16 : ip + 20] = big(np.where(s.way == 1, client, server), 4)
    words = out[:, ip : ip + IP].reshape(count, IP // 2, 2).astype(np.int64)
    total = (words[:, :, 0] * 256 + words[:, :, 1]).sum(axis=1)
    total = (total & 0xFFFF) + (total >> 16)
    out[:, ip + 10 : ip + 12] = big(~((total & 0xFFFF) + (total >> 16)), 2)
    ports = 10_000 + s.connection % 50_000, np.full_like(s.connection, 443)
    out[:, tcp : tcp + 2] = big(np.where(s.way == 1, ports[1], ports[0]), 2)
    out[:, tcp + 2 : tcp + 4] = big(np.where(s.way == 1, ports[0], ports[1]), 2)
    starts = s.connection * 7919 + 1000, s.connection * 104_729 + 5000
    mine, other = np.where(s.way == 1, starts[1], starts[0]), np.where(s.way == 1, starts[0], starts[1])
    acks = (s.flags & ACK) != 0
    out[:, tcp + 4 : tcp + 8] = big(mine + s.seq, 4)
    out[:, tcp + 8 : tcp + 12] = big(np.where(acks, other + s.ack, 0), 4)
    out[:, tcp + 12], out[:, tcp + 13] = TCP // 4 << 4, s.flags
    out[:, tcp + 14 : tcp + 16] = big(np.full_like(s.seq, 4096), 2)
    out[:, tcp + 20 : tcp + 24] = OTHER_OPTIONS
    out[:, tcp + 24 : tcp + 28], out[:, tcp + 28 : tcp + 32] = big(s.time // 1000 + 1, 4), big(s.time // 1000, 4)
    out[(s.flags & SYN) != 0, tcp + 20 : tcp + 32] = SYN_OPTIONS
    return out


def write(segments: Segments, target: BinaryIO) -> None:
    """The pcap file, a block of frames at a time."""
    target.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    columns = np.arange(HEADERS)
    for low in range(0, len(segments), BLOCK):
        part = segments[slice(low, low + BLOCK)]
        ends = np.cumsum(HEADERS + part.length)
        data = np.full(int(ends[-1]), 0x61, np.uint8)
        starts = ends - part.length - HEADERS
        data[starts[:, None] + columns] = headers(part, low)
        target.write(data.data)


def main() -> int:
    """Write one capture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("packets", type=int)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    with options.file.open("wb") as target:
        write(KINDS[options.kind](options.packets), target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
