"""pcaps/network/: what IPv4 and IPv6 put before the transport, and what is wrong or missing there."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    Jumbo,
    PadN,
    RouterAlert,
)
from scapy.layers.ipsec import AH
from scapy.utils import checksum

from captures.files import Capture, Frame
from captures.talk import CLIENT, CLIENT6, CLIENT_PORT, MS, SERVER, SERVER6, SERVER_PORT, Talk, ethernet, payload

CAPTURES: list[Capture] = []
Made = Callable[[], Sequence[bytes | Frame]]


def add(path: str, shows: str, make: Made, finds: dict[str, str]) -> None:
    """One Ethernet capture of this folder."""
    CAPTURES.append(Capture(f"network/{path}.pcap", shows, make, finds))


def four(inner: Any, **fields: Any) -> bytes:
    """An IPv4 packet from client to server in an Ethernet frame."""
    chosen: dict[str, Any] = {"src": CLIENT, "dst": SERVER, "id": 1} | fields
    return bytes(ethernet(IP(**chosen) / inner))


def six(inner: Any, **fields: Any) -> bytes:
    """The same for IPv6."""
    return bytes(ethernet(IPv6(**({"src": CLIENT6, "dst": SERVER6} | fields)) / inner))


def udp(data: bytes = b"question") -> Any:
    """A datagram to the server's port."""
    return UDP(sport=CLIENT_PORT, dport=SERVER_PORT) / data


def with_options(frame: bytes, options: bytes) -> bytes:
    """The frame with IPv4 options put in, byte for byte: scapy would complete the wrong ones."""
    header = bytearray(frame[14:34] + options)
    header[0] += len(options) // 4
    header[2:4] = struct.pack(">H", len(frame) - 14 + len(options))
    header[10:12] = bytes(2)
    header[10:12] = struct.pack(">H", checksum(bytes(header)))
    return frame[:14] + bytes(header) + frame[34:]


def options() -> list[bytes]:
    """Every usual IPv4 option, one packet each, then three that are wrong."""
    router, stamp = bytes([148, 4, 0, 0]), bytes([68, 12, 5, 0]) + bytes(8)
    record = bytes([7, 11, 4]) + bytes(9)
    source, strict = bytes([131, 7, 4, 10, 0, 0, 9, 0]), bytes([137, 7, 4, 10, 0, 0, 9, 0])
    wrong = bytes([7, 1, 4, 0]), bytes([7, 60, 4, 0]), bytes([1, 1, 1, 7])
    return [with_options(four(udp()), o) for o in (router, stamp, record, source, strict, bytes([1, 1, 1, 0]), *wrong)]


def broken_headers() -> list[bytes]:
    """One field wrong a frame: version, header length, total length."""
    good = four(udp(), chksum=0)

    def patch(at: int, value: bytes) -> bytes:
        return good[: 14 + at] + value + good[14 + at + len(value) :]

    return [
        patch(0, b"\x55"),
        patch(0, b"\x44"),
        patch(0, b"\x4f"),
        patch(2, b"\0\x10"),
        patch(2, b"\x05\0"),
        good[:24],
        good,
    ]


def fragments4(data: bytes, sizes: Sequence[int], number: int = 77) -> list[bytes]:
    """A UDP datagram in IPv4 fragments that end at `sizes` (multiples of eight, of the IP payload)."""
    whole = bytes(IP(src=CLIENT, dst=SERVER, id=number) / udp(data))[20:]
    edges = [0, *sizes, len(whole)]
    return [
        four(whole[low:high], id=number, proto=17, frag=low // 8, flags="MF" if high < len(whole) else 0)
        for low, high in itertools.pairwise(edges)
    ]


def fragments6(data: bytes, sizes: Sequence[int], number: int = 77) -> list[bytes]:
    """The same for IPv6."""
    whole = bytes(IPv6(src=CLIENT6, dst=SERVER6) / udp(data))[40:]
    edges = [0, *sizes, len(whole)]
    return [
        six(IPv6ExtHdrFragment(id=number, nh=17, offset=low // 8, m=int(high < len(whole))) / whole[low:high])
        for low, high in itertools.pairwise(edges)
    ]


DATA = payload(0, 3000)


def overlapping() -> list[bytes]:
    """Fragments that overlap with the same bytes, then a datagram whose fragments disagree about them."""
    whole = bytes(IP(src=CLIENT, dst=SERVER, id=1) / udp(DATA[:992]))[20:]
    other = bytes(b ^ 0xFF for b in whole)
    more: dict[str, Any] = {"proto": 17, "flags": "MF"}
    return [
        four(whole[:504], id=5, **more), four(whole[400:800], id=5, frag=50, **more), four(whole[800:], id=5, frag=100, proto=17),
        four(whole[:504], id=6, **more), four(other[400:800], id=6, frag=50, **more), four(whole[800:], id=6, frag=100, proto=17),
    ]  # fmt: skip


def tcp_in_fragments() -> list[Frame]:
    """A TCP session one of whose segments is fragmented: it counts at the frame that completes it."""
    talk = Talk().open()
    whole = bytes(talk.packet("c", 1400, "PA"))[20:]
    pieces = [
        four(whole[:16], id=9, proto=6, flags="MF"),
        four(whole[16:800], id=9, proto=6, flags="MF", frag=2),
        four(whole[800:], id=9, proto=6, frag=100),
    ]
    talk.now += 4 * MS
    out = [*talk.frames, *(Frame(piece, talk.now + n) for n, piece in enumerate(pieces))]
    talk.frames = []
    talk.send("s")
    return [*out, *talk.frames]


def offload() -> list[Frame]:
    """Sent with segmentation offload: IP total length 0, and frames far over the MTU."""
    talk = Talk().open()
    for length, total in ((1000, 0), (8000, None), (20000, None), (30000, 0)):
        packet = talk.packet("c", length)
        if total is not None:
            packet[IP].len, packet[IP].chksum = total, 0
        talk.now += MS
        talk.frames.append(Frame(bytes(ethernet(packet)), talk.now))
        talk.send("s")
    return talk.frames


def ipv6_offload() -> list[Frame]:
    """IPv6 payload length 0 without a jumbo option: offload again (BIG TCP), and a real jumbogram header."""
    talk = Talk(CLIENT6, SERVER6).open()
    packet = talk.packet("c", 4000)
    packet[IPv6].plen = 0
    talk.frames.append(Frame(bytes(ethernet(packet)), talk.now + MS))
    jumbo = IPv6(src=CLIENT6, dst=SERVER6, plen=0) / IPv6ExtHdrHopByHop(options=[Jumbo(jumboplen=1000)]) / udp(bytes(984))
    return [*talk.frames, Frame(bytes(ethernet(jumbo)), talk.now + 2 * MS)]


def cut_short(snap: int) -> list[Frame]:
    """A session, each frame cut to `snap` bytes."""
    talk = Talk().open()
    talk.send("c", 500, "PA")
    talk.send("s", 1000)
    talk.close()
    return [Frame(f.data[:snap], f.time, len(f.data)) for f in talk.frames]


def extension_headers() -> list[bytes]:
    """Hop-by-hop, destination options, routing, an atomic fragment, authentication, all of them, and none."""
    hop = IPv6ExtHdrHopByHop(options=[RouterAlert(value=0), PadN(optdata=b"\0\0")])
    destination = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])
    routing = IPv6ExtHdrRouting(type=2, segleft=1, addresses=["2001:db8::9"])
    authentication = AH(nh=17, payloadlen=4, spi=1, seq=1, icv=bytes(12), padding=b"", reserved=0)
    return [
        six(hop / udp()), six(destination / udp()), six(routing / udp()), six(IPv6ExtHdrFragment(id=1) / udp()),
        six(authentication / bytes(IPv6(src=CLIENT6, dst=SERVER6) / udp())[40:], nh=51), 
        six(hop / destination / routing / IPv6ExtHdrFragment(id=2) / destination / udp()),
        six(b"", nh=59), six(bytes([60, 0]) + bytes(6) + bytes([17, 200]) + bytes(6), nh=60),
    ]  # fmt: skip


def many_extensions() -> list[bytes]:
    """Forty destination option headers in a row."""
    chain = (bytes([60, 0, 1, 4]) + bytes(4)) * 39 + bytes([17, 0, 1, 4]) + bytes(4)
    return [six(chain + bytes(IPv6(src=CLIENT6, dst=SERVER6) / udp())[40:], nh=60)]


UDP_ALL = "udp.port == 7777"
add(
    "ipv4_options",
    "router alert, time stamp, record route, loose and strict source route, NOP and end; three options that are wrong",
    options,
    {"ip.opt.type": "1-6 9", UDP_ALL: "1-9", "ip.hdr_len == 24": "1 6-9"},
)
add(
    "ipv4_broken",
    "version 5, header length 16 and 60, total length 16 and 1280, cut at 10 bytes; the last frame is good",
    broken_headers,
    {"udp": "5 7"},
)
add(
    "ipv4_padding",
    "44 bytes of Ethernet trailer behind the IP packet are not payload",
    lambda: [four(udp()) + b"\xee" * 44],
    {"udp.length == 16": "1", "data.len == 8": "1"},
)
add(
    "fragments",
    "a UDP datagram in three fragments, in order",
    lambda: fragments4(DATA, (1480, 2000)),
    {UDP_ALL: "3", "udp.length == 3008": "3"},
)
add("fragments_reversed", "the same, last fragment first", lambda: fragments4(DATA, (1480, 2000))[::-1], {UDP_ALL: "3"})
add(
    "fragments_duplicated",
    "the middle fragment comes twice",
    lambda: [fragments4(DATA, (1480, 2000))[n] for n in (0, 1, 1, 2)],
    {UDP_ALL: "4"},
)
add(
    "fragments_overlapping",
    "overlaps with equal bytes (frames 1-3), and with other bytes (frames 4-6)",
    overlapping,
    {"ip.fragment.overlap": "3 6", "ip.fragment.overlap.conflict": "6"},
)
add(
    "fragments_incomplete",
    "the middle is missing, and a first fragment alone",
    lambda: [fragments4(DATA, (1480, 2000))[n] for n in (0, 2)] + fragments4(DATA, (1480,), 78)[:1],
    {"ip.flags.mf == 1": "1 3"},
)
add(
    "fragments_interleaved",
    "two datagrams of two ids mixed",
    lambda: [
        f for pair in zip(fragments4(DATA, (1480, 2000), 1), fragments4(DATA[::-1], (800, 1600), 2), strict=True) for f in pair
    ],
    {"udp.length == 3008": "5 6"},
)
add(
    "fragments_id_reused",
    "the same id again for the next datagram",
    lambda: fragments4(DATA, (1480,)) + fragments4(DATA[::-1], (1480,)),
    {"udp.length == 3008": "2 4"},
)
add(
    "fragments_past_end",
    "a fragment that would end beyond 65,535 bytes",
    lambda: [four(bytes(16), id=3, proto=17, flags="MF"), four(bytes(1400), id=3, proto=17, frag=8189)],
    {"ip.frag_offset > 8000": "2"},
)
add(
    "fragments_tcp",
    "a TCP segment in three fragments, the first ends inside the TCP header",
    tcp_in_fragments,
    {"tcp.stream == 0": "1-3 6 7", "tcp.len == 1400": "6"},
)
add(
    "fragments_ipv6",
    "IPv6, three fragments in order",
    lambda: fragments6(DATA, (1448, 2000)),
    {UDP_ALL: "3", "udp.length == 3008": "3"},
)
add(
    "fragments_ipv6_reversed",
    "the same, last fragment first",
    lambda: fragments6(DATA, (1448, 2000))[::-1],
    {UDP_ALL: "3"},
)
add(
    "fragments_ipv6_incomplete",
    "the last one is missing",
    lambda: fragments6(DATA, (1448, 2000))[:2],
    {"ipv6.fraghdr.more == 1": "1 2"},
)
add(
    "offload",
    "IP total length 0 and frames of 8,054 to 30,054 bytes",
    offload,
    {"tcp.len == 1000": "4", "tcp.len == 30000": "10", "frame.len > 1514": "6 8 10"},
)
add(
    "ipv6_offload",
    "IPv6 payload length 0, and a jumbo payload option (RFC 2675)",
    ipv6_offload,
    {"ipv6.plen == 0": "4 5"},
)
for size in (54, 40, 20):
    add(
        f"snap_length_{size}",
        f"every frame cut to {size} bytes",
        partial(cut_short, size),
        {f"frame.cap_len == {size}": "1-8"} | ({"tcp.stream == 0": "1-8"} if size == 54 else {"tcp.stream": ""}),
    )
add(
    "ipv6_extensions",
    "extension headers alone and together, no next header, and one longer than the packet",
    extension_headers,
    {
        "ipv6.hopopts": "1 6",
        "ipv6.dstopts": "2 6 8",
        "ipv6.routing": "3 6",
        "ipv6.fraghdr": "4 6",
        "ah": "5",
        UDP_ALL: "1-6",
    },
)
add("ipv6_extension_chain", "forty destination option headers in one packet", many_extensions, {"ipv6.dstopts": "1"})
