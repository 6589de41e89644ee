"""The ports of sctp."""

import struct

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4


def frame(size=24):
    return ethernet(ipv4((struct.pack("!HHBB", 4000, 5000, 4, 0) + bytes(18))[:size], 132))


def test_ports(walk_frames):
    walk = walk_frames([frame(size) for size in (3, 4, 7, 24)])
    assert path(walk) == "eth:ip:sctp"
    assert walk.table("sctp")["srcport"].tolist() == [0, 4000, 4000, 4000]
    assert walk.table("sctp")["dstport"].tolist() == [0, 5000, 5000, 5000]
    assert (walk.table("sctp")["fault"] != 0).tolist() == [True, True, True, False]


def test_cut_everywhere():
    cut_everywhere(frame())
