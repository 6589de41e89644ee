"""TCP segments as columns, and their headers as bytes (RFC 9293, RFC 7323): Ethernet, IPv4, TCP with time stamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from large.frames import ETHERNET, IP, RECORD, Bools, Bytes, Ints, big, lower_headers

TCP = 32  #: every TCP header has 12 bytes of options
HEADERS = RECORD + ETHERNET + IP + TCP
FIN, SYN, PSH, ACK = 1, 2, 8, 16
MSS = 1448
PROTOCOL = 6
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


def rows(columns: list[tuple[Ints, ...]], keep: list[Bools]) -> Segments:
    """Slots of a cycle (one tuple of columns each) to segments in slot order, without those that are not kept."""
    mask = np.stack(keep, axis=1).ravel()
    joined = (np.stack([np.broadcast_to(slot[n], keep[0].shape) for slot in columns], axis=1).ravel() for n in range(7))
    return Segments(*(column[mask] for column in joined))


def headers(s: Segments, first: int) -> Bytes:
    """Record, Ethernet, IP and TCP headers of the segments; `first` numbers them for the IP id."""
    count = len(s)
    out = np.zeros((count, HEADERS), np.uint8)
    back, tcp = s.way == 1, RECORD + ETHERNET + IP
    hosts = 0x0A000000 + 1 + s.connection // 50_000, np.full_like(s.connection, 0x0AFF0001)
    lower_headers(out, first, PROTOCOL, s.time, s.length + TCP, back, hosts)
    ports = 10_000 + s.connection % 50_000, np.full_like(s.connection, 443)
    out[:, tcp : tcp + 2] = big(np.where(back, ports[1], ports[0]), 2)
    out[:, tcp + 2 : tcp + 4] = big(np.where(back, ports[0], ports[1]), 2)
    starts = s.connection * 7919 + 1000, s.connection * 104_729 + 5000
    mine, other = np.where(back, starts[1], starts[0]), np.where(back, starts[0], starts[1])
    acks = (s.flags & ACK) != 0
    out[:, tcp + 4 : tcp + 8] = big(mine + s.seq, 4)
    out[:, tcp + 8 : tcp + 12] = big(np.where(acks, other + s.ack, 0), 4)
    out[:, tcp + 12], out[:, tcp + 13] = TCP // 4 << 4, s.flags
    out[:, tcp + 14 : tcp + 16] = big(np.full_like(s.seq, 4096), 2)
    out[:, tcp + 20 : tcp + 24] = OTHER_OPTIONS
    out[:, tcp + 24 : tcp + 28], out[:, tcp + 28 : tcp + 32] = big(s.time // 1000 + 1, 4), big(s.time // 1000, 4)
    out[(s.flags & SYN) != 0, tcp + 20 : tcp + 32] = SYN_OPTIONS
    return out
