"""Teredo: indications before the packet."""

import pytest

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

AUTHENTICATION = b"\0\1\4\4" + bytes(17)
ORIGIN = b"\0\0\1\2\3\4\5\6"


def teredo(payload):
    return ethernet(ipv4(udp(payload, 50_000, 3544)))


@pytest.mark.parametrize("before", [b"", AUTHENTICATION, ORIGIN, AUTHENTICATION + ORIGIN, b"\0\1\0\0" + bytes(9)])
def test_indications(walk_frames, before):
    assert path(walk_frames([teredo(before + ipv6(udp()))])) == "eth:ip:udp:teredo:ipv6:udp"


@pytest.mark.parametrize("before", [ORIGIN + AUTHENTICATION, ORIGIN * 2, b"\0\2"])
def test_other_orders(walk_frames, before):
    assert path(walk_frames([teredo(before + ipv6(udp()))])) == "eth:ip:udp:teredo"


def test_only_ipv6(walk_frames):
    assert path(walk_frames([teredo(ipv4(udp()))])) == "eth:ip:udp:teredo"


def test_cut_everywhere():
    cut_everywhere(teredo(AUTHENTICATION + ORIGIN + ipv6(udp())))
