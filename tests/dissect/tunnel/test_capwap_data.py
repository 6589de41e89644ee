"""CAPWAP data: Ethernet frames only."""

import pytest

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

INNER = ethernet(ipv4(udp()))


def capwap(header, payload=INNER):
    return ethernet(ipv4(udp(header + payload, 50_000, 5247)))


@pytest.mark.parametrize("header", [b"\0\x10\x42\0" + bytes(4), b"\0\x18\x42\0" + bytes(8), b"\0\x10\x42\xc0" + bytes(4)])
def test_ethernet(walk_frames, header):
    assert path(walk_frames([capwap(header)])) == "eth:ip:udp:capwap.data:eth:ip:udp"


@pytest.mark.parametrize(
    "header",
    [b"\0\x10\x43\0" + bytes(4), b"\0\x10\x42\x08" + bytes(4), b"\0\x10\x42\x80" + bytes(4), b"\1\x10\x42\0" + bytes(4),
     b"\0\x10\x42\xc0\0\1\0\x08"],
)  # fmt: skip
def test_80211_keep_alives_fragments_and_dtls(walk_frames, header):
    assert path(walk_frames([capwap(header)])) == "eth:ip:udp:capwap.data"


def test_header_lengths_that_lie(walk_frames):
    walk = walk_frames([capwap(b"\0\x08\x42\0" + bytes(4)), capwap(b"\0\xf8\x42\0" + bytes(4))])
    assert walk.table("capwap.data")["fault"].tolist() == [Fault.HEADER_LENGTH] * 2


def test_cut_everywhere():
    cut_everywhere(capwap(b"\0\x18\x42\0" + bytes(8)))
