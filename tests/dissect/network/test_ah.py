"""The authentication header behind IPv4."""

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, tcp


def test_its_length_counts_words_beyond_two(walk_frames):
    for words in (0, 1, 4, 20):
        walk = walk_frames([ethernet(ipv4(bytes([6, words]) + bytes((words + 2) * 4 - 2) + tcp(), 51))])
        assert path(walk) == "eth:ip:ah:tcp"


def test_longer_than_the_packet(walk_frames):
    walk = walk_frames([ethernet(ipv4(b"\x06\x28" + bytes(22) + tcp(), 51))])
    assert walk.table("ah")["fault"].tolist() == [Fault.HEADER_LENGTH]


def test_cut_everywhere():
    cut_everywhere(ethernet(ipv4(b"\x06\x04" + bytes(22) + tcp(), 51)))
