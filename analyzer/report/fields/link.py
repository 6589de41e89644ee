"""Fields of the link layer: Ethernet, VLAN tags, ARP."""

from __future__ import annotations

from typing import Final

from analyzer.batch import Column, Table

from .field import Field, Layer, both
from .kinds import BOOLEAN, INTEGER, IPV4, MAC
from .view import View

MAXIMUM_LENGTH: Final = 1500  #: IEEE 802.3: up to here the type field is a length
IPV4_TYPE: Final = 0x0800
MAC_TYPES: Final = (1, 6)  #: ARP hardware types: Ethernet, IEEE 802


def _ethernet(_: View, table: Table) -> Column:
    keep: Column = table["end"] - table["at"] >= 14
    return keep


def _tag(_: View, table: Table) -> Column:
    keep: Column = table["end"] - table["at"] >= 4
    return keep


def _arp(_: View, table: Table) -> Column:
    keep: Column = table["end"] - table["at"] >= 8
    return keep


def _arp_mac(_: View, table: Table) -> Column:
    known = (table["hardware"] == MAC_TYPES[0]) | (table["hardware"] == MAC_TYPES[1])
    keep: Column = (table["fault"] == 0) & (table["hlen"] == 6) & known
    return keep


def _arp_ip(_: View, table: Table) -> Column:
    keep: Column = (table["fault"] == 0) & (table["plen"] == 4) & (table["protocol"] == IPV4_TYPE)
    return keep


def _is_type(value: Column) -> Column:
    large: Column = value > MAXIMUM_LENGTH
    return large


_eth, _vlan, _service = Layer("eth", _ethernet), Layer("vlan", _tag), Layer("ieee8021ad", _tag)
_message, _macs, _addresses = Layer("arp", _arp), Layer("arp", _arp_mac), Layer("arp", _arp_ip)

FIELDS = (
    Field("eth.dst", MAC, "Destination MAC address", _eth.mac(0)),
    Field("eth.src", MAC, "Source MAC address", _eth.mac(6)),
    Field("eth.addr", MAC, "Source or destination MAC address", both(_eth.mac(0), _eth.mac(6)), many=True),
    Field("eth.type", INTEGER, "EtherType", _eth.octets(12, 2, where=_is_type)),
    Field("eth.len", INTEGER, "Length of an IEEE 802.3 frame", _eth.octets(12, 2, where=lambda value: ~_is_type(value))),
    Field("vlan.priority", INTEGER, "Priority code point of the VLAN tag", _vlan.octets(0, 1, 0xE0, 5)),
    Field("vlan.dei", BOOLEAN, "Drop eligible", _vlan.octets(0, 1, 0x10, 4)),
    Field("vlan.id", INTEGER, "VLAN", _vlan.stored("id"), many=True),
    Field("vlan.etype", INTEGER, "EtherType behind the VLAN tag", _vlan.octets(2, 2, where=_is_type), many=True),
    Field("ieee8021ad.id", INTEGER, "VLAN of a service tag", _service.stored("id"), many=True),
    Field("arp.hw.type", INTEGER, "Hardware type", _message.octets(0, 2)),
    Field("arp.proto.type", INTEGER, "Protocol type", _message.octets(2, 2)),
    Field("arp.hw.size", INTEGER, "Length of a hardware address", _message.octets(4, 1)),
    Field("arp.proto.size", INTEGER, "Length of a protocol address", _message.octets(5, 1)),
    Field("arp.opcode", INTEGER, "1 request, 2 reply, 3 and 4 RARP, 8 and 9 InARP", _message.octets(6, 2)),
    Field("arp.src.hw_mac", MAC, "Sender MAC address", _macs.mac(8)),
    Field("arp.src.proto_ipv4", IPV4, "Sender IPv4 address", _addresses.octets(8, 4, behind=("hlen",))),
    Field("arp.dst.hw_mac", MAC, "Target MAC address", _macs.mac(14, behind=("plen",))),
    Field("arp.dst.proto_ipv4", IPV4, "Target IPv4 address", _addresses.octets(8, 4, behind=("hlen", "hlen", "plen"))),
)
