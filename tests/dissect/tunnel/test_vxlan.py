"""VXLAN."""

from scapy.layers.vxlan import VXLAN

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

INNER = ethernet(ipv4(udp(b"1234")))


def vxlan(header):
    return ethernet(ipv4(udp(header + INNER, 50_000, 4789)))


def test_outer_and_inner_datagrams_stand_side_by_side(walk_frames):
    walk = walk_frames([vxlan(bytes(VXLAN(vni=0xFEDCBA, flags=8)))])
    assert path(walk) == "eth:ip:udp:vxlan:eth:ip:udp"
    assert walk.table("vxlan")["vni"].tolist() == [0xFEDCBA]
    assert walk.table("udp")["srcport"].tolist() == [50_000, 4000]
    assert walk.table("udp")["depth"].tolist() == [2, 6]
    assert walk.table("udp")["row"].tolist() == [0, 0]


def test_flags_are_not_checked(walk_frames):
    assert path(walk_frames([vxlan(bytes(8))])) == "eth:ip:udp:vxlan:eth:ip:udp"


def test_cut_everywhere():
    cut_everywhere(vxlan(bytes(8)))
