"""scapy's opinion about the headers of a frame."""

from __future__ import annotations

import logging
from typing import Any

from .with_dpkt import GIVES_UP, Layers


class Scapy:
    """Reads frames with scapy: its link, network and transport layers, without those of applications."""

    name = "scapy"

    def __init__(self) -> None:
        """Raises ImportError where scapy is not installed."""
        logging.getLogger("scapy").setLevel(logging.CRITICAL)  # it warns about routes and interfaces while it is imported
        import scapy
        from scapy.config import conf
        from scapy.layers import inet, inet6, l2, ppp  # noqa: F401
        from scapy.packet import Packet

        self.version: str = scapy.VERSION
        self._readers: Any = conf.l2types.num2layer
        self._packet = Packet
        self._fields: dict[Any, tuple[str, Any]] = {
            l2.Ether: ("eth", lambda p: {"eth.dst": p.dst, "eth.src": p.src}),
            l2.Dot3: ("eth", lambda p: {"eth.dst": p.dst, "eth.src": p.src}),
            l2.Dot1Q: ("vlan", lambda p: {"vlan.id": p.vlan}),
            l2.Dot1AD: ("ieee8021ad", lambda p: {"ieee8021ad.id": p.vlan}),
            l2.ARP: ("arp", lambda p: {"arp.hw.type": p.hwtype, "arp.opcode": p.op}),
            inet.IP: ("ip", lambda p: {
                "ip.version": p.version, "ip.hdr_len": p.ihl * 4, "ip.len": p.len, "ip.id": p.id,
                "ip.ttl": p.ttl, "ip.proto": p.proto, "ip.src": p.src, "ip.dst": p.dst}),
            inet6.IPv6: ("ipv6", lambda p: {
                "ip.version": p.version, "ipv6.plen": p.plen, "ipv6.nxt": p.nh, "ipv6.hlim": p.hlim,
                "ipv6.src": p.src, "ipv6.dst": p.dst}),
            inet.ICMP: ("icmp", lambda p: {"icmp.type": p.type, "icmp.code": p.code}),
            inet.UDP: ("udp", lambda p: {"udp.srcport": p.sport, "udp.dstport": p.dport, "udp.length": p.len}),
            inet.TCP: ("tcp", lambda p: {
                "tcp.srcport": p.sport, "tcp.dstport": p.dport, "tcp.seq_raw": p.seq, "tcp.ack_raw": p.ack,
                "tcp.hdr_len": p.dataofs * 4, "tcp.flags": int(p.flags) | p.reserved << 9, "tcp.window_size_value": p.window}),
        }  # fmt: skip
        self._fields[inet.IPerror] = self._fields[inet.IP]
        self._fields[inet.TCPerror] = self._fields[inet.TCP]
        self._fields[inet.UDPerror] = self._fields[inet.UDP]
        self._fields[inet6.IPerror6] = self._fields[inet6.IPv6]

    def knows(self, linktype: int) -> bool:
        return linktype in self._readers

    def layers(self, linktype: int, frame: bytes) -> Layers | None:
        """The headers that it finds, outermost first; None where it gives up. (Most of what it cannot read it calls Raw.)"""
        found: Layers = []
        try:
            packet = self._readers[linktype](frame)
        except GIVES_UP:
            return None
        while isinstance(packet, self._packet) and packet.name != "NoPayload":
            known = self._fields.get(type(packet))
            if known is not None:
                try:
                    fields = known[1](packet)
                except TypeError:  # the frame ends in this header: the fields behind the cut have no value
                    break
                found.append((known[0], {name: value for name, value in fields.items() if value is not None}))
            packet = packet.payload
        return found
