"""Who carries whom: the one place where a protocol is registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Column

from .link import (
    amsdu,
    ap1394,
    arcnet,
    arcnet_linux,
    arp,
    avsp,
    chdlc,
    enc,
    ethernet,
    fddi,
    frame_relay,
    ieee8021ad,
    ieee80211,
    ipfc,
    ipnet,
    ipoib,
    juniper,
    llc,
    macsec,
    mpls,
    names,
    nflog,
    null,
    pflog,
    pktap,
    ppi,
    ppp,
    pppoe,
    prism,
    radiotap,
    raw,
    slip,
    sll,
    sll2,
    vlan,
    wlancap,
)
from .network import ah, icmp, icmpv6, igmp, ipv4, ipv6, pim
from .transport import dccp, sctp, tcp, udp, udplite
from .tunnel import capwap_data, erspan, etherip, geneve, gre, gtp, l2tp, lisp_data, nsh, teredo, tzsp, vxlan, vxlan_gpe

LINKTYPE: dict[int, ModuleType] = {
    0: null, 1: ethernet, 7: arcnet, 8: slip, 9: ppp, 10: fddi, 11: llc, 12: raw, 13: enc, 14: raw, 19: raw, 50: ppp, 51: pppoe,
    100: llc, 101: raw, 104: chdlc, 105: ieee80211, 106: raw, 107: frame_relay, 108: null, 109: enc, 112: chdlc, 113: sll,
    117: pflog, 119: prism, 122: ipfc, 127: radiotap, 129: arcnet_linux, 138: ap1394, 149: pktap, 163: wlancap, 167: juniper,
    178: juniper, 192: ppi, 204: ppp, 226: ipnet, 228: ipv4, 229: ipv6, 239: nflog, 242: ipoib, 258: pktap, 276: sll2,
}  # fmt: skip
ETHERTYPE: dict[int, ModuleType] = {
    0x0800: ipv4, 0x0806: arp, 0x6558: ethernet, 0x8035: arp, 0x8100: vlan, 0x86DD: ipv6, 0x8847: mpls, 0x8848: mpls,
    0x8864: pppoe, 0x8870: llc, 0x88A8: ieee8021ad, 0x88E5: macsec, 0x890D: ieee80211, 0x894F: nsh, 0x9100: vlan, 0xD28B: avsp,
    0xFFF2: ipv4,
}  # fmt: skip
ETHERNET: dict[int, ModuleType] = ETHERTYPE | {0: llc}  #: 0: an 802.3 length stands in place of the EtherType
LINUX: dict[int, ModuleType] = ETHERTYPE | {3: ethernet, 4: llc, 7: ppp}  #: Linux has numbers of its own below the EtherTypes
SAP: dict[int, ModuleType] = ETHERTYPE | {0x06: ipv4}  #: of LLC
FAMILY: dict[int, ModuleType] = ETHERTYPE | {2: ipv4, 24: ipv6, 28: ipv6, 30: ipv6, 0xFF03: ppp}  #: of BSD systems
PPP_PROTOCOL: dict[int, ModuleType] = {0x0021: ipv4, 0x0057: ipv6, 0x0281: mpls, 0x0283: mpls, 0x0800: ipv4}
CHDLC_PROTOCOL: dict[int, ModuleType] = {0x0800: ipv4, 0x6558: ethernet, 0x86DD: ipv6, 0x8847: mpls, 0x8848: mpls}
NLPID: dict[int, ModuleType] = ETHERTYPE | {0x8E: ipv6, 0xCC: ipv4, 0xCF: ppp}
ARCNET_PROTOCOL: dict[int, ModuleType] = {205: llc, 212: ipv4, 213: arp, 214: arp, 240: ipv4, 241: arp}
IP_PROTOCOL: dict[int, ModuleType] = {
    1: icmp, 2: igmp, 4: ipv4, 6: tcp, 17: udp, 33: dccp, 41: ipv6, 47: gre, 51: ah, 58: icmpv6, 97: etherip, 103: pim, 132: sctp,
    136: udplite, 137: mpls, 143: ethernet,
}  # fmt: skip
UDP_PORT: dict[int, ModuleType] = {
    1701: l2tp, 2123: gtp, 2152: gtp, 3386: gtp, 3544: teredo, 4341: lisp_data, 4754: gre, 4789: vxlan, 4790: vxlan_gpe,
    5247: capwap_data, 6081: geneve, 6635: mpls, 37008: tzsp,
}  # fmt: skip
GRE_PROTOCOL: dict[int, ModuleType] = {
    0x0800: ipv4, 0x0806: arp, 0x22EB: erspan, 0x6400: ethernet, 0x6558: ethernet, 0x6559: frame_relay, 0x86DD: ipv6,
    0x8847: mpls, 0x8848: mpls, 0x880B: ppp, 0x8881: ppp, 0x883E: ipv4, 0x88BE: erspan, 0x88D2: ppp, 0x894F: nsh,
}  # fmt: skip
NEXT_PROTOCOL: dict[int, ModuleType] = {1: ipv4, 2: ipv6, 3: ethernet, 4: nsh, 5: mpls}  #: of NSH and VXLAN-GPE
FIRST_ETHERTYPE = 1536  #: IEEE 802.3 clause 3.2.6: below it stands a length
VERSION_NIBBLE: dict[int, ModuleType] = {4: ipv4, 6: ipv6}


#: Names of what is carried but not dissected here, as Wireshark abbreviates them.
LINKTYPE_NAMES: dict[int, str] = names.LINKTYPES
ETHERTYPE_NAMES: dict[int, str] = names.ETHERTYPES
IP_PROTOCOL_NAMES: dict[int, str] = {
    0: "ipv6.hopopts", 3: "ggp", 5: "st", 8: "egp", 9: "igrp", 29: "cotp", 36: "xtp", 43: "ipv6.routing",
    44: "ipv6.fraghdr", 46: "rsvp", 48: "dsr", 50: "esp", 53: "swipe", 54: "nhrp", 55: "mobile", 59: "data", 60: "ipv6.dstopts",
    62: "mipv6", 80: "osi", 83: "vines_frp", 88: "eigrp", 89: "ospf", 93: "ax25", 106: "lwl4", 108: "ipcomp", 112: "vrrp",
    113: "pgm", 115: "l2tp", 134: "rsvp-e2ei", 135: "mipv6", 139: "hip", 140: "shim6", 173: "ax4000", 224: "ncs",
}  # fmt: skip
GRE_NAMES: dict[int, str] = {
    0x00FE: "osi", 0x0101: "grebonding", 0x2000: "cdp", 0x2001: "nhrp", 0x8137: "ipx", 0xB7EA: "grebonding",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carried:
    """What a protocol may carry: `slot_of[key]` is an index into `children`, -1 what is not dissected."""

    children: tuple[ModuleType, ...]
    via: tuple[str, ...]  #: what Wireshark names between the two, for each child
    slot_of: NDArray[np.int8]
    name: Callable[[int], str] | None  #: names what is not dissected; None: nothing to name
    key: Callable[[dict[str, Column]], NDArray[np.int32]] | None  #: where the key is not the column `carries`
    ethertype: bool  #: keys from FIRST_ETHERTYPE on are EtherTypes, which Wireshark counts as a protocol

    def via_key(self, key: int) -> str:
        """What Wireshark names between the two, for what is carried under `key`."""
        return "ethertype" if self.ethertype and key >= FIRST_ETHERTYPE else ""


def linktype_name(number: int) -> str:
    return LINKTYPE_NAMES.get(number, f"linktype {number}")


def ethertype_name(number: int) -> str:
    return ETHERTYPE_NAMES.get(number, f"ethertype 0x{number:04x}")


def _named(what: str, *tables: dict[int, str]) -> Callable[[int], str]:
    """A function that finds a number's name in these tables, or says what it is a number of."""
    known = {number: name for table in tables for number, name in table.items()}
    return lambda number: known.get(number, f"{what} 0x{number:04x}")


def ip_protocol_name(number: int) -> str:
    return IP_PROTOCOL_NAMES.get(number, f"ip protocol {number}")


def gre_name(number: int) -> str:
    return GRE_NAMES.get(number) or ("wlan" if 0x8200 <= number <= 0x83F0 else ethertype_name(number))


def _table(
    carried: dict[int, ModuleType],
    name: Callable[[int], str] | None = None,
    key: Callable[[dict[str, Column]], NDArray[np.int32]] | None = None,
    ethertype: bool = False,
) -> Carried:
    children = tuple(dict.fromkeys(carried.values()))
    slot_of = np.full(max(carried) + 1, -1, np.int8)
    place = {child: i for i, child in enumerate(children)}
    slot_of[list(carried)] = [place[dissector] for dissector in carried.values()]
    lowest = {carried[number]: number for number in sorted(carried, reverse=True)}
    via = tuple("ethertype" if ethertype and lowest[child] >= FIRST_ETHERTYPE else "" for child in children)
    return Carried(children, via, slot_of, name, key, ethertype)


_TUNNEL_PORT = np.zeros(1 << 16, np.bool_)
_TUNNEL_PORT[list(UDP_PORT)] = True


def _by_port(column: dict[str, Column]) -> NDArray[np.int32]:
    """The lower of the two ports if something is registered there, else the higher one: Wireshark's order."""
    source, destination = column["srcport"].astype(np.int32), column["dstport"].astype(np.int32)
    low, high = np.minimum(source, destination), np.maximum(source, destination)
    key = np.where(_TUNNEL_PORT[low], low, high)
    key[(column["carries"] < 0) | (column["inner_reported"] <= column["inner"])] = -1
    return key


CARRIED: dict[ModuleType, Carried] = {
    ethernet: _table(ETHERNET, ethertype_name, ethertype=True),
    vlan: _table(ETHERNET, ethertype_name, ethertype=True),
    ieee8021ad: _table(ETHERTYPE, ethertype_name, ethertype=True),
    llc: _table(SAP, _named("llc", ETHERTYPE_NAMES, names.LLC)),
    sll: _table(LINUX, _named("ethertype", ETHERTYPE_NAMES, names.LINUX), ethertype=True),
    sll2: _table(LINUX, _named("ethertype", ETHERTYPE_NAMES, names.LINUX), ethertype=True),
    null: _table(FAMILY, _named("family", ETHERTYPE_NAMES, names.FAMILIES)),
    raw: _table(FAMILY),
    slip: _table(ETHERTYPE),
    ppp: _table(PPP_PROTOCOL, _named("ppp", names.PPP)),
    pppoe: _table({0: ppp}),
    mpls: _table(ETHERTYPE, _named("mpls", {1: "pwach"})),
    chdlc: _table(CHDLC_PROTOCOL, _named("chdlc", names.CHDLC)),
    frame_relay: _table(NLPID, _named("nlpid", ETHERTYPE_NAMES, names.NLPIDS)),
    ieee80211: _table({0: llc, 2: amsdu, 0x6558: ethernet}, _named("wlan", {1: "ipx"})),
    amsdu: _table({0: llc}),
    radiotap: _table({0: ieee80211}),
    prism: _table({0: ieee80211}),
    wlancap: _table({0: ieee80211}),
    ppi: _table(LINKTYPE, linktype_name),
    pktap: _table(LINKTYPE, linktype_name),
    nflog: _table(ETHERTYPE, ethertype_name),
    ipnet: _table(ETHERTYPE),
    arcnet: _table(ARCNET_PROTOCOL, _named("arcnet", names.ARCNET)),
    arcnet_linux: _table(ARCNET_PROTOCOL, _named("arcnet", names.ARCNET)),
    juniper: _table(ETHERTYPE),
    pflog: _table(ETHERTYPE),
    enc: _table(ETHERTYPE),
    fddi: _table({0: llc}),
    ipfc: _table({0: llc}),
    ap1394: _table(ETHERTYPE, ethertype_name),
    ipoib: _table(ETHERTYPE, ethertype_name),
    avsp: _table(ETHERTYPE, ethertype_name, ethertype=True),
    macsec: _table(ETHERTYPE, ethertype_name, ethertype=True),
    ipv4: _table(IP_PROTOCOL, ip_protocol_name),
    ipv6: _table(IP_PROTOCOL, ip_protocol_name),
    ah: _table(IP_PROTOCOL, ip_protocol_name),
    icmp: _table({4: ipv4}),
    icmpv6: _table({41: ipv6}),
    udp: _table(UDP_PORT, None, _by_port),
    udplite: _table(UDP_PORT, None, _by_port),
    gre: _table(GRE_PROTOCOL, gre_name),
    erspan: _table({0: ethernet}),
    etherip: _table({0: ethernet}),
    capwap_data: _table({0: ethernet}),
    pim: _table(VERSION_NIBBLE),
    vxlan: _table({0: ethernet}),
    vxlan_gpe: _table(NEXT_PROTOCOL),
    nsh: _table(NEXT_PROTOCOL),
    geneve: _table(ETHERTYPE, ethertype_name),
    gtp: _table(VERSION_NIBBLE | {1: ethernet}),
    l2tp: _table({0: ppp}),
    lisp_data: _table(VERSION_NIBBLE),
    teredo: _table({6: ipv6}),
    tzsp: _table({1: ethernet}),
}
DISSECTORS: dict[str, ModuleType] = {
    dissector.NAME: dissector
    for dissector in (*LINKTYPE.values(), *(child for carried in CARRIED.values() for child in carried.children))
}
