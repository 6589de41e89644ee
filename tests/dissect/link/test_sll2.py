"""Linux cooked captures, second version."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp


def cooked(protocol: int, hardware: int = 1) -> bytes:
    return struct.pack("!HHIHBB8s", protocol, 0, 3, hardware, 0, 6, b"")


FRAMES = [
    (cooked(0x0800) + ipv4(udp(b"x" * 20)), "sll:ip:udp"),
    (cooked(0x86DD, 772) + ipv6(udp(b"x" * 20)), "sll:ipv6:udp"),
    (cooked(4) + b"\x42\x42\x03" + bytes(35), "sll:llc:stp"),
    (cooked(0x0800, 824) + bytes(16), "sll"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 276)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 276)
