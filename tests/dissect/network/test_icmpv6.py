"""ICMPv6: echo fields, what errors quote, and the redirected header of neighbor discovery."""

import struct

import pytest

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv6, tcp, udp


def icmpv6(kind, payload=b"", code=0, rest=b"\0\0\0\0"):
    return ethernet(ipv6(struct.pack("!BBH", kind, code, 0) + rest + payload, 58), 0x86DD)


@pytest.mark.parametrize("kind", [128, 129])
def test_echo(walk_frames, kind):
    table = walk_frames([icmpv6(kind, b"payload", rest=b"\x12\x34\0\7")]).table("icmpv6")
    assert [int(table[name][0]) for name in ("type", "ident", "seq", "carries")] == [kind, 0x1234, 7, -1]


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_an_error_quotes(walk_frames, kind):
    walk = walk_frames([icmpv6(kind, ipv6(b"\x06\0\1\4\0\0\0\0" + tcp(), 0))])
    assert path(walk) == "eth:ipv6:icmpv6:ipv6:ipv6.hopopts:tcp"
    assert walk.table("tcp")["quoted"].tolist() == [1]


def test_only_errors_quote(walk_frames):
    walk = walk_frames([icmpv6(kind, ipv6(udp())) for kind in range(256) if not 1 <= kind <= 4])
    assert walk.table("udp") is None


def redirect(*options):
    return icmpv6(137, bytes(32) + b"".join(options))


def test_redirected_header(walk_frames):
    quoted = ipv6(udp(b"1234", length=12))
    option = b"\x04" + bytes([(8 + len(quoted) + 7) // 8]) + bytes(6) + quoted
    walk = walk_frames([redirect(b"\x02\x01" + bytes(6), option.ljust(-(-len(option) // 8) * 8, b"\0"))])
    assert path(walk) == "eth:ipv6:icmpv6:ipv6:udp"
    assert walk.table("udp")["quoted"].tolist() == [1]


def test_an_option_without_length_ends_the_list(walk_frames):
    walk = walk_frames([redirect(b"\x02\x00" + bytes(6))])
    assert walk.table("icmpv6")["fault"].tolist() == [Fault.OPTIONS]


def test_cut_everywhere():
    cut_everywhere(icmpv6(1, ipv6(tcp(b"1234"), 6)))
    cut_everywhere(redirect(b"\x04\x08" + bytes(6) + ipv6(udp(bytes(8)))))
