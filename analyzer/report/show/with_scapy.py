"""What nobody here dissects, as scapy reads it."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

from .layer import BY_SCAPY, Layer, Value
from .packet import DATA

MAX_LAYERS: Final = 32  #: of one payload
MAX_VALUE: Final = 4_096  #: characters of one value
MAX_PAYLOAD: Final = 1 << 16  #: bytes that it is given; more stay data
#: what it raises on bytes that it cannot read
GIVES_UP: Final = (IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError, struct.error)
#: our name of a header -> module of scapy.layers and class that reads it, and finds out what follows
READERS: Final = {
    "eth": ("l2", "Ether"), "vlan": ("l2", "Dot1Q"), "ieee8021ad": ("l2", "Dot1AD"), "sll": ("l2", "CookedLinux"),
    "llc": ("l2", "LLC"), "gre": ("l2", "GRE"), "null": ("l2", "Loopback"), "arp": ("l2", "ARP"),
    "ip": ("inet", "IP"), "tcp": ("inet", "TCP"), "udp": ("inet", "UDP"), "icmp": ("inet", "ICMP"), "ipv6": ("inet6", "IPv6"),
    "ppp": ("ppp", "PPP"), "pppoes": ("ppp", "PPPoE"), "sctp": ("sctp", "SCTP"), "wlan": ("dot11", "Dot11"),
    "radiotap": ("dot11", "RadioTap"), "vxlan": ("vxlan", "VXLAN"), "l2tp": ("l2tp", "L2TP"),
}  # fmt: skip
ICMPV6: Final = "icmpv6"  #: has a class for each type, which the IPv6 header before it chooses
NOTHING: Final = frozenset(("Raw", "Padding", "NoPayload"))  #: scapy's names of bytes that it does not know either


def extended(layers: Sequence[Layer], linktype: int) -> list[Layer]:
    """The layers, with those that scapy finds in the data in place of it, and its fields of headers without any."""
    if not any(layer.data and (layer.protocol == DATA or not (layer.values or layer.row)) for layer in layers):
        return list(layers)  # importing it takes a second
    try:
        scapy = _Scapy()
    except ImportError:
        return list(layers)
    found: list[Layer] = []
    for index, layer in enumerate(layers):
        if layer.protocol == DATA and layer.data:
            before = layers[:index]
            found += scapy.payload(before, layer, linktype) or [layer]
        elif layer.data and not layer.values and layer.row is None:
            layer.values = scapy.header(layer)
            layer.by = BY_SCAPY if layer.values else layer.by
            found.append(layer)
        else:
            found.append(layer)
    return found


class _Scapy:
    def __init__(self) -> None:
        """Raises ImportError where scapy is not installed."""
        logging.getLogger("scapy").setLevel(logging.CRITICAL)  # it warns about routes and interfaces while it is imported
        import scapy.layers.all  # noqa: F401 - binds all of its layers to each other
        from scapy import layers
        from scapy.config import conf
        from scapy.packet import Packet

        self._layers = layers
        self._linktypes: Any = conf.l2types.num2layer
        self._packet = Packet

    def payload(self, before: Sequence[Layer], data: Layer, linktype: int) -> list[Layer]:
        """The layers in `data`, as the header before it says; empty where scapy does not know it either."""
        own = [layer for layer in before if layer.data and layer.reassembled == data.reassembled and layer.row is None]
        reader, head = None, b""
        if len(data.data) > MAX_PAYLOAD:
            return []
        if own and own[-1].offset + len(own[-1].data) == data.offset:
            head = own[-1].data
            if own[-1].protocol == ICMPV6 and len(own) > 1:
                head = own[-2].data + head
                reader = self._reader(own[-2].protocol)
            else:
                reader = self._reader(own[-1].protocol)
        elif not own and not data.reassembled:
            reader = self._linktypes.get(linktype)
        if reader is None:
            return []
        try:
            packet: Any = reader(head + data.data)
            return self._layers_of(packet, len(head), data)
        except GIVES_UP:
            return []

    def header(self, layer: Layer) -> list[Value]:
        """The fields of one header."""
        reader = self._reader(layer.protocol)
        if reader is None:
            return []
        try:
            return list(self._values(reader(layer.data)))
        except GIVES_UP:
            return []

    def _reader(self, protocol: str) -> Any:
        if protocol not in READERS:
            return None
        module, name = READERS[protocol]
        return getattr(getattr(self._layers, module, None), name, None)

    def _layers_of(self, packet: Any, known: int, data: Layer) -> list[Layer]:
        """Those that begin behind the first `known` bytes, and what is left; empty where all of it would be data."""
        at, size = 0, known + len(data.data)
        found: list[Layer] = []
        while isinstance(packet, self._packet) and packet and at < size and len(found) < MAX_LAYERS:
            end = min(at + _length(packet), size)
            if end > max(at, known):
                name = type(packet).__name__
                ours = at < known or name in NOTHING  # it may see the header before as longer than we do
                found.append(self._layer(data, max(at, known) - known, end - known, None if ours else packet))
            at, packet = end, packet.payload
        if max(at, known) < size:
            found.append(self._layer(data, max(at, known) - known, len(data.data), None))
        return found if any(layer.by == BY_SCAPY for layer in found) else []

    def _layer(self, data: Layer, first: int, last: int, packet: Any) -> Layer:
        """A part of the data, as `packet` reads it, or None."""
        layer = Layer(DATA, "Data", values=[Value("data.len", last - first, f"{last - first:,}")])
        if packet is not None:
            layer = Layer(type(packet).__name__.lower(), str(packet.name), values=list(self._values(packet)), by=BY_SCAPY)
        layer.offset, layer.data = data.offset + first, data.data[first:last]
        layer.reassembled, layer.quoted = data.reassembled, data.quoted
        return layer

    def _values(self, packet: Any) -> Iterator[Value]:
        for description in packet.fields_desc:
            if description.name not in packet.fields:
                continue
            value = packet.fields[description.name]
            text = str(description.i2repr(packet, value))[:MAX_VALUE]
            yield Value(f"{type(packet).__name__}.{description.name}", value if isinstance(value, int) else None, text)


def _length(packet: Any) -> int:
    """Bytes of a layer itself. What they were, scapy forgets where it has changed the fields while it read them."""
    if packet.raw_packet_cache is not None:
        return len(packet.raw_packet_cache)
    return max(len(packet.original) - len(packet.payload.original or b""), 0)
