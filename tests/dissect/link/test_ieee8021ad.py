"""Service tags: a layer of their own, and a pair of them is one."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp, vlan

FRAMES = [
    (ethernet(vlan(ipv4(udp(b"x" * 20)), 7), 0x88A8), "eth:ieee8021ad:ip:udp"),
    (ethernet(vlan(vlan(ipv4(udp(b"x" * 20)), 7), 100, 0x8100), 0x88A8), "eth:ieee8021ad:vlan:ip:udp"),
    (ethernet(vlan(vlan(ipv4(udp(b"x" * 20)), 7), 100, 0x88A8), 0x88A8), "eth:ieee8021ad:ip:udp"),
    (ethernet(vlan(b"\x42\x42\x03" + bytes(35), 7, 38), 0x88A8), "eth:ieee8021ad"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)


def test_identifiers_stand_apart(walk_frames):
    walk = walk_frames([ethernet(vlan(vlan(ipv4(udp()), 7), 100, 0x8100), 0x88A8)])
    assert walk.table("ieee8021ad")["id"].tolist() == [100]
    assert walk.table("vlan")["id"].tolist() == [7]
