"""Frames with replaced addresses and without contents: zeros, into which the headers that are understood are put.

Rules work on all headers of one kind in a batch. What has no rule stays zero, and so does what it carries as far as nothing finds
its way there. Headers that ICMP errors quote are headers like others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Batch, Column, Int64
from analyzer.dissect.link import (
    amsdu,
    arp,
    chdlc,
    ethernet,
    fddi,
    frame_relay,
    ieee8021ad,
    ieee80211,
    llc,
    mpls,
    null,
    pktap,
    ppi,
    ppp,
    pppoe,
    radiotap,
    raw,
    sll,
    sll2,
    vlan,
)
from analyzer.dissect.network import icmp, icmpv6, igmp, ipv4, ipv6
from analyzer.dissect.transport import tcp, udp, udplite
from analyzer.dissect.tunnel import erspan, etherip, geneve, gre, gtp, l2tp, vxlan, vxlan_gpe
from analyzer.dissect.walk import Group, Walk
from analyzer.flow.fragments import Reassembler

from . import dns_message
from .anonymizer import Anonymizer
from .checksum import renewed, total
from .contents import Contents
from .options import extension_headers, tcp_options

Octets = NDArray[np.uint8]

#: headers that say nothing of anybody: how many of their first bytes are copied, as far as they stand before what they carry
COPIED: Final[Mapping[ModuleType, int]] = {
    vlan: 4, ieee8021ad: 4, llc: 8, null: 4, raw: 0, ppp: 4, pppoe: 6, mpls: 64, chdlc: 4, frame_relay: 16, radiotap: 64, ppi: 8,
    pktap: 12, fddi: 1, gre: 16, erspan: 12, etherip: 2, vxlan: 8, vxlan_gpe: 8, geneve: 8, gtp: 32, l2tp: 12,
}  # fmt: skip
#: the same of those that end where they end, whatever they carry
FIXED: Final[Mapping[ModuleType, int]] = {udp: 8, udplite: 8, icmp: 8, icmpv6: 4, igmp: 4}
ETHERNET: Final = 14
#: positions of addresses in a frame of wireless LAN (IEEE 802.11), the fourth where it goes from one access point to another
WIRELESS_ADDRESSES, FOURTH_ADDRESS, FROM_AND_TO = (4, 10, 16), 24, 0x03
WIRELESS_DATA, WIRELESS_TYPE, WIRELESS_HEADER = 0x08, 0x0C, 24
FDDI_ADDRESSES: Final = (1, 7)
COOKED: Final[Mapping[ModuleType, tuple[int, int, int, int]]] = {
    sll: (16, 6, 4, 2),  #: length of the header, where the link-layer address stands, where its length stands, in how many bytes
    sll2: (20, 12, 11, 1),
}
MOST_ADDRESS: Final = 8  #: of these
IPV4_HEADER, IPV6_HEADER, TCP_HEADER = 20, 40, 20
IPV4_CHECKSUM: Final = 10
CHECKSUM_AT: Final = {tcp: 16, udp: 6, icmp: 2, icmpv6: 2, igmp: 2}
PROTOCOL: Final = {tcp: 6, udp: 17, icmpv6: 58}  #: of those with a pseudo-header
DNS_PORTS: Final = frozenset((53, 5353, 5355))
REDIRECT: Final = 5  #: of ICMP: its bytes 4 to 7 are the address of a router
#: of ICMPv6: neighbor solicitation, advertisement, redirect: targets; their options hold link-layer addresses
TARGETS: Final = {135: 1, 136: 1, 137: 2}
ROUTER: Final = {133: 8, 134: 16}  #: bytes of router solicitation and advertisement before their options
PACKET_TOO_BIG, LAST_ERROR, ECHO = 2, 4, (128, 129)
LINK_OPTIONS: Final = (1, 2)  #: source and target link-layer address (RFC 4861 section 4.6.1)
MTU_OPTION: Final = 5
IGMP_REPORT_3: Final = 0x22


class Frames:
    """capture.excerpt.Changed: the frames of one reading, anonymous."""

    def __init__(self, anonymizer: Anonymizer, contents: Contents) -> None:
        self._anonymizer = anonymizer
        self._contents = contents
        self._walk = Walk()
        self._fragments = Reassembler(enabled=False)  # the first fragment of a datagram is dissected as far as it goes

    def __call__(self, batch: Batch, rows: Column) -> Callable[[int], bytes]:
        walk = self._walk
        walk.batch(batch)
        self._fragments.update(batch, walk)
        out: Octets = np.zeros_like(batch.data)
        for group in walk.groups:
            self._headers(batch.data, out, group)
        for group in walk.groups:
            self._carried(batch.data, out, group)
        self._checksums(batch.data, out, walk.groups)
        view = out.data
        start, end = batch.start, batch.end
        return lambda row: bytes(view[int(start[row]) : int(end[row])])

    def _headers(self, data: Octets, out: Octets, group: Group) -> None:
        """Headers, with addresses replaced."""
        module, column = group.dissector, group.columns
        at, end = column["at"], column["end"]
        if module in FIXED:
            _copy(data, out, at, end, FIXED[module])
        elif module in COPIED:
            carrying = column["carries"] >= 0
            stop = np.minimum(column["inner"], end)[carrying]
            _copy(data, out, at[carrying], stop, COPIED[module])
            for offset in FDDI_ADDRESSES if module is fddi else ():
                self._replace(data, out, at + offset, end, 6, self._anonymizer.mac)
        elif module in (ethernet, amsdu):
            _copy(data, out, at, end, ETHERNET)
            for offset in (0, 6):
                self._replace(data, out, at + offset, end, 6, self._anonymizer.mac)
        elif module is ieee80211:
            self._wireless(data, out, column)
        elif module in COOKED:
            self._cooked(data, out, at, end, *COOKED[module])
        elif module is arp:
            self._arp(data, out, column)
        elif module is ipv4:
            _copy(data, out, at, end, IPV4_HEADER)
            for offset in (12, 16):
                self._replace(data, out, at + offset, end, 4, self._anonymizer.ip)
        elif module is ipv6:
            _copy(data, out, at, end, IPV6_HEADER)
            for offset in (8, 24):
                self._replace(data, out, at + offset, end, 16, self._anonymizer.ip)
            for i in np.flatnonzero((column["extensions"] != 0) | (column["fragment"] != 0)).tolist():
                extension_headers(data, out, int(at[i]), int(end[i]))
        elif module is tcp:
            _copy(data, out, at, end, TCP_HEADER)
            for i in np.flatnonzero(column["hdr_len"] > TCP_HEADER).tolist():
                tcp_options(data, out, int(at[i]) + TCP_HEADER, int(min(at[i] + int(column["hdr_len"][i]), end[i])))

    def _replace(self, data: Octets, out: Octets, at: Int64, end: Int64, size: int, replaced: Callable[[bytes], bytes]) -> None:
        """Put the replacement of the addresses at these positions; of those that are cut, nothing."""
        whole = at + size <= end
        if not whole.all():
            for begin, stop in zip(at[~whole].tolist(), end[~whole].tolist(), strict=True):
                out[begin : max(begin, stop)] = 0
            at = at[whole]
        if not len(at):
            return
        index = at[:, None] + np.arange(size)
        both, code = np.unique(np.ascontiguousarray(data[index]).view(f"V{size}").ravel(), return_inverse=True)
        made = np.frombuffer(b"".join(replaced(one.tobytes()) for one in both), np.uint8).reshape(-1, size)
        out[index] = made[code.ravel()]

    def _wireless(self, data: Octets, out: Octets, column: Mapping[str, Column]) -> None:
        """Headers of wireless LAN: of data frames up to what they carry, of others the first three addresses."""
        for at, inner, end in zip(*(column[name].tolist() for name in ("at", "inner", "end")), strict=True):
            if end - at < WIRELESS_HEADER:
                continue
            data_frame = data[at] & WIRELESS_TYPE == WIRELESS_DATA
            stop = min(inner, end) if data_frame else at + WIRELESS_HEADER
            out[at:stop] = data[at:stop]
            fourth = data_frame and data[at + 1] & FROM_AND_TO == FROM_AND_TO
            for place in (*WIRELESS_ADDRESSES, *((FOURTH_ADDRESS,) if fourth else ())):
                first, last = at + place, at + place + 6
                out[first : min(last, stop)] = 0
                if last <= stop:
                    _put(out, first, self._anonymizer.mac(data[first:last].tobytes()))

    def _cooked(
        self, data: Octets, out: Octets, at: Int64, end: Int64, header: int, address: int, length: int, width: int
    ) -> None:
        _copy(data, out, at, end, header)
        for begin, stop in zip(at.tolist(), end.tolist(), strict=True):
            first = begin + address
            out[first : min(first + MOST_ADDRESS, stop)] = 0
            size = int.from_bytes(data[begin + length : begin + length + width].tobytes(), "big")
            if 0 < size <= MOST_ADDRESS and first + size <= stop:
                _put(out, first, self._anonymizer.mac(data[first : first + size].tobytes()))

    def _arp(self, data: Octets, out: Octets, column: Mapping[str, Column]) -> None:
        _copy(data, out, column["at"], column["end"], 8)
        for i in range(len(column["at"])):
            at, stop = int(column["at"][i]) + 8, int(column["end"][i])
            for size, kind in ((int(column["hlen"][i]), "mac"), (int(column["plen"][i]), "ip")) * 2:
                address = data[at : at + size].tobytes()
                if at + size <= stop and size:
                    ip = kind == "ip" and size in (4, 16)
                    _put(out, at, self._anonymizer.ip(address) if ip else self._anonymizer.mac(address))
                at += size

    def _carried(self, data: Octets, out: Octets, group: Group) -> None:
        """What is kept of what headers carry."""
        module, column = group.dissector, group.columns
        if module is tcp and not column["quoted"].any():
            self._contents.put(data, out, column)
        elif module is udp:
            for i in np.flatnonzero(column["inner_end"] > column["inner"]).tolist():
                if not column["quoted"][i] and (int(column["srcport"][i]) in DNS_PORTS or int(column["dstport"][i]) in DNS_PORTS):
                    begin, stop = int(column["inner"][i]), int(column["inner_end"][i])
                    _put(out, begin, dns_message.anonymous(data[begin:stop].tobytes(), self._anonymizer))
        elif module in (icmp, icmpv6, igmp):
            for i in range(len(column["at"])):
                self._control(module, data, out, int(column["at"][i]), int(column["end"][i]))

    def _control(self, module: ModuleType, data: Octets, out: Octets, at: int, end: int) -> None:
        """The addresses in control messages."""
        if end - at < 8:
            return
        kind = int(data[at])
        if module is icmp:
            if kind == REDIRECT:
                self._ip(data, out, at + 4, end, 4)
        elif module is igmp:
            if kind != IGMP_REPORT_3:
                self._ip(data, out, at + 4, end, 4)
        elif kind in ECHO or 0 < kind <= LAST_ERROR:
            out[at + 4 : at + 8] = data[at + 4 : at + 8]
        elif kind in TARGETS:
            out[at + 4 : at + 8] = data[at + 4 : at + 8]
            options = at + 8 + 16 * TARGETS[kind]
            for place in range(at + 8, options, 16):
                self._ip(data, out, place, end, 16)
            self._neighbor_options(data, out, options, end)
        elif kind in ROUTER:
            out[at + 4 : min(at + ROUTER[kind], end)] = data[at + 4 : min(at + ROUTER[kind], end)]
            self._neighbor_options(data, out, at + ROUTER[kind], end)

    def _neighbor_options(self, data: Octets, out: Octets, at: int, end: int) -> None:
        """Options of neighbor discovery: their types and lengths, and link-layer addresses (RFC 4861 section 4.6)."""
        while end - at >= 8 and data[at + 1]:
            size = 8 * int(data[at + 1])
            if at + size > end:
                return
            if not out[at : at + size].any():  # a redirected header in it has been done
                out[at : at + 2] = data[at : at + 2]
            if data[at] in LINK_OPTIONS:
                _put(out, at + 2, self._anonymizer.mac(data[at + 2 : at + 8].tobytes()))
            elif data[at] == MTU_OPTION:
                out[at : at + 8] = data[at : at + 8]
            else:
                out[at : at + 2] = data[at : at + 2]
            at += size

    def _ip(self, data: Octets, out: Octets, at: int, end: int, size: int) -> None:
        if at + size <= end:
            _put(out, at, self._anonymizer.ip(data[at : at + size].tobytes()))

    def _checksums(self, data: Octets, out: Octets, groups: list[Group]) -> None:
        """Made anew, the innermost first: what encloses a header sums it up."""
        for group in reversed(groups):
            module, column = group.dissector, group.columns
            if module is ipv4:
                for i in np.flatnonzero((column["hdr_len"] >= IPV4_HEADER) & (column["inner"] > column["at"])).tolist():
                    at = int(column["at"][i])
                    stop = at + int(column["hdr_len"][i])
                    if stop <= int(column["end"][i]):
                        _renew(data, out, at, stop, IPV4_CHECKSUM)
            elif module in CHECKSUM_AT:
                self._transport(data, out, module, column)

    def _transport(self, data: Octets, out: Octets, module: ModuleType, column: Mapping[str, Column]) -> None:
        place, protocol = CHECKSUM_AT[module], PROTOCOL.get(module, 0)
        columns = (column[key].tolist() for key in ("at", "end", "reported", "network", "version", "partial"))
        for at, end, reported, network, version, partial in zip(*columns, strict=True):
            if end - at < place + 2:
                out[at + place : max(end, at + place)] = 0
                continue
            if partial and module is udp and network >= 0:
                self._of_fragments(data, out, at, end, network, version)
                continue
            if end < reported or partial or (protocol and network < 0):
                out[at + place : at + place + 2] = 0  # nobody can tell what it was
                continue
            if module is udp:
                length = int(data[at + 4]) << 8 | int(data[at + 5])
                end = at + length if 8 <= length <= end - at else end
                if not data[at + place] and not data[at + place + 1]:
                    continue
            pseudo = (0, 0)
            if protocol:
                first, size = (network + 12, 8) if version == 4 else (network + 8, 32)
                pseudo = tuple(total(one[first : first + size].data) + protocol + end - at for one in (data, out))
            _renew(data, out, at, end, place, pseudo, 0xFFFF if module is udp else 0)

    @staticmethod
    def _of_fragments(data: Octets, out: Octets, at: int, end: int, network: int, version: int) -> None:
        """The checksum of a UDP datagram of which here is the first fragment: of the others nothing but zeros is written."""
        place = CHECKSUM_AT[udp]
        if not data[at + place] and not data[at + place + 1]:
            return
        out[at + place : at + place + 2] = 0
        first, size = (network + 12, 8) if version == 4 else (network + 8, 32)
        length = int(data[at + 4]) << 8 | int(data[at + 5])
        value = 0xFFFF - (total(out[first : first + size].data) + PROTOCOL[udp] + length + total(out[at:end].tobytes())) % 0xFFFF
        out[at + place], out[at + place + 1] = value >> 8, value & 0xFF


def _renew(data: Octets, out: Octets, at: int, end: int, place: int, pseudo: tuple[int, int] = (0, 0), zero: int = 0) -> None:
    out[at + place : at + place + 2] = 0
    value = renewed(data[at:end].tobytes(), out[at:end].tobytes(), place, pseudo, zero)
    out[at + place], out[at + place + 1] = value >> 8, value & 0xFF


def _copy(data: Octets, out: Octets, at: Int64, end: Int64, size: int) -> None:
    """Copy the first bytes of each header, as far as they are there."""
    if not size:
        return
    whole = at + size <= end
    if whole.all():
        index = at[:, None] + np.arange(size)
        out[index] = data[index]
        return
    for begin, stop in zip(at.tolist(), np.minimum(at + size, end).tolist(), strict=True):
        out[begin : max(stop, begin)] = data[begin : max(stop, begin)]


def _put(out: Octets, at: int, octets: bytes) -> None:
    out[at : at + len(octets)] = np.frombuffer(octets, np.uint8)
