"""What the wire knows of a frame: addresses, TCP header (RFC 9293 section 3.1), timestamps (RFC 7323), SACK blocks (RFC 2018).

A frame longer than a link carries (the sender's segmentation offload) is cut into the segments that a network card would
send: IP ID and sequence number go on, FIN and PSH only in the last, checksums made anew (RFC 1071).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

ETHERNET, IPV4, IPV6, TCP = 14, 0x0800, 0x86DD, 6
FIN, SYN, RST, PSH, ACK, CWR = 0x01, 0x02, 0x04, 0x08, 0x10, 0x80
MTU = 1500
OPTION_SACK, OPTION_TIMESTAMPS = 5, 8
HALF, MODULUS = 1 << 31, 1 << 32


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment."""

    flow: tuple[bytes, int, bytes, int]  #: address and port of its sender, then of its receiver
    seq: int
    ack: int
    flags: int
    window: int
    payload: int
    ip_id: int | None  #: none in IPv6
    timestamps: tuple[int, int] | None
    sack: tuple[tuple[int, int], ...]

    @property
    def length(self) -> int:
        """Sequence numbers used: SYN and FIN count."""
        return self.payload + bool(self.flags & SYN) + bool(self.flags & FIN)

    @property
    def reverse(self) -> tuple[bytes, int, bytes, int]:
        """The flow of the other side."""
        return self.flow[2], self.flow[3], self.flow[0], self.flow[1]


def distance(there: int, here: int) -> int:
    """`there` - `here` modulo 2^32, as a number with a sign."""
    return ((there - here + HALF) % MODULUS) - HALF


def places(frame: bytes) -> tuple[int, int, int] | None:
    """Where the IP header, the TCP header and the end of the packet are; None if it is no TCP."""
    if len(frame) < ETHERNET + 40:
        return None
    (kind,) = struct.unpack_from("!H", frame, 12)
    if kind == IPV4 and frame[23] == TCP:
        start = ETHERNET + 4 * (frame[ETHERNET] & 15)
        end = ETHERNET + struct.unpack_from("!H", frame, 16)[0]
        end = end if end > ETHERNET else len(frame)  # offload may leave the length to the card
    elif kind == IPV6 and frame[20] == TCP:
        start = ETHERNET + 40
        length = struct.unpack_from("!H", frame, 18)[0]
        end = start + length if length else len(frame)
    else:
        return None
    return (ETHERNET, start, end) if start + 20 <= end <= len(frame) else None


def parse(frame: bytes) -> Segment | None:
    """The segment of an Ethernet frame; None if it holds none."""
    found = places(frame)
    if found is None:
        return None
    _, start, end = found
    source, target, seq, ack, offset, flags, window = struct.unpack_from("!HHIIBBH", frame, start)
    body = start + 4 * (offset >> 4)
    if body > end:
        return None
    four = frame[12:14] == b"\x08\x00"
    addresses = (frame[26:30], frame[30:34]) if four else (frame[22:38], frame[38:54])
    timestamps, sack = _options(frame[start + 20 : body])
    flow = (addresses[0], source, addresses[1], target)
    ip_id = struct.unpack_from("!H", frame, 18)[0] if four else None
    return Segment(flow, seq, ack, flags, window, end - body, ip_id, timestamps, sack)


def _options(data: bytes) -> tuple[tuple[int, int] | None, tuple[tuple[int, int], ...]]:
    timestamps, blocks, at = None, [], 0
    while at + 1 < len(data) and data[at]:
        if data[at] == 1:
            at += 1
            continue
        length = max(2, data[at + 1])
        value = data[at + 2 : at + length]
        if data[at] == OPTION_TIMESTAMPS and len(value) == 8:
            timestamps = struct.unpack("!II", value)
        elif data[at] == OPTION_SACK:
            blocks = [struct.unpack_from("!II", value, place) for place in range(0, len(value) - 7, 8)]
        at += length
    return timestamps, tuple(blocks)


def split(frame: bytes) -> list[bytes]:
    """The segments that leave the card for one frame of the stack, with right checksums."""
    found = places(frame)
    if found is None:
        return [frame]
    ip, start, end = found
    body = start + 4 * (frame[start + 12] >> 4)
    room = ETHERNET + MTU - body
    pieces = [frame[at : min(at + room, end)] for at in range(body, end, room)] or [b""]
    return [_segment(frame, ip, start, body, number, piece, len(pieces)) for number, piece in enumerate(pieces)]


def _segment(frame: bytes, ip: int, start: int, body: int, number: int, piece: bytes, pieces: int) -> bytes:
    head = bytearray(frame[:body])
    room = ETHERNET + MTU - body
    length = body - ETHERNET + len(piece)
    seq = (struct.unpack_from("!I", frame, start + 4)[0] + number * room) % MODULUS
    struct.pack_into("!I", head, start + 4, seq)
    if number < pieces - 1:
        head[start + 13] &= ~(FIN | PSH)
    if number:
        head[start + 13] &= ~CWR
    if start - ip == 40:
        struct.pack_into("!H", head, ip + 4, length - 40)
        addresses = bytes(head[ip + 8 : ip + 40])
    else:
        (ip_id,) = struct.unpack_from("!H", frame, ip + 4)
        struct.pack_into("!HH", head, ip + 2, length, (ip_id + number) % 65536)
        struct.pack_into("!H", head, ip + 10, 0)
        struct.pack_into("!H", head, ip + 10, checksum(bytes(head[ip:start])))
        addresses = bytes(head[ip + 12 : ip + 20])
    struct.pack_into("!H", head, start + 16, 0)
    segment = bytes(head[start:]) + piece
    struct.pack_into("!H", head, start + 16, checksum(addresses + struct.pack("!HH", TCP, len(segment)) + segment))
    return bytes(head) + piece


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): a sum modulo 2^16 - 1, so a remainder of one large number will do."""
    number = int.from_bytes(data + bytes(len(data) % 2), "big")
    return 0xFFFF - (number % 0xFFFF or (0xFFFF if number else 0))
