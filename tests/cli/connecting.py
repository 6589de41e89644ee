"""Captures of many short connections, of which it is known how long each took."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from tests.frames import ethernet, ipv4

MS = 1_000_000
BETWEEN = 10 * MS  #: from the begin of a connection to that of the next
CLIENT, SERVER = "192.0.2.1", "198.51.100.7"
SYN, SYN_ACK, ACK, PSH_ACK, RST_ACK = 0x02, 0x12, 0x10, 0x18, 0x14
REQUEST = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


def written(path: Path, connects_ns: Sequence[int | None], server: str = SERVER, wait_ns: int = 5 * MS) -> str:
    """One connection for each of these times, with a request that is answered after `wait_ns`; None: refused after a ms."""
    frames: list[tuple[int, bytes]] = []
    for i, connect in enumerate(connects_ns):
        begin, port = i * BETWEEN, 20_000 + i
        frames.append((begin, segment(server, port, SYN, 0, 0)))
        if connect is None:
            frames.append((begin + MS, segment(server, port, RST_ACK, 0, 1, back=True)))
            continue
        frames.append((begin + connect, segment(server, port, SYN_ACK, 0, 1, back=True)))
        frames.append((begin + connect, segment(server, port, ACK, 1, 1)))
        frames.append((begin + connect, segment(server, port, PSH_ACK, 1, 1, REQUEST)))
        answer = segment(server, port, PSH_ACK, 1, 1 + len(REQUEST), ANSWER, back=True)
        frames.append((begin + connect + wait_ns, answer))
    frames.sort(key=lambda frame: frame[0])
    records = (struct.pack("<IIII", time // 10**9, time % 10**9, len(frame), len(frame)) + frame for time, frame in frames)
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1) + b"".join(records))
    return str(path)


def segment(server: str, port: int, flags: int, seq: int, ack: int, payload: bytes = b"", back: bool = False) -> bytes:
    """A frame of the client, or back from the server."""
    ports = (80, port) if back else (port, 80)
    header = struct.pack("!HHIIBBHHH", *ports, 1000 + seq, (1000 + ack) if flags & 0x10 else 0, 5 << 4, flags, 65535, 0, 0)
    source, destination = (server, CLIENT) if back else (CLIENT, server)
    return ethernet(ipv4(header + payload, 6, source, destination))
