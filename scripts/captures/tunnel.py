"""pcaps/tunnel/: the sample traffic (TCP in frames 1-7, UDP in 8 and 9) inside tunnels, whose own UDP flows count too."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.vxlan import VXLAN

from captures.files import Capture
from captures.link import macs
from captures.talk import MS, Talk, ethernet, ethernet_sample, packet_class, sample

CAPTURES: list[Capture] = []
OUTER, PEER = "192.0.2.1", "192.0.2.2"
OUTER6, PEER6 = "2001:db8:f::1", "2001:db8:f::2"
INNER = {"tcp.stream == 0": "1-7", "udp.port == 7777": "8 9"}
INNER6 = {"tcp.stream == 0 && ipv6": "1-7", "udp.port == 7777": "8 9"}
GRE, IPIP, IPV6 = 47, 4, 41


def add(path: str, shows: str, make: Callable[[], list[bytes]], finds: dict[str, str]) -> None:
    """One Ethernet capture of this folder."""
    CAPTURES.append(Capture(f"tunnel/{path}.pcap", shows, make, finds))


def outer(who: str, inner: Any, proto: int, ipv6: bool = False) -> bytes:
    """The tunnel's own IP header, in Ethernet."""
    source, target = ((OUTER6, PEER6) if ipv6 else (OUTER, PEER))[:: 1 if who == "c" else -1]
    network = IPv6(src=source, dst=target, nh=proto) if ipv6 else IP(src=source, dst=target, id=1, proto=proto)
    return bytes(ethernet(network / inner, who))


def over_udp(who: str, inner: Any, port: int, source: int | None = None) -> bytes:
    """The tunnel's own UDP datagram; answers go to the same port, as VXLAN and GENEVE do."""
    return outer(who, UDP(sport=source or 49152 + (who == "s"), dport=port) / inner, 17)


def carried(wrap: Callable[[str, bytes], bytes], ipv6: bool = False) -> Callable[[], list[bytes]]:
    """The sample, each IP packet wrapped."""
    return lambda: [wrap(who, data) for who, data in sample(ipv6)]


def bridged(wrap: Callable[[str, bytes], bytes]) -> Callable[[], list[bytes]]:
    """The sample, each Ethernet frame wrapped."""
    return lambda: [wrap(who, frame) for (who, _), frame in zip(sample(), ethernet_sample(), strict=True)]


def gre(flags: int, protocol: int, options: bytes = b"") -> bytes:
    """A GRE header (RFC 2784, 2890)."""
    return struct.pack(">HH", flags, protocol) + options


def erspan(kind: int, who: str, frame: bytes) -> bytes:
    """ERSPAN I (no header), II (8 bytes behind a sequence number), III (12 bytes)."""
    if kind == 1:
        return outer(who, gre(0, 0x88BE) + frame, GRE)
    sequence = struct.pack(">I", 1)
    if kind == 2:
        return outer(who, gre(0x1000, 0x88BE, sequence) + struct.pack(">HHI", 0x1064, 0x1801, 7) + frame, GRE)
    return outer(who, gre(0x1000, 0x22EB, sequence) + struct.pack(">HHIHH", 0x2064, 0x0001, 1000, 0, 0) + frame, GRE)


def gtp(who: str, data: bytes) -> bytes:
    """GTP-U with a sequence number and one extension header (PDU session container)."""
    extension = bytes([1, 0x10 if who == "c" else 0, 9, 0])
    body = struct.pack(">HBB", 1, 0, 0x85) + extension + data
    return over_udp(who, struct.pack(">BBHI", 0x36, 255, len(body), 0x1234) + body, 2152, 2152)


def gtp_plain(who: str, data: bytes) -> bytes:
    """GTP-U without optional fields."""
    return over_udp(who, struct.pack(">BBHI", 0x30, 255, len(data), 0x1234) + data, 2152, 2152)


def l2tp(flags: int) -> Callable[[str, bytes], bytes]:
    """An L2TPv2 data message (RFC 2661) with the fields that `flags` names: 0x40 length, 0x08 sequence, 0x02 offset."""

    def wrap(who: str, data: bytes) -> bytes:
        ids = struct.pack(">HH", 1, 2)
        optional = (struct.pack(">HH", 1, 0) if flags & 0x08 else b"") + (struct.pack(">HH", 2, 0) if flags & 0x02 else b"")
        body = ids + optional + b"\xff\x03\0\x21" + data
        length = struct.pack(">H", len(body) + 4) if flags & 0x40 else b""
        return over_udp(who, bytes([flags, 2]) + length + body, 1701, 1701)

    return wrap


def teredo(indication: bytes = b"") -> Callable[[str, bytes], bytes]:
    """IPv6 in UDP (RFC 4380), perhaps behind an authentication or origin indication."""
    return lambda who, data: over_udp(who, indication + data, 3544 if who == "c" else 49152, 49152 if who == "c" else 3544)


def pptp(who: str, data: bytes) -> bytes:
    """Enhanced GRE of PPTP (RFC 2637) with key, sequence and acknowledgment, PPP inside."""
    body = b"\xff\x03\0\x21" + data
    return outer(who, struct.pack(">HHHHII", 0x3081, 0x880B, len(body), 7, 1, 0) + body, GRE)


def nested(depth: int) -> list[bytes]:
    """A datagram in `depth` IPv4 headers."""
    packet = sample()[7][1]
    for number in range(depth):
        packet = bytes(IP(src=f"10.{number}.0.1", dst=f"10.{number}.0.2", id=1, proto=IPIP) / packet)
    return [bytes(ethernet(IP(packet)))]


def loss_inside() -> list[bytes]:
    """A retransmission inside VXLAN, after three duplicate ACKs."""
    talk = Talk().open()
    talk.send("s", 1000)
    talk.send("c")
    talk.send("s", 1000, hidden=True, lost=True)
    for _ in range(4):
        talk.send("s", 1000, after=MS // 10)
        talk.send("c", after=MS // 10)
    talk.send("s", 1000, seq=1001)
    talk.send("c")
    return [over_udp("c", VXLAN(vni=5000, flags=8) / f.data, 4789) for f in talk.frames]


def geneve(who: str, frame: bytes) -> bytes:
    """GENEVE with one option."""
    option = GeneveOptions(classid=0x0101, type=1, data=b"\0\0\0\1")
    return over_udp(who, GENEVE(vni=5000, proto=0x6558, options=[option]) / frame, 6081)


TUNNEL_V4 = {"ip.src == 192.0.2.1": "1 3-5 7 8"}
add(
    "gre",
    "GRE around IPv4",
    carried(lambda w, d: outer(w, gre(0, 0x0800) + d, GRE)),
    INNER | TUNNEL_V4 | {"gre": "1-9"},
)
add(
    "gre_options",
    "GRE with checksum, key and sequence number",
    carried(lambda w, d: outer(w, gre(0xB000, 0x0800, struct.pack(">HHII", 0, 0, 5000, 1)) + d, GRE)),
    INNER | {"gre.key == 5000": "1-9"},
)
add("gre_ipv6", "IPv6 in GRE over IPv6", carried(lambda w, d: outer(w, gre(0, 0x86DD) + d, GRE, True), True), INNER6)
add("gre_bridged", "Ethernet in GRE (6558)", bridged(lambda w, f: outer(w, gre(0, 0x6558) + f, GRE)), INNER)
add(
    "gre_mpls",
    "MPLS in GRE",
    carried(lambda w, d: outer(w, gre(0, 0x8847) + struct.pack(">I", 100 << 12 | 1 << 8 | 64) + d, GRE)),
    INNER | {"mpls.label == 100": "1-9"},
)
add("pptp", "PPTP: enhanced GRE around PPP", carried(pptp), INNER | {"gre.flags.version == 1": "1-9"})
add("ip_in_ip", "IPv4 in IPv4", carried(lambda w, d: outer(w, d, IPIP)), INNER | TUNNEL_V4)
add("6in4", "IPv6 in IPv4", carried(lambda w, d: outer(w, d, IPV6), True), INNER6 | TUNNEL_V4)
add("4in6", "IPv4 in IPv6", carried(lambda w, d: outer(w, d, IPIP, True)), INNER)
add("6in6", "IPv6 in IPv6", carried(lambda w, d: outer(w, d, IPV6, True), True), INNER6)
add(
    "vxlan",
    "VXLAN: outer and inner UDP flows are numbered alike",
    bridged(lambda w, f: over_udp(w, VXLAN(vni=5000, flags=8) / f, 4789)),
    INNER
    | {
        "vxlan.vni == 5000": "1-9",
        "udp.stream == 0": "1 3-5 7 8",
        "udp.stream == 1": "2 6 9",
        "udp.stream == 2": "8 9",
    },
)
add(
    "vxlan_loss",
    "a retransmission inside VXLAN",
    loss_inside,
    {"tcp.analysis.fast_retransmission": "14", "tcp.analysis.duplicate_ack": "7 9 11 13"},
)
add("geneve", "GENEVE with an option, Ethernet inside", bridged(geneve), INNER | {"geneve.vni == 5000": "1-9"})
add(
    "geneve_ip",
    "GENEVE around IPv4 without Ethernet",
    carried(lambda w, d: over_udp(w, GENEVE(vni=5000, proto=0x0800) / packet_class(d)(d), 6081)),
    INNER,
)
for number, name in ((1, "I"), (2, "II"), (3, "III")):
    add(
        f"erspan_{number}",
        f"ERSPAN type {name}",
        bridged(partial(erspan, number)),
        INNER | {"gre": "1-9"},
    )
add("gtp_u", "GTP-U without options", carried(gtp_plain), INNER | {"gtp.teid == 0x1234": "1-9"})
add(
    "gtp_u_extension",
    "GTP-U with sequence number and extension header",
    carried(gtp),
    INNER | {"gtp.teid == 0x1234": "1-9"},
)
add("l2tp", "L2TPv2 data without optional fields", carried(l2tp(0)), INNER | {"l2tp": "1-9"})
add("l2tp_fields", "L2TPv2 data with length, sequence and offset", carried(l2tp(0x4A)), INNER | {"l2tp": "1-9"})
add("teredo", "Teredo", carried(teredo(), True), INNER6 | {"udp.port == 3544": "1-9"})
add(
    "teredo_indications",
    "Teredo behind authentication and origin indications",
    carried(teredo(b"\0\1\0\0" + bytes(8) + b"\0" + b"\0\0" + struct.pack(">HI", 0x1234, 0xC0000201)), True),
    INNER6,
)
add("nested", "IPv4 in IPv4, five deep", lambda: nested(5), {"udp.port == 7777": "1"})
add("nested_deep", "IPv4 in IPv4, sixty deep", lambda: nested(60), {"ip": "1"})
add(
    "vlan_mpls_gre_vxlan",
    "VLAN, MPLS, IPv4, GRE, Ethernet, IPv4, VXLAN, Ethernet, IPv4 around one another",
    bridged(
        lambda w, f: (
            macs(w)
            + struct.pack(">HHHI", 0x8100, 100, 0x8847, 100 << 12 | 1 << 8 | 64)
            + outer(w, gre(0, 0x6558) + over_udp(w, VXLAN(vni=5000, flags=8) / f, 4789), GRE)[14:]
        )
    ),
    INNER | {"mpls": "1-9", "vxlan": "1-9", "vlan.id == 100": "1-9"},
)
