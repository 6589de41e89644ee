"""BSD loopback in either byte order."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (b"\2\0\0\0" + ipv4(udp(b"x" * 20)), "null:ip:udp"),
    (b"\0\0\0\2" + ipv4(udp(b"x" * 20)), "null:ip:udp"),
    (b"\0\2\0\0" + ipv4(udp(b"x" * 20)), "null:ip:udp"),
    (b"\x1e\0\0\0" + ipv6(udp(b"x" * 20)), "null:ipv6:udp"),
    (b"\0\0\0\x1c" + ipv6(udp(b"x" * 20)), "null:ipv6:udp"),
    (b"\x18\0\0\0" + ipv6(udp(b"x" * 20)), "null:ipv6:udp"),
    (b"\0\0\x08\0" + ipv4(udp(b"x" * 20)), "null:ip:udp"),
    (b"\xff\x03\0\x21" + ipv4(udp(b"x" * 20)), "null:ppp:ip:udp"),
    (b"\7\0\0\0" + bytes(20), "null:osi"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 0)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 0)


def test_loop_is_the_same_in_network_order(walk_frames):
    assert path(walk_frames([b"\0\0\0\2" + ipv4(udp())], 108)) == "null:ip:udp"
