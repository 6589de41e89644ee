"""VLAN tags of both kinds."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp, vlan

FRAMES = [
    (ethernet(vlan(ipv4(udp(b"x" * 20)), 7), 0x8100), "eth:vlan:ip:udp"),
    (ethernet(vlan(vlan(ipv4(udp(b"x" * 20)), 7), 100, 0x8100), 0x9100), "eth:vlan:vlan:ip:udp"),
    (ethernet(vlan(b"\x42\x42\x03" + bytes(35), 7, 38), 0x8100), "eth:vlan:llc:stp"),
    (ethernet(vlan(b"\xff\xff" + bytes(28), 7, 30), 0x8100), "eth:vlan:ipx"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)


def test_identifier_has_twelve_bits(walk_frames):
    assert walk_frames([ethernet(vlan(ipv4(udp()), 0xF064), 0x8100)]).table("vlan")["id"].tolist() == [100]
