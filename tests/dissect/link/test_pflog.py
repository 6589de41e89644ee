"""OpenBSD's packet filter log."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ipv4, ipv6, udp

FRAMES = [
    (b"\x3d\2" + bytes(62) + ipv4(udp(b"x" * 20)), "pflog:ip:udp"),
    (b"\x3d\x18" + bytes(62) + ipv6(udp(b"x" * 20)), "pflog:ipv6:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 117)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 117)
