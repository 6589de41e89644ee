"""Who carries whom: the one place where a protocol is registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import Column

from .link import ethernet, vlan
from .network import ipv4, ipv6
from .transport import tcp, udp

LINKTYPE: dict[int, ModuleType] = {1: ethernet}
ETHERTYPE: dict[int, ModuleType] = {0x0800: ipv4, 0x86DD: ipv6, 0x8100: vlan, 0x88A8: vlan, 0x9100: vlan}
IP_PROTOCOL: dict[int, ModuleType] = {6: tcp, 17: udp}
UDP_PORT: dict[int, ModuleType] = {}


#: Names of what is carried but not dissected here, as Wireshark abbreviates them.
LINKTYPE_NAMES: dict[int, str] = {}
ETHERTYPE_NAMES: dict[int, str] = {0x88CC: "lldp", 0x888E: "eapol"}
IP_PROTOCOL_NAMES: dict[int, str] = {50: "esp", 89: "ospf", 103: "pim", 112: "vrrp"}


@dataclass(frozen=True, slots=True)
class Carried:
    """What a protocol may carry: `slot_of[key]` is an index into `children`, -1 what is not dissected."""

    children: tuple[ModuleType, ...]
    slot_of: NDArray[np.int8]
    name: Callable[[int], str] | None  #: names what is not dissected; None: nothing to name
    key: Callable[[dict[str, Column]], NDArray[np.int32]] | None  #: where the key is not the column `carries`


def linktype_name(number: int) -> str:
    return LINKTYPE_NAMES.get(number, f"linktype {number}")


def ethertype_name(number: int) -> str:
    return ETHERTYPE_NAMES.get(number, f"ethertype 0x{number:04x}")


def ip_protocol_name(number: int) -> str:
    return IP_PROTOCOL_NAMES.get(number, f"ip protocol {number}")


def _table(
    carried: dict[int, ModuleType],
    name: Callable[[int], str] | None = None,
    key: Callable[[dict[str, Column]], NDArray[np.int32]] | None = None,
) -> Carried:
    children = tuple(dict.fromkeys(carried.values()))
    slot_of = np.full(max(carried) + 1, -1, np.int8)
    for number, dissector in carried.items():
        slot_of[number] = children.index(dissector)
    return Carried(children, slot_of, name, key)


def _by_port(column: dict[str, Column]) -> NDArray[np.int32]:
    """The lower of the two ports if something is registered there, else the higher one: Wireshark's order."""
    source, destination = column["srcport"].astype(np.int32), column["dstport"].astype(np.int32)
    low, high = np.minimum(source, destination), np.maximum(source, destination)
    key = np.where(_TUNNEL_PORT[low], low, high)
    key[column["carries"] < 0] = -1
    return key


CARRIED: dict[ModuleType, Carried] = {
    ethernet: _table(ETHERTYPE, ethertype_name),
    vlan: _table(ETHERTYPE, ethertype_name),
    ipv4: _table(IP_PROTOCOL, ip_protocol_name),
    ipv6: _table(IP_PROTOCOL, ip_protocol_name),
}
DISSECTORS: dict[str, ModuleType] = {
    dissector.NAME: dissector
    for dissector in (*LINKTYPE.values(), *(child for carried in CARRIED.values() for child in carried.children))
}
