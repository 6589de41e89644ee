"""Linux cooked captures, first version."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def cooked(protocol: int, hardware: int = 1) -> bytes:
    return struct.pack("!HHH8sH", 0, hardware, 6, b"", protocol)


FRAMES = [
    (cooked(0x0800) + ipv4(udp(b"x" * 20)), "sll:ip:udp"),
    (cooked(0x86DD, 772) + ipv6(udp(b"x" * 20)), "sll:ipv6:udp"),
    (cooked(0x0800, 778) + ipv4(udp(b"x" * 20)), "sll:ip:udp"),
    (cooked(4) + b"\x42\x42\x03" + bytes(35), "sll:llc:stp"),
    (cooked(3) + ethernet(ipv4(udp(b"x" * 20))), "sll:eth:ip:udp"),
    (cooked(7) + b"\xff\x03\0\x21" + ipv4(udp(b"x" * 20)), "sll:ppp:ip:udp"),
    (cooked(0, 824) + bytes(16), "sll:netlink"),
    (cooked(0xC) + bytes(16), "sll:can"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 113)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 113)
