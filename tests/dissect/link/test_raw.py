"""No link layer."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (ipv4(udp(b"x" * 20)), "raw:ip:udp"),
    (ipv6(udp(b"x" * 20)), "raw:ipv6:udp"),
    (b"\xff\x03\0\x21" + ipv4(udp(b"x" * 20)), "raw:ppp:ip:udp"),
    (b"\7\xff\x03\0\x21" + ipv4(udp(b"x" * 20)), "raw:ppp:ip:udp"),
    (b"\x55" + bytes(30), "raw"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 101)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 101)


def test_link_types_that_are_one_version_of_ip(walk_frames):
    assert path(walk_frames([ipv4(udp())], 228)) == "ip:udp"
    assert path(walk_frames([ipv6(udp())], 229)) == "ipv6:udp"
