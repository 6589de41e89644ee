"""The ports of udplite."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4


def frame(size=24):
    return ethernet(ipv4((struct.pack("!HHBB", 4000, 5000, 4, 0) + bytes(18))[:size], 136))


def test_ports(walk_frames):
    walk = walk_frames([frame(size) for size in (3, 4, 7, 24)])
    assert path(walk) == "eth:ip:udplite"
    assert walk.table("udplite")["srcport"].tolist() == [0, 4000, 4000, 4000]
    assert walk.table("udplite")["dstport"].tolist() == [0, 5000, 5000, 5000]
    assert (walk.table("udplite")["fault"] != 0).tolist() == [True, True, True, False]


def test_cut_everywhere():
    cut_everywhere(frame())


def test_the_layer_around_it_tells_its_length(walk_frames):
    table = walk_frames([frame()]).table("udplite")
    assert table["length"].tolist() == [24]
    assert table["len"].tolist() == [16]
    assert table["carries"].tolist() == [0]
