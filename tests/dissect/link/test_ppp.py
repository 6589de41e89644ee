"""PPP with and without address, control and a whole protocol field."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (b"\xff\x03\0\x21" + ipv4(udp(b"x" * 20)), "ppp:ip:udp"),
    (b"\0\x21" + ipv4(udp(b"x" * 20)), "ppp:ip:udp"),
    (b"\x21" + ipv4(udp(b"x" * 20)), "ppp:ip:udp"),
    (b"\xff\x03\x57" + ipv6(udp(b"x" * 20)), "ppp:ipv6:udp"),
    (b"\1\xff\x03\0\x21" + ipv4(udp(b"x" * 20)), "ppp:ip:udp"),
    (b"\x0f\0\x08\0" + ipv4(udp(b"x" * 20)), "ppp:ip:udp"),
    (b"\xff\x03\xc0\x21" + bytes(8), "ppp:lcp"),
    (b"\xff\x03\2\x81\0\0\x11\xff" + ipv4(udp(b"x" * 20)), "ppp:mpls:ip:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 9)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 9)
