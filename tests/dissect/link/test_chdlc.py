"""Cisco HDLC."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (b"\x0f\0\x08\0" + ipv4(udp(b"x" * 20)), "chdlc:ip:udp"),
    (b"\x8f\0\x86\xdd" + ipv6(udp(b"x" * 20)), "chdlc:ipv6:udp"),
    (b"\x8f\0\x80\x35" + bytes(14), "chdlc:slarp"),
    (b"\x0f\0\x88\x47\0\0\x11\xff" + ipv4(udp(b"x" * 20)), "chdlc:mpls:ip:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 104)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 104)
