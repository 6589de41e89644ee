"""How the values of fields are written for people: code points with their names, flags as letters, checksums in hex."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from analyzer.dissect import stack
from analyzer.report.fields import Field, View
from analyzer.report.fields.kinds import BOOLEAN, PRESENCE
from analyzer.report.packet_info import ICMP_TYPES, ICMPV6_TYPES, TCP_FLAGS
from analyzer.report.tables import ARP_OPERATIONS

from .layer import Value

#: fields that are the two others of their header under one name
EITHER: Final = (".addr", ".port")
IP_FLAGS: Final = ("MF", "DF", "reserved")  #: from bit 0 on
HEX_DIGITS: Final = {
    "ip.id": 4, "ip.checksum": 4, "udp.checksum": 4, "ip.dsfield": 2, "ipv6.flow": 5, "ipv6.tclass": 2, "icmp.ident": 4,
    "icmpv6.echo.identifier": 4,
}  # fmt: skip
#: what a header has besides the fields that can be asked for: protocol -> column of its dissector -> Wireshark's name
MORE: Final[dict[str, dict[str, str]]] = {
    "vxlan": {"vni": "vxlan.vni"}, "geneve": {"vni": "geneve.vni"}, "gtp": {"message": "gtp.message", "teid": "gtp.teid"},
    "igmp": {"type": "igmp.type"}, "dccp": {"srcport": "dccp.srcport", "dstport": "dccp.dstport"},
}  # fmt: skip


def values(view: View, protocol: str, fields: dict[str, Field]) -> list[Value]:
    """The fields of `protocol` in a view of one frame, in the order of the catalogue."""
    found = []
    for name, field in fields.items():
        if not name.startswith(f"{protocol}.") or name.endswith(EITHER):
            continue
        occurrences = field.occurrences(view)
        if len(occurrences.row):
            value, text = field.kind.python(occurrences)[0], field.kind.text(occurrences)[0]
            found.append(Value(name, value, _text(name, value, text), field.doc, _minor(field)))
    return found


def code(name: str, value: int) -> Value:
    """A value of MORE."""
    return Value(name, value, str(value))


def _minor(field: Field) -> bool:
    """Single bits of flags that are shown together."""
    single = field.kind is BOOLEAN and ".flags." in field.name
    return single or (field.kind is PRESENCE and field.name.startswith("tcp.analysis."))


def _text(name: str, value: Any, text: Any) -> str:
    if name in _WRITTEN:
        return _WRITTEN[name](value)
    if name in HEX_DIGITS:
        return f"0x{value:0{HEX_DIGITS[name]}x}"
    if isinstance(value, list):
        return ", ".join(str(item).replace("_", " ") for item in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(text)


def _ethertype(value: int) -> str:
    module = stack.ETHERTYPE.get(value)
    return _named(value, module.NAME if module else stack.ETHERTYPE_NAMES.get(value, ""), f"0x{value:04x}")


def _ip_protocol(value: int) -> str:
    module = stack.IP_PROTOCOL.get(value)
    return _named(value, module.NAME if module else stack.IP_PROTOCOL_NAMES.get(value, ""))


def _named(value: int, name: str, number: str = "") -> str:
    return f"{number or value} ({name})" if name else number or str(value)


def _bits(names: tuple[str, ...], digits: int) -> Callable[[int], str]:
    def text(value: int) -> str:
        return _named(value, ", ".join(name for bit, name in enumerate(names) if value >> bit & 1), f"0x{value:0{digits}x}")

    return text


def _of(names: dict[int, str]) -> Callable[[int], str]:
    return lambda value: _named(value, names.get(value, ""))


_WRITTEN: Final[dict[str, Callable[[int], str]]] = {
    "eth.type": _ethertype, "vlan.etype": _ethertype, "arp.proto.type": _ethertype,
    "ip.proto": _ip_protocol, "ipv6.nxt": _ip_protocol,
    "ip.flags": _bits(IP_FLAGS, 1), "tcp.flags": _bits(tuple(TCP_FLAGS), 3),
    "arp.opcode": _of(ARP_OPERATIONS), "icmp.type": _of(ICMP_TYPES), "icmpv6.type": _of(ICMPV6_TYPES),
}  # fmt: skip
