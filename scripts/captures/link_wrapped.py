"""pcaps/link/, second part: point-to-point framings, and what stands between Ethernet and IP."""

from __future__ import annotations

import struct

from captures.link import BOTH, SIX, TCP_UDP, add, ethertype, headed, macs
from captures.talk import sample


def tagged(*tags: tuple[int, int], then: bytes | None = None) -> list[bytes]:
    """The sample behind VLAN tags given as (TPID, VID)."""
    stack = b"".join(struct.pack(">HH", tpid, 0x2000 | vid) for tpid, vid in tags)
    return [macs(who) + stack + (then or ethertype(data)) + data for who, data in sample()]


def labels(*numbers: int) -> bytes:
    """An MPLS label stack (RFC 3032); the last one has the bottom bit."""
    return b"".join(struct.pack(">I", number << 12 | (n == len(numbers) - 1) << 8 | 64) for n, number in enumerate(numbers))


def ppp_protocol(data: bytes) -> bytes:
    """0x0021 IPv4, 0x0057 IPv6."""
    return b"\0\x57" if data[0] >> 4 == 6 else b"\0\x21"


def pppoe(who: str, data: bytes) -> bytes:
    """PPPoE session header (RFC 2516) and the PPP protocol, no address and control."""
    return b"\x88\x64" + struct.pack(">BBHH", 0x11, 0, 0x1234, len(data) + 2) + ppp_protocol(data)


def discovery() -> list[bytes]:
    """PADI, PADO, PADR, PADS, PADT."""
    return [
        macs("cscss"[n]) + b"\x88\x63" + struct.pack(">BBHHHH", 0x11, code, 0x1234 * (n > 2), 4, 0x0101, 0)
        for n, code in enumerate((0x09, 0x07, 0x19, 0x65, 0xA7))
    ]


CONTROL_WORD = bytes(4)
add("vlan", "one 802.1Q tag, VID 100, priority 1", lambda: tagged((0x8100, 100)), TCP_UDP | {"vlan.id == 100": "1-9"})
add("vlan_priority_only", "VID 0: a priority tag", lambda: tagged((0x8100, 0)), TCP_UDP | {"vlan.id == 0": "1-9"})
add(
    "qinq",
    "802.1ad outside (88a8, VID 200), 802.1Q inside (VID 100)",
    lambda: tagged((0x88A8, 200), (0x8100, 100)),
    TCP_UDP | {"ieee8021ad.id == 200": "1-9", "vlan.id == 100": "1-9"},
)
add(
    "qinq_8100",
    "two 802.1Q tags",
    lambda: tagged((0x8100, 200), (0x8100, 100)),
    TCP_UDP | {"vlan.id == 200 && vlan.id == 100": "1-9"},
)
add(
    "qinq_9100",
    "the old outer TPID 9100",
    lambda: tagged((0x9100, 200), (0x8100, 100)),
    TCP_UDP | {"vlan.id == 100": "1-9"},
)
add(
    "vlan_deep",
    "twenty tags in a frame: more than anybody needs",
    lambda: tagged(*[(0x8100, n) for n in range(1, 21)]),
    {"vlan.id == 1": "1-9"},
)
add(
    "vlan_llc",
    "an 802.3 length and LLC/SNAP behind a tag",
    lambda: [
        macs(who) + struct.pack(">HHH", 0x8100, 100, len(data) + 8) + b"\xaa\xaa\x03\0\0\0\x08\0" + data for who, data in sample()
    ],
    TCP_UDP | {"vlan.id == 100": "1-9", "llc": "1-9"},
)
add(
    "pppoe",
    "PPPoE session over Ethernet, IPv4 and IPv6",
    headed(lambda who, data: macs(who) + pppoe(who, data), None),
    BOTH | {"pppoes": "1-18"},
)
add("pppoe_discovery", "PPPoE discovery: PADI, PADO, PADR, PADS, PADT", discovery, {"pppoed": "1-5"})
add(
    "mpls",
    "one label, IPv4 and IPv6",
    headed(lambda who, data: macs(who) + b"\x88\x47" + labels(100), None),
    BOTH | {"mpls.label == 100": "1-18"},
)
add(
    "mpls_stack",
    "three labels, the last is IPv6 explicit null (2)",
    headed(lambda who, data: macs(who) + b"\x88\x47" + labels(100, 200, 2), True),
    SIX | {"mpls.label == 200": "1-9"},
)
add(
    "mpls_pseudowire",
    "Ethernet in MPLS with a control word (RFC 4448)",
    lambda: [
        macs(who) + b"\x88\x47" + labels(100, 16) + CONTROL_WORD + macs(who) + ethertype(data) + data for who, data in sample()
    ],
    {"mpls": "1-9"},
)
add("ppp", "PPP (9) with address and control", headed(lambda who, data: b"\xff\x03" + ppp_protocol(data), None), BOTH, 9)
add(
    "ppp_compressed",
    "PPP (9), address, control and the first protocol byte left out",
    headed(lambda who, data: ppp_protocol(data)[1:]),
    TCP_UDP,
    9,
)
add(
    "ppp_hdlc",
    "PPP in HDLC-like framing (50)",
    headed(lambda who, data: b"\xff\x03" + ppp_protocol(data), None),
    BOTH,
    50,
)
add(
    "ppp_negotiation",
    "LCP configure request and echo, IPCP: no IP at all",
    lambda: [
        b"\xff\x03\xc0\x21" + bytes.fromhex("0101000802020000")[:8],
        b"\xff\x03\xc0\x21" + bytes.fromhex("0901000800000000"),
        b"\xff\x03\x80\x21" + bytes.fromhex("0101000a03060a000001"),
    ],
    {"lcp": "1 2", "ipcp": "3", "ip": ""},
    9,
)
add("ppp_ether", "PPPoE without Ethernet (51)", headed(lambda who, data: pppoe(who, data)[2:]), TCP_UDP, 51)
add("cisco_hdlc", "Cisco HDLC (104)", headed(lambda who, data: b"\x0f\0" + ethertype(data), None), BOTH, 104)
add(
    "frame_relay_nlpid",
    "Frame Relay (107), DLCI 100, NLPID of IPv4",
    headed(lambda who, data: b"\x18\x41\x03\xcc"),
    TCP_UDP | {"fr.dlci == 100": "1-9"},
    107,
)
add(
    "frame_relay_snap",
    "Frame Relay (107) with a SNAP header; Wireshark keys conversations by DLCI, not by address: UDP of both versions is one",
    headed(lambda who, data: b"\x18\x41\x03\x00\x80\0\0\0" + ethertype(data), None),
    {"tcp.stream == 0": "1-7", "tcp && ipv6": "10-16", "udp && ipv6": "17 18"},
    107,
)
add(
    "user_defined",
    "LINKTYPE_USER0 (147): nobody can know what is inside",
    lambda: [bytes(range(40))] * 3,
    {"frame": "1-3", "ip": ""},
    147,
)
