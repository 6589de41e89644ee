"""Juniper's header."""

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

FRAMES = [
    (b"MGC\x80\0\4abcd" + ethernet(ipv4(udp(b"x" * 20))), "juniper:eth:ip:udp"),
    (b"MGC\0" + ethernet(ipv4(udp(b"x" * 20))), "juniper:eth:ip:udp"),
    (b"MGC\2\2\0\0\0" + ipv4(udp(b"x" * 20)), "juniper:ip:udp"),
    (b"MGC\2\6\0\0\0" + ipv6(udp(b"x" * 20)), "juniper:ipv6:udp"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 178)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 178)


def test_without_the_magic_number(walk_frames):
    assert walk_frames([bytes(60)], 178).table("juniper")["fault"].tolist() == [Fault.FIELD]
