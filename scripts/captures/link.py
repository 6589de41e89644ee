"""pcaps/link/: one link type a file, each around the same small traffic (talk.sample: TCP in frames 1-7, UDP in 8 and 9)."""

from __future__ import annotations

import struct
from collections.abc import Callable

from scapy.layers.dot11 import Dot11, Dot11Beacon, Dot11Elt, Dot11QoS, RadioTap
from scapy.layers.l2 import ARP, LLC, SNAP, STP, Dot3, Ether

from captures.files import Capture, pcap
from captures.talk import CLIENT_MAC, SERVER_MAC, ethernet_sample, sample

CAPTURES: list[Capture] = []
MACS = {"c": bytes.fromhex(CLIENT_MAC.replace(":", "")), "s": bytes.fromhex(SERVER_MAC.replace(":", ""))}
BROADCAST, ZERO_MAC, THIRD_MAC = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "02:00:00:00:00:03"
TO_DS, FROM_DS, PROTECTED = 1, 2, 0x40  #: of the 802.11 frame control field
TCP_UDP = {"tcp.stream == 0": "1-7", "udp.stream == 0": "8 9"}
SIX = {"tcp.stream == 0 && ipv6": "1-7", "udp.stream == 0 && ipv6": "8 9"}
BOTH = {"tcp.stream == 0 && ip": "1-7", "tcp.stream == 1 && ipv6": "10-16", "udp.stream == 1": "17 18"}


def add(
    path: str,
    shows: str,
    make: Callable[[], bytes | list[bytes]],
    finds: dict[str, str],
    linktype: int = 1,
    order: str = "<",
) -> None:
    """One capture of this folder."""
    CAPTURES.append(Capture(f"link/{path}.pcap", shows, make, finds, linktype, order))


def headed(head: Callable[[str, bytes], bytes], ipv6: bool | None = False) -> Callable[[], list[bytes]]:
    """The sample, each packet behind what `head(side, packet)` gives; `ipv6` None is both versions, one after the other."""

    def make() -> list[bytes]:
        packets = sample(False) + sample(True) if ipv6 is None else sample(ipv6)
        return [head(who, data) + data for who, data in packets]

    return make


def ethertype(data: bytes) -> bytes:
    """0x0800 or 0x86dd, by the packet's version."""
    return b"\x86\xdd" if data[0] >> 4 == 6 else b"\x08\x00"


def macs(who: str) -> bytes:
    """Destination and source address of a frame that `who` sends."""
    return MACS["s" if who == "c" else "c"] + MACS[who]


def family(order: str, six: int) -> Callable[[str, bytes], bytes]:
    """The 4-byte address family of NULL and LOOP; AF_INET6 differs by operating system."""
    return lambda who, data: struct.pack(order + "I", six if data[0] >> 4 == 6 else 2)


def slip() -> list[bytes]:
    """BSD/OS SLIP: direction, type of the header compression, 14 bytes of it (zero)."""
    return [bytes([0 if who == "s" else 1, data[0] & 0xF0]) + bytes(14) + data for who, data in sample()]


def arp(*rows: tuple[int, str, str, str, str, str]) -> Callable[[], list[bytes]]:
    """ARP frames: opcode, Ethernet destination, sender MAC and IP, target MAC and IP."""
    return lambda: [
        bytes(Ether(src=smac, dst=dst, type=0x0806) / ARP(op=op, hwsrc=smac, psrc=sip, hwdst=tmac, pdst=tip))
        for op, dst, smac, sip, tmac, tip in rows
    ]


def llc() -> list[bytes]:
    """802.3 frames with LLC: spanning tree, and SNAP around the sample."""
    stp = Dot3(src=CLIENT_MAC, dst="01:80:c2:00:00:00", len=38) / LLC(dsap=0x42, ssap=0x42, ctrl=3)
    stp /= STP(rootid=0x8000, rootmac=CLIENT_MAC, bridgeid=0x8000, bridgemac=CLIENT_MAC, portid=0x8001)
    out = []
    for who, data in sample():
        body = bytes(LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0800)) + data
        out.append((macs(who) + struct.pack(">H", len(body)) + body).ljust(60, b"\0"))
    return [*out, bytes(stp)]


def wireless(radio: bytes = b"", fcs: bool = False, **kind: bool) -> Callable[[], list[bytes]]:
    """802.11 data frames: client (station) to server through an access point; the answers come from the DS."""

    def make() -> list[bytes]:
        out = []
        for n, (who, data) in enumerate(sample()):
            source, target = MACS[who].hex(":"), MACS["s" if who == "c" else "c"].hex(":")
            ways = {"c": (TO_DS, THIRD_MAC, source, target), "s": (FROM_DS, target, THIRD_MAC, source)}
            flags, one, two, three = ways[who]
            four = None
            if kind.get("wds"):
                flags, one, two, three, four = TO_DS | FROM_DS, THIRD_MAC, "02:00:00:00:00:04", target, source
            if kind.get("protected"):
                flags |= PROTECTED
            head = Dot11(
                type=2,
                subtype=8 if kind.get("qos") else 0,
                FCfield=flags,
                addr1=one,
                addr2=two,
                addr3=three,
                addr4=four,
                SC=n << 4,
            )
            body = bytes(LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0800)) + data
            if kind.get("protected"):  # a CCMP header and bytes that are no LLC
                body = struct.pack("<BBBBI", n + 1, 0, 0, 0x20, 0) + bytes((b ^ 0xA5) & 0xFF for b in body) + bytes(8)
            if kind.get("amsdu"):
                sub = bytes.fromhex(target.replace(":", "") + source.replace(":", "")) + struct.pack(">H", len(body)) + body
                body = sub + bytes(-len(sub) % 4) + sub
            quality = bytes(Dot11QoS(A_MSDU_Present=int(kind.get("amsdu", False)))) if kind.get("qos") else b""
            frame = bytes(head) + quality + body
            out.append(radio + frame + (b"\xde\xad\xbe\xef" if fcs else b""))
        return out

    return make


def beacons() -> list[bytes]:
    """Management and control frames, which carry nothing for us."""
    beacon = Dot11(type=0, subtype=8, addr1=BROADCAST, addr2=THIRD_MAC, addr3=THIRD_MAC) / Dot11Beacon(timestamp=1)
    return [bytes(beacon / Dot11Elt(ID=0, info=b"pcaps")), bytes.fromhex("d4000000") + MACS["c"]]


def radiotap(flags: int = 0) -> bytes:
    """A radiotap header with flags (0x10: an FCS stands at the end) and a rate."""
    return bytes(RadioTap(present="Flags+Rate", Flags=flags, Rate=108))


def juniper(who: str, data: bytes) -> bytes:
    """Juniper's cookie and flags (0x80: extensions follow) before an Ethernet header."""
    extensions = bytes([3, 1, 14, 6, 1, 14])
    return b"MGC" + bytes([0x80 | (who == "c")]) + struct.pack(">H", len(extensions)) + extensions + macs(who) + ethertype(data)


def pktap(who: str, data: bytes) -> bytes:
    """Apple's PKTAP header (108 bytes, its own byte order) around Ethernet."""
    head = struct.pack("<III24sIIIIi20sI20s", 108, 1, 1, b"en0", 1 if who == "s" else 2, 2, 14, 0, 77, b"curl", 0, b"")
    return head.ljust(108, b"\0") + macs(who) + ethertype(data)


def nflog(who: str, data: bytes) -> bytes:
    """NFLOG: family, version, resource, then attributes in host order; the last (9, payload) is the packet itself."""
    head = struct.pack(">BBH", 10 if data[0] >> 4 == 6 else 2, 0, 5)
    hook = struct.pack("<HH2sBB", 8, 1, ethertype(data), 1, 0)
    prefix = struct.pack("<HH", 10, 10) + b"lab: \0\0\0"
    return head + hook + prefix + struct.pack("<HH", 4 + len(data), 9)


def nflog_frames() -> list[bytes]:
    """Payload attributes are padded to four bytes."""
    return [nflog(who, data) + data + bytes(-len(data) % 4) for who, data in sample() + sample(True)]


def sll(who: str, data: bytes) -> bytes:
    """Linux cooked capture: packet type, ARPHRD, address length, address, protocol."""
    return struct.pack(">HHH8s2s", 0 if who == "s" else 4, 1, 6, MACS[who], ethertype(data))


def sll2(who: str, data: bytes) -> bytes:
    """Linux cooked capture v2: protocol first, then the interface index."""
    return struct.pack(">2sHIHBB8s", ethertype(data), 0, 3, 1, 0 if who == "s" else 4, 6, MACS[who])


def ipnet(who: str, data: bytes) -> bytes:
    """Solaris IPNET: version, family, hook type, length, interface, group, zones."""
    return struct.pack(">BBHIIIII", 1, 26 if data[0] >> 4 == 6 else 2, 1 if who == "s" else 2, len(data), 2, 0, 1, 1)


def arcnet(data: bytes) -> int:
    """The system code of RFC 1201: IPv4 or IPv6."""
    return 196 if data[0] >> 4 == 6 else 212


def with_fcs() -> bytes:
    """FCS length in the upper bits of the link type field: 4 bytes, in units of two (0x2), and marked present (0x04000000)."""
    return pcap([frame + b"\xca\xfe\xba\xbe" for frame in ethernet_sample()], 0x24000001)


CLIENT_ROW, SERVER_ROW = (CLIENT_MAC, "10.0.0.1"), (SERVER_MAC, "10.0.0.2")
add(
    "ethernet",
    "Ethernet II, short frames padded to 60 bytes",
    lambda: [f.ljust(60, b"\0") for f in ethernet_sample()],
    TCP_UDP | {"frame.len == 60": "3 5-9", "tcp.len == 0": "1-3 5-7"},
)
add("ethernet_ipv6", "Ethernet II with IPv6", lambda: ethernet_sample(True), SIX)
add(
    "ethernet_fcs",
    "the FCS length stands in the pcap header (4 bytes behind each frame)",
    with_fcs,
    TCP_UDP | {"eth.fcs": "1-9"},
)
add("llc_snap", "802.3 with LLC/SNAP around IPv4, and a spanning-tree BPDU", llc, TCP_UDP | {"stp": "10"})
add(
    "unknown_ethertype",
    "an EtherType of the local experiments (88b5), nothing inside is known",
    lambda: [macs("c") + b"\x88\xb5" + bytes(50)] * 3,
    {"eth.type == 0x88b5": "1-3", "ip": ""},
)
add(
    "short_ethernet",
    "frames of 0, 5, 13 and 14 bytes",
    lambda: [b"", bytes(5), macs("c") + b"\x08", macs("c") + b"\x08\0"],
    {"ip": "", "frame.len < 14": "1-3"},
)
add(
    "arp",
    "request and answer, then the other way",
    arp(
        (1, BROADCAST, *CLIENT_ROW, ZERO_MAC, "10.0.0.2"),
        (2, CLIENT_MAC, *SERVER_ROW, *CLIENT_ROW),
        (1, CLIENT_MAC, *SERVER_ROW, ZERO_MAC, "10.0.0.1"),
        (2, SERVER_MAC, *CLIENT_ROW, *SERVER_ROW),
    ),
    {"arp.opcode == 1": "1 3", "arp.opcode == 2": "2 4", "arp.isgratuitous == 1": ""},
)
add(
    "arp_gratuitous",
    "gratuitous request and gratuitous reply",
    arp((1, BROADCAST, *CLIENT_ROW, ZERO_MAC, "10.0.0.1"), (2, BROADCAST, *CLIENT_ROW, BROADCAST, "10.0.0.1")),
    {"arp.isgratuitous == 1": "1 2"},
)
add(
    "arp_probe_announcement",
    "address conflict detection (RFC 5227): three probes, two announcements",
    arp(
        *[(1, BROADCAST, CLIENT_MAC, "0.0.0.0", ZERO_MAC, "10.0.0.1")] * 3,
        *[(1, BROADCAST, *CLIENT_ROW, ZERO_MAC, "10.0.0.1")] * 2,
    ),
    {"arp.isprobe == 1": "1-3", "arp.isannouncement == 1": "4 5"},
)
add(
    "arp_conflict",
    "one address claimed by two MAC addresses",
    arp(
        (1, BROADCAST, *CLIENT_ROW, ZERO_MAC, "10.0.0.2"),
        (2, CLIENT_MAC, *SERVER_ROW, *CLIENT_ROW),
        (2, CLIENT_MAC, THIRD_MAC, "10.0.0.2", *CLIENT_ROW),
    ),
    {"arp.duplicate-address-detected": "3"},
)
add(
    "arp_storm",
    "one host asks for 60 addresses in a row",
    arp(*[(1, BROADCAST, *CLIENT_ROW, ZERO_MAC, f"10.0.0.{n}") for n in range(2, 62)]),
    {"arp.opcode == 1": "1-60"},
)
add(
    "rarp_inarp",
    "RARP request and reply, InARP request, and ARP for a protocol that is not IPv4",
    lambda: [
        bytes(
            Ether(src=CLIENT_MAC, dst=BROADCAST, type=0x8035)
            / ARP(op=3, hwsrc=CLIENT_MAC, psrc="0.0.0.0", hwdst=CLIENT_MAC, pdst="0.0.0.0")
        ),
        bytes(
            Ether(src=SERVER_MAC, dst=CLIENT_MAC, type=0x8035)
            / ARP(op=4, hwsrc=SERVER_MAC, psrc="10.0.0.2", hwdst=CLIENT_MAC, pdst="10.0.0.1")
        ),
        bytes(
            Ether(src=CLIENT_MAC, dst=SERVER_MAC, type=0x0806)
            / ARP(op=8, hwsrc=CLIENT_MAC, psrc="10.0.0.1", hwdst=ZERO_MAC, pdst="0.0.0.0")
        ),
        macs("c") + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x809B, 6, 4, 1) + bytes(20),
    ],
    {"arp.opcode == 3": "1", "arp.opcode == 4": "2", "arp.opcode == 8": "3", "arp.proto.type == 0x809b": "4"},
)
add("linux_sll", "Linux cooked capture (113)", headed(sll, None), BOTH, 113)
add("linux_sll2", "Linux cooked capture v2 (276)", headed(sll2, None), BOTH, 276)
add(
    "null_little",
    "BSD loopback (0), little-endian family, FreeBSD's AF_INET6 28",
    headed(family("<", 28), None),
    BOTH,
    0,
)
add("null_big", "BSD loopback (0), big-endian family, NetBSD's AF_INET6 24", headed(family(">", 24), None), BOTH, 0, ">")
add(
    "null_darwin",
    "BSD loopback (0), macOS's AF_INET6 30, in a file of the other byte order",
    headed(family("<", 30), None),
    BOTH,
    0,
    ">",
)
add("loop", "OpenBSD loopback (108), family in network order", headed(family(">", 24), None), BOTH, 108)
add("raw_101", "raw IP (101)", headed(lambda who, data: b"", None), BOTH, 101)
add("raw_12", "raw IP under its BSD number (12)", headed(lambda who, data: b"", None), BOTH, 12)
add("raw_ipv4", "raw IPv4 (228)", headed(lambda who, data: b""), TCP_UDP, 228)
add("raw_ipv6", "raw IPv6 (229)", headed(lambda who, data: b"", True), SIX, 229)
CAPTURES.append(Capture("link/slip.pcap", "SLIP of BSD/OS (8)", slip, TCP_UDP, 8, tshark=False))
add(
    "arcnet_bsd",
    "ARCNET of BSD (7): source, destination, system code, no fragmentation",
    headed(lambda who, data: bytes([1, 2, arcnet(data), 0, 0, 0])),
    TCP_UDP,
    7,
)
add(
    "arcnet_linux",
    "ARCNET of Linux (129): two bytes of offset before the system code",
    headed(lambda who, data: bytes([1, 2, 0, 0, arcnet(data), 0, 0, 0])),
    TCP_UDP,
    129,
)
add("juniper_ethernet", "Juniper Ethernet (178) with extensions", headed(juniper, None), BOTH, 178)
add("pktap", "Apple PKTAP (258)", headed(pktap, None), BOTH, 258)
add("nflog", "NFLOG (239), IPv4 and IPv6", nflog_frames, BOTH, 239)
add("ipnet", "Solaris IPNET (226)", headed(ipnet, None), BOTH, 226)
add("ieee80211", "802.11 data frames (105)", wireless(), TCP_UDP, 105)
add("ieee80211_qos", "802.11 QoS data frames (105)", wireless(qos=True), TCP_UDP, 105)
add("ieee80211_wds", "802.11 with four addresses (105)", wireless(wds=True), TCP_UDP, 105)
add(
    "ieee80211_amsdu",
    "802.11 aggregated: every packet twice in an A-MSDU (105)",
    wireless(qos=True, amsdu=True),
    {"wlan_aggregate": "1-9", "tcp": "1-7"},
    105,
)
add("ieee80211_radiotap", "802.11 behind radiotap (127)", wireless(radiotap()), TCP_UDP, 127)
add(
    "ieee80211_radiotap_fcs",
    "radiotap says that an FCS follows (127)",
    wireless(radiotap(0x10), fcs=True),
    TCP_UDP | {"wlan.fcs": "1-9"},
    127,
)
add(
    "ieee80211_ppi",
    "802.11 behind PPI (192) with a common field",
    wireless(
        struct.pack("<BBHI", 0, 0, 32, 105)
        + struct.pack("<HH", 2, 20)
        + struct.pack("<QHHHHBBbb", 1, 0, 108, 2437, 0xA0, 0, 0, -40, -90)
    ),
    TCP_UDP,
    192,
)
add(
    "ieee80211_protected",
    "802.11 protected by CCMP: carried, nothing inside is read",
    wireless(protected=True),
    {"wlan.fc.protected == 1": "1-9", "ip": ""},
    105,
)
add(
    "ieee80211_management",
    "a beacon and an acknowledgment",
    beacons,
    {"wlan.fc.type_subtype == 8": "1", "wlan.fc.type == 1": "2"},
    105,
)
