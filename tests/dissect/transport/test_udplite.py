"""The ports of udplite."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp


def frame(size=24):
    return ethernet(ipv4((struct.pack("!HHBB", 4000, 5000, 4, 0) + bytes(18))[:size], 136))


def test_ports(walk_frames):
    walk = walk_frames([frame(size) for size in (3, 4, 7, 24)])
    assert path(walk) == "eth:ip:udplite"
    assert walk.table("udp")["srcport"].tolist() == [0, 4000, 4000, 4000]
    assert walk.table("udp")["dstport"].tolist() == [0, 5000, 5000, 5000]
    assert (walk.table("udp")["fault"] != 0).tolist() == [True, True, True, False]


def test_cut_everywhere():
    cut_everywhere(frame())


def test_the_layer_around_it_tells_its_length(walk_frames):
    table = walk_frames([frame()]).table("udp")
    assert table["length"].tolist() == [24]
    assert table["len"].tolist() == [16]
    assert table["carries"].tolist() == [0]


def test_its_table_is_that_of_udp_in_frame_order(walk_frames):
    frames = [frame(), ethernet(ipv4(udp(b"x"))), frame(), ethernet(ipv4(udp(b"y")))]
    walk = walk_frames(frames)
    assert walk.table("udplite") is None
    assert walk.table("udp")["row"].tolist() == [0, 1, 2, 3]
    assert walk.table("udp")["len"].tolist() == [16, 1, 16, 1]
