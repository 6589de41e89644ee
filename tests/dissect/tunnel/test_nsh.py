"""Network service headers."""

import struct

import pytest

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def nsh(following, payload, metadata=1, words=6, context=bytes(16)):
    return struct.pack("!HBBI", 0x0FC0 | words, metadata, following, 0x1FF) + context + payload


@pytest.mark.parametrize(
    ("following", "payload", "carried"),
    [
        (1, ipv4(udp()), "ip:udp"), (2, ipv6(udp()), "ipv6:udp"), (3, ethernet(ipv4(udp())), "eth:ip:udp"),
        (4, nsh(1, ipv4(udp())), "nsh:ip:udp"), (5, b"\0\1\1\x40" + ipv4(udp()), "mpls:ip:udp"),
    ],
)  # fmt: skip
def test_next_protocol(walk_frames, following, payload, carried):
    headers = [nsh(following, payload), nsh(following, payload, 2, 2, b""), nsh(following, payload, 2, 4, bytes(8))]
    walk = walk_frames([ethernet(header, 0x894F) for header in headers])
    assert [path(walk, row) for row in range(3)] == [f"eth:nsh:{carried}"] * 3


def test_cut_everywhere():
    cut_everywhere(ethernet(nsh(1, ipv4(udp())), 0x894F))
