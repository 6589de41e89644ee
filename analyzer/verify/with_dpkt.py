"""dpkt's opinion about the headers of a frame."""

from __future__ import annotations

import struct
from typing import Any, Final

from .ours import ipv4, ipv6, mac

SERVICE_TAG: Final = 0x88A8  #: EtherType of an 802.1ad tag

Layers = list[tuple[str, dict[str, Any]]]
#: what dpkt raises on bytes it cannot read; where that is not its UnpackError, its parser ran off the end
GIVES_UP: Final = (IndexError, KeyError, ValueError, TypeError, AttributeError, struct.error)


class Dpkt:
    """Reads frames with dpkt."""

    name = "dpkt"

    def __init__(self) -> None:
        """Raises ImportError where dpkt is not installed."""
        import dpkt
        from dpkt import arp, ethernet, icmp, icmp6, ip, ip6, loopback, sll, sll2, tcp, udp

        self.version: str = dpkt.__version__
        self._entry: dict[int, Any] = {
            0: loopback.Loopback, 1: ethernet.Ethernet, 12: None, 101: None, 14: None, 108: loopback.Loopback,
            113: sll.SLL, 276: sll2.SLL2, 228: ip.IP, 229: ip6.IP6,
        }  # fmt: skip
        self._ip, self._ip6 = ip.IP, ip6.IP6
        self._packet = dpkt.Packet
        self._gives_up = (dpkt.UnpackError, *GIVES_UP)
        self._ethernet = ethernet.Ethernet
        self._fields: dict[Any, tuple[str, Any]] = {
            arp.ARP: ("arp", lambda p: {"arp.hw.type": p.hrd, "arp.opcode": p.op}),
            ip.IP: ("ip", lambda p: {
                "ip.version": p.v, "ip.hdr_len": p.hl * 4, "ip.len": p.len, "ip.id": p.id, "ip.ttl": p.ttl, "ip.proto": p.p,
                "ip.src": ipv4(p.src), "ip.dst": ipv4(p.dst)}),
            ip6.IP6: ("ipv6", lambda p: {
                "ip.version": p.v, "ipv6.plen": p.plen, "ipv6.nxt": p.nxt, "ipv6.hlim": p.hlim,
                "ipv6.src": ipv6(p.src), "ipv6.dst": ipv6(p.dst)}),
            icmp.ICMP: ("icmp", lambda p: {"icmp.type": p.type, "icmp.code": p.code}),
            icmp6.ICMP6: ("icmpv6", lambda p: {"icmpv6.type": p.type, "icmpv6.code": p.code}),
            udp.UDP: ("udp", lambda p: {"udp.srcport": p.sport, "udp.dstport": p.dport, "udp.length": p.ulen}),
            tcp.TCP: ("tcp", lambda p: {
                "tcp.srcport": p.sport, "tcp.dstport": p.dport, "tcp.seq_raw": p.seq, "tcp.ack_raw": p.ack,
                "tcp.hdr_len": p.off * 4, "tcp.flags": p.flags, "tcp.window_size_value": p.win}),
        }  # fmt: skip

    def knows(self, linktype: int) -> bool:
        return linktype in self._entry

    def layers(self, linktype: int, frame: bytes) -> Layers | None:
        """The headers that it finds, outermost first; None where it gives up."""
        reader = self._entry[linktype]
        try:
            if reader is None:
                reader = self._ip6 if frame[0] >> 4 == 6 else self._ip
            packet = reader(frame)
        except self._gives_up:
            return None
        found: Layers = []
        while isinstance(packet, self._packet):
            if isinstance(packet, self._ethernet):
                found.append(("eth", {"eth.dst": mac(packet.dst), "eth.src": mac(packet.src)}))
                at = frame.find(packet.dst + packet.src) + 12  # dpkt does not keep the type of the first tag
                kind = int.from_bytes(frame[at : at + 2], "big")
                for tag in getattr(packet, "vlan_tags", ()):
                    protocol = "ieee8021ad" if kind == SERVICE_TAG else "vlan"
                    found.append((protocol, {f"{protocol}.id": tag.id}))
                    kind = tag.type
            else:
                known = self._fields.get(type(packet))
                if known is not None:
                    found.append((known[0], known[1](packet)))
            packet = packet.data
        return found
