"""TZSP: tags, and the frame behind them."""

import pytest

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

INNER = ethernet(ipv4(udp()))


def tzsp(tags, payload=INNER, protocol=1):
    return ethernet(ipv4(udp(b"\1\0\0" + bytes([protocol]) + tags + payload, 50_000, 37_008)))


@pytest.mark.parametrize("tags", [b"\1", b"\0\0\1", b"\x0a\1\x10\0\1"])
def test_tags(walk_frames, tags):
    assert path(walk_frames([tzsp(tags)])) == "eth:ip:udp:tzsp:eth:ip:udp"


def test_other_protocols_and_endless_tags(walk_frames):
    walk = walk_frames([tzsp(b"\1", protocol=0x12), tzsp(bytes(100))])
    assert [path(walk, row) for row in range(2)] == ["eth:ip:udp:tzsp"] * 2
    assert walk.table("tzsp")["fault"].tolist() == [Fault.NONE, Fault.CHAIN]


def test_cut_everywhere():
    cut_everywhere(tzsp(b"\x0a\1\x10\0\1"))
