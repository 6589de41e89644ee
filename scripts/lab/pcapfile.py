"""Classic pcap files in nanoseconds, little-endian, Ethernet: what tcpdump writes here, and what the wire writes itself."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

MAGIC, ETHERNET, SNAP = 0xA1B23C4D, 1, 262144
SECOND = 1_000_000_000


def read(path: Path) -> list[tuple[int, bytes]]:
    """Time in ns and bytes of each frame; a record that was cut off is left out."""
    data = path.read_bytes()
    frames, at = [], 24
    if len(data) >= 24 and struct.unpack_from("<I", data)[0] != MAGIC:
        raise ValueError(f"{path.name}: not a nanosecond pcap of this machine")
    while at + 16 <= len(data):
        seconds, nanoseconds, captured, _ = struct.unpack_from("<IIII", data, at)
        if at + 16 + captured > len(data):
            break
        frames.append((seconds * SECOND + nanoseconds, data[at + 16 : at + 16 + captured]))
        at += 16 + captured
    return frames


def write(path: Path, frames: Iterable[tuple[int, bytes]]) -> None:
    """A file of these frames, in the order given."""
    parts = [struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, SNAP, ETHERNET)]
    for time, frame in frames:
        parts += [struct.pack("<IIII", time // SECOND, time % SECOND, len(frame), len(frame)), frame]
    path.write_bytes(b"".join(parts))
