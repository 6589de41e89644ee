"""VXLAN-GPE."""

import pytest

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def gpe(following, payload):
    return ethernet(ipv4(udp(bytes([0x0C, 0, 0, following]) + bytes(4) + payload, 50_000, 4790)))


@pytest.mark.parametrize(
    ("following", "payload", "carried"),
    [
        (1, ipv4(udp()), ":ip:udp"), (2, ipv6(udp()), ":ipv6:udp"), (3, ethernet(ipv4(udp())), ":eth:ip:udp"),
        (5, b"\0\1\1\x40" + ipv4(udp()), ":mpls:ip:udp"), (0, b"1234", ""), (6, b"1234", ""),
    ],
)  # fmt: skip
def test_next_protocol(walk_frames, following, payload, carried):
    assert path(walk_frames([gpe(following, payload)])) == f"eth:ip:udp:vxlan_gpe{carried}"


def test_cut_everywhere():
    cut_everywhere(gpe(1, ipv4(udp(b"1"))))
