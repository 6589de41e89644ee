"""IGMP messages: their type, and every cut."""

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4

REPORT = b"\x16\0\0\0\xef\1\2\3"


def test_type(walk_frames):
    walk = walk_frames([ethernet(ipv4(REPORT, 2)), ethernet(ipv4(b"\x11\x64\0\0" + bytes(4), 2))])
    assert path(walk) == "eth:ip:igmp"
    assert walk.table("igmp")["type"].tolist() == [0x16, 0x11]
    assert not walk.faults


def test_a_message_that_is_too_short(walk_frames):
    assert walk_frames([ethernet(ipv4(REPORT[:5], 2))]).faults == {("igmp", Fault.SHORT): 1}


def test_cut_everywhere():
    cut_everywhere(ethernet(ipv4(REPORT, 2)))
