"""Ethernet II and 802.3."""

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

FRAMES = [
    (ethernet(ipv4(udp(b"x" * 20))), "eth:ip:udp"),
    (ethernet(ipv6(udp(b"x" * 20)), 0x86DD), "eth:ipv6:udp"),
    (ethernet(bytes(46), 0x88CC), "eth:lldp"),
    (ethernet(bytes(46), 0), "eth"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)


def test_a_length_ends_the_payload_and_padding_is_left_out(walk_frames):
    padded = ethernet(b"\x42\x42\x03" + bytes(43), 38)
    table = walk_frames([padded]).table("llc")
    assert (table["end"][0] - table["at"][0], table["reported"][0] - table["at"][0]) == (38, 38)


def test_faults(walk_frames):
    long, between = ethernet(b"\x42\x42\x03" + bytes(35), 1400), ethernet(bytes(46), 0x05FF)
    walk = walk_frames([long, between, long[:13]], wire=[len(long), len(between), 60])
    assert walk.table("eth")["fault"].tolist() == [Fault.TOTAL_LENGTH, Fault.FIELD, Fault.SNAP_LENGTH]
