"""IPv6: the payload length, the chain of extension headers, and the addresses that a routing header or option replaces."""

import struct

import pytest
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, tcp, udp

ONE, TWO, THREE = (bytes(15) + bytes([number]) for number in (1, 2, 3))


def frame(payload, following=6, length=None):
    packet = ipv6(payload, following)
    return ethernet(packet if length is None else packet[:4] + struct.pack("!H", length) + packet[6:], 0x86DD)


def extension(following, body):
    """An options or routing header: 2 bytes, then the body, which fills it to a multiple of 8."""
    assert len(body) % 8 == 6
    return bytes([following, (len(body) + 2) // 8 - 1]) + body


def jumbo(length):
    return extension(6, b"\xc2\x04" + struct.pack("!I", length))


@pytest.mark.parametrize(("length", "segment"), [(25, 5), (22, 2), (20, 0), (1000, 5), (16, -1)])
def test_payload_length(walk_frames, length, segment):
    walk = walk_frames([frame(tcp(b"12345"), length=length)])
    assert walk.table("tcp")["len"].tolist() == [segment]
    assert walk.table("tcp")["carries"].tolist() == [0]
    assert walk.table("ipv6")["fault"].tolist() == [Fault.TOTAL_LENGTH if length == 1000 else Fault.NONE]


def test_a_payload_length_of_0_is_an_empty_payload(walk_frames):
    walk = walk_frames([frame(tcp(b"12345"), length=0), frame(extension(6, b"\1\4\0\0\0\0") + tcp(), 0, 0)])
    assert walk.table("tcp")["carries"].tolist() == [-1]
    assert path(walk, 1) == "eth:ipv6"


@pytest.mark.parametrize(("length", "found"), [(65_536, True), (70_000, True), (65_535, False), (0xFFFFFFF0, False)])
def test_jumbograms(walk_frames, length, found):
    walk = walk_frames([frame(jumbo(length) + tcp(b"12345"), 0, 0)])
    assert (walk.table("tcp") is not None) == found
    padded = extension(6, b"\1\4\0\0\0\0\1\0\xc2\x04" + struct.pack("!I", length))
    assert (walk_frames([frame(padded + tcp(b"12345"), 0, 0)]).table("tcp") is not None) == found


def test_chain_as_scapy_builds_it(walk_frames):
    packet = IPv6(src="::1", dst="::2") / IPv6ExtHdrHopByHop(options=[PadN(optdata=b"1234")])
    packet /= IPv6ExtHdrDestOpt(options=[PadN(optdata=b"123456789012")]) / IPv6ExtHdrRouting(addresses=["::3"], segleft=0)
    packet.lastlayer().nh = 17
    walk = walk_frames([ethernet(bytes(packet / udp(b"12345678")), 0x86DD)])
    assert path(walk) == "eth:ipv6:ipv6.hopopts:ipv6.dstopts:ipv6.routing:udp"
    assert walk.table("ipv6")["proto"].tolist() == [17]
    assert walk.table("udp")["len"].tolist() == [8]


def test_other_headers_of_the_chain(walk_frames):
    ah = b"\x06\x01" + bytes(10)
    shim = b"\x06\x01\x80" + bytes(13)
    control = b"\x06\x01\x00" + bytes(13)
    chains = [(ah, 51), (shim, 140), (control, 140), (b"\x06\0" + bytes(6), 135)]
    walk = walk_frames([frame(chain + tcp(), following) for chain, following in chains])
    assert [path(walk, row) for row in range(4)] == ["eth:ipv6:ah:tcp", "eth:ipv6:shim6:tcp", "eth:ipv6:shim6", "eth:ipv6:mipv6"]


def test_fragments(walk_frames):
    def piece(word):
        return frame(b"\x06\0" + struct.pack("!HI", word, 0xFFFFFFFF) + tcp(), 44)

    walk = walk_frames([piece(1), piece(8), piece(0), piece(6)])
    table = walk.table("ipv6")
    assert table["carries"].tolist() == [-2, -2, 6, 6]
    assert table["fragment"].tolist() == [1, 8, 0, 6]
    assert table["fragment_id"].tolist() == [0xFFFFFFFF] * 4


def addresses(walk_frames, payload, following):
    walk = walk_frames([frame(payload + tcp(), following)])
    assert path(walk).endswith(":tcp")
    table = walk.table("ipv6")
    at = int(table["at"][0])
    return int(table["source"][0]) - at, int(table["destination"][0]) - at


def routing(kind, left, *hops, fixed=bytes(4)):
    return extension(6, bytes([kind, left]) + fixed + b"".join(hops))


def test_addresses_of_the_header(walk_frames):
    assert addresses(walk_frames, b"", 6) == (8, 24)
    assert addresses(walk_frames, routing(0, 0, ONE, TWO), 43) == (8, 24)
    assert addresses(walk_frames, routing(253, 1, ONE, TWO), 43) == (8, 24)


@pytest.mark.parametrize(("kind", "place"), [(0, 80), (2, 48), (3, 80)])
def test_the_last_destination(walk_frames, kind, place):
    assert addresses(walk_frames, routing(kind, 1, ONE, TWO, THREE), 43) == (8, place)


def test_segment_routing_lists_the_last_segment_first(walk_frames):
    assert addresses(walk_frames, routing(4, 2, ONE, TWO, THREE, fixed=b"\2\0\0\0"), 43) == (8, 48)
    assert path(walk_frames([frame(routing(4, 2, ONE, fixed=b"\2\0\0\0") + tcp(), 43)])) == "eth:ipv6"


def test_compressed_addresses_stand_nowhere(walk_frames):
    assert addresses(walk_frames, routing(3, 1, ONE, fixed=b"\xff\x00\0\0"), 43) == (8, 24)


def test_home_address(walk_frames):
    assert addresses(walk_frames, extension(6, b"\1\2\0\0\xc9\x10" + ONE), 60) == (48, 24)
    assert addresses(walk_frames, extension(6, b"\0\0\0\xc9\x0f" + ONE[1:] + b"\0\0"), 60) == (8, 24)


def test_an_option_that_ends_beyond_the_packet_ends_the_chain(walk_frames):
    walk = walk_frames([frame(extension(6, b"\x1e\xff\0\0\0\0") + tcp(), 60), frame(extension(6, b"\0\0\0\0\0\1") + tcp(), 0)])
    assert walk.table("ipv6")["fault"].tolist() == [Fault.OPTIONS] * 2
    assert walk.table("tcp") is None


def test_long_chains(walk_frames):
    link = b"\x3c\0\1\4\0\0\0\0"
    last = b"\x06\0\1\4\0\0\0\0"
    walk = walk_frames([frame(link * 254 + last + tcp(), 60), frame(link * 255 + last + tcp(), 60)])
    assert walk.table("ipv6")["fault"].tolist() == [Fault.NONE, Fault.CHAIN]


def test_tunnels(walk_frames):
    walk = walk_frames([frame(ipv6(udp()), 41), frame(ipv4(udp()), 4), frame(ipv4(udp()), 41)])
    assert [path(walk, row) for row in range(3)] == ["eth:ipv6:ipv6:udp", "eth:ipv6:ip:udp", "eth:ipv6:ipv6"]


def test_cut_everywhere():
    cut_everywhere(frame(extension(43, b"\1\4\0\0\0\0") + routing(0, 1, ONE) + tcp(b"123"), 0))
    cut_everywhere(frame(b"\x06\x01" + bytes(10) + tcp(), 51))
