"""pcaps/network/, second part: ICMP, IGMP, and the protocols that are only named."""

from __future__ import annotations

import struct
from typing import Any

from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import (
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptSrcLLAddr,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import Ether
from scapy.utils import checksum

from captures.files import cut
from captures.network import add, four, six, udp, with_options
from captures.talk import CLIENT, CLIENT6, CLIENT_PORT, SERVER, SERVER6, SERVER_PORT, ethernet


def icmp() -> list[bytes]:
    """Echo and answer, then errors that quote UDP and TCP, and a redirect."""
    question = IP(src=CLIENT, dst=SERVER, id=1) / udp()
    segment = IP(src=CLIENT, dst=SERVER, id=2) / TCP(sport=CLIENT_PORT, dport=SERVER_PORT, flags="S", seq=1000)
    router: dict[str, Any] = {"src": "10.0.0.254", "dst": CLIENT}
    return [
        four(ICMP(type=8, id=7, seq=1) / b"ping"), four(ICMP(type=0, id=7, seq=1) / b"ping", src=SERVER, dst=CLIENT),
        bytes(ethernet(question)), four(ICMP(type=3, code=3) / question, **router), bytes(ethernet(segment)),
        four(ICMP(type=11, code=0) / bytes(segment)[:28], **router), four(ICMP(type=3, code=1) / segment, **router),
        four(ICMP(type=5, code=1, gw="10.0.0.253") / bytes(question)[:28], **router),
    ]  # fmt: skip


def icmpv6() -> list[bytes]:
    """Echo, neighbour discovery, a time exceeded that quotes UDP, a packet too big that quotes TCP."""
    question = IPv6(src=CLIENT6, dst=SERVER6) / udp()
    segment = IPv6(src=CLIENT6, dst=SERVER6) / TCP(sport=CLIENT_PORT, dport=SERVER_PORT, flags="S", seq=1000)
    return [
        six(ICMPv6EchoRequest(id=7, seq=1, data=b"ping")),
        six(ICMPv6EchoReply(id=7, seq=1, data=b"ping"), src=SERVER6, dst=CLIENT6),
        six(ICMPv6ND_NS(tgt=SERVER6) / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01"), dst="ff02::1:ff00:2", hlim=255),
        six(ICMPv6ND_NA(tgt=SERVER6, R=0), src=SERVER6, dst=CLIENT6, hlim=255),
        bytes(ethernet(question)), six(ICMPv6TimeExceeded() / question, src="2001:db8::fe", dst=CLIENT6),
        bytes(ethernet(segment)),
        six(ICMPv6PacketTooBig(mtu=1280) / segment, src="2001:db8::fe", dst=CLIENT6),
    ]  # fmt: skip


def igmp() -> list[bytes]:
    """IGMPv1 query, v2 report and leave, v3 query and report."""
    group = bytes([239, 1, 2, 3])
    bodies = (
        b"\x11\0\0\0" + bytes(4), b"\x16\0\0\0" + group, b"\x17\0\0\0" + group,
        b"\x11\x64\0\0\0\0\0\0\x02\x7d\0\0", b"\x22\0\0\0\0\0\0\1\4\0\0\0" + group,
    )  # fmt: skip
    summed = [body[:2] + struct.pack(">H", checksum(body)) + body[4:] for body in bodies]
    return [with_options(four(body, proto=2, ttl=1, dst="224.0.0.1"), bytes([148, 4, 0, 0])) for body in summed]


def protocols() -> list[bytes]:
    """IP protocols that nobody dissects here: OSPF, ESP, AH around UDP, PIM, VRRP, 253 (experiments)."""
    ah = AH(nh=17, payloadlen=4, spi=1, seq=1, icv=bytes(12), padding=b"", reserved=0) / udp()
    return (
        [four(struct.pack(">II", 1, 1) + bytes(24), proto=p) for p in (89, 50)]
        + [four(ah, proto=51)]
        + [four(bytes(24), proto=p) for p in (103, 112, 253)]
    )


add(
    "icmp",
    "echo, and errors that quote a UDP datagram and a TCP SYN",
    icmp,
    {
        "icmp.type == 8": "1",
        "icmp.type == 3": "4 7",
        "icmp.type == 11": "6",
        "icmp.type == 5": "8",
        "tcp.stream == 0": "5 7",
        "udp.stream == 0": "3 4 8",
    },
)
add(
    "icmpv6",
    "echo, neighbour discovery, time exceeded quoting UDP, packet too big quoting TCP",
    icmpv6,
    {
        "icmpv6.type == 128": "1",
        "icmpv6.type == 135": "3",
        "icmpv6.type == 136": "4",
        "icmpv6.type == 3": "6",
        "icmpv6.type == 2": "8",
        "tcp.stream == 0": "7 8",
        "udp.stream == 0": "5 6",
    },
)
add(
    "igmp",
    "IGMPv1 query, v2 report and leave, v3 query and report, with router alert",
    igmp,
    {"igmp": "1-5", "igmp.version == 3": "4 5"},
)
add(
    "protocols",
    "OSPF, ESP, AH around UDP, PIM, VRRP, protocol 253: named, not dissected",
    protocols,
    {"ip.proto == 253": "6", "ah": "3", "udp": "3"},
)
add(
    "multicast",
    "datagrams to a multicast group and to broadcast",
    lambda: [
        bytes(Ether(src="02:00:00:00:00:01", dst=mac) / IP(src=CLIENT, dst=to, id=1, ttl=1) / udp())
        for mac, to in (("01:00:5e:01:02:03", "239.1.2.3"), ("ff:ff:ff:ff:ff:ff", "255.255.255.255"))
    ],
    {"udp": "1 2"},
)
add(
    "mixed",
    "both IP versions, ARP, ICMP, IGMP and an unknown EtherType in turn",
    lambda: [*icmp()[:3], *icmpv6()[:3], *igmp()[:2], bytes(12) + b"\x88\xb5" + bytes(46), cut(four(udp()), 30)],
    {"ip": "1-3 7 8 10", "ipv6": "4-6"},
)
