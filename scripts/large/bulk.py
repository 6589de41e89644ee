"""TCP whose content does not matter: bulk data, short connections, chatter."""

from __future__ import annotations

import numpy as np

from large.frames import SEED
from large.segments import ACK, FIN, MSS, PSH, SYN, Segments, ranks, rows

BULK_CONNECTIONS, SMALL_CONNECTIONS = 8, 300
SHORT_STEP = 20_000  #: us between the packets of one short connection; a new one starts every 200 us


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
