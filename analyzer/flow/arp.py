"""Address resolution: ARP messages as rows (RFC 826, RFC 903, RFC 2390), and who claimed which address (RFC 5227).

A *gratuitous* message is a request or reply of which sender and target protocol address are the same. A *probe* is a request
with an all-zero sender address and an all-zero target hardware address (RFC 5227 section 1.1). An *announcement* is a gratuitous
request with an all-zero target hardware address. Wireshark's arp.isgratuitous, arp.isprobe and arp.isannouncement mean the same.

An IPv4 address is *claimed* by the sender hardware address of a request or reply that names it as its sender address. A
*conflict* is one address that several hardware addresses claim: two machines with one address, a spoofed answer, or an address
that moved. Probes claim nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from analyzer.batch import Batch, Int64, Table

HARDWARE_TYPE: Final = 0
PROTOCOL_TYPE: Final = 2
HARDWARE_LENGTH: Final = 4
PROTOCOL_LENGTH: Final = 5
OPCODE: Final = 6
HEADER: Final = 8
SENDER_MAC: Final = 8  #: from here for Ethernet and IPv4 only
SENDER_IP: Final = 14
TARGET_MAC: Final = 18
TARGET_IP: Final = 24
ETHERNET_IPV4: Final = 28  #: bytes of the whole message

MAC_TYPES: Final = (1, 6)  #: Ethernet, IEEE 802
IPV4: Final = 0x0800
REQUEST: Final = 1
REPLY: Final = 2

MAX_CLAIMED: Final = 65_536  #: addresses of which the claimants are remembered
MAX_CLAIMANTS: Final = 16  #: remembered per address


def messages(batch: Batch, table: Table) -> Iterator[tuple[int, dict[str, Any]]]:
    """The row in the batch and the message, for each ARP message. Addresses that are no MAC or IPv4 address are None."""
    data = batch.data
    number = batch.number[table["row"]].tolist()
    for row, frame, at, end in zip(table["row"].tolist(), number, table["at"].tolist(), table["end"].tolist(), strict=True):
        yield row, {"frame": frame, **_message(data[at:end].tobytes())}


def _message(message: bytes) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(("opcode", "sender_mac", "sender_ip", "target_mac", "target_ip"))
    row |= {"gratuitous": False, "probe": False, "announcement": False}
    if len(message) < HEADER:
        return row
    opcode = row["opcode"] = int.from_bytes(message[OPCODE:HEADER], "big")
    hardware, protocol = message[HARDWARE_LENGTH], message[PROTOCOL_LENGTH]
    if len(message) < HEADER + 2 * (hardware + protocol):
        return row
    sender_mac, rest = message[HEADER : HEADER + hardware], message[HEADER + hardware :]
    sender_ip, rest = rest[:protocol], rest[protocol:]
    target_mac, target_ip = rest[:hardware], rest[hardware : hardware + protocol]
    if hardware == 6 and int.from_bytes(message[HARDWARE_TYPE:PROTOCOL_TYPE], "big") in MAC_TYPES:
        row["sender_mac"], row["target_mac"] = sender_mac.hex(":"), target_mac.hex(":")
    if protocol == 4 and int.from_bytes(message[PROTOCOL_TYPE:HARDWARE_LENGTH], "big") == IPV4:
        row["sender_ip"], row["target_ip"] = ".".join(map(str, sender_ip)), ".".join(map(str, target_ip))
    nobody = not any(target_mac)
    row["gratuitous"] = opcode in (REQUEST, REPLY) and sender_ip == target_ip
    row["probe"] = opcode == REQUEST and not row["gratuitous"] and nobody and not any(sender_ip)
    row["announcement"] = opcode == REQUEST and row["gratuitous"] and nobody
    return row


@dataclass(slots=True)
class Claimed:
    """One address: each hardware address that claimed it, with the first frame that says so."""

    frames: dict[str, int] = field(default_factory=dict)
    more: bool = False  #: there were more claimants than MAX_CLAIMANTS


class Claims:
    """Who claimed which IPv4 address when."""

    def __init__(self) -> None:
        self.addresses: dict[str, Claimed] = {}
        self.conflicting: list[str] = []  #: addresses with several claimants, in the order in which that came out
        self.forgotten = 0  #: claims of further addresses, after MAX_CLAIMED

    def update(self, batch: Batch, table: Table) -> None:
        """Take the ARP messages of a batch."""
        whole = table["end"] - table["at"] >= ETHERNET_IPV4
        at, rows = table["at"][whole], table["row"][whole]
        if not len(at):
            return
        message = batch.data[at[:, None] + np.arange(TARGET_MAC)]
        usual = (message[:, 1] == 1) & (message[:, 2] == IPV4 >> 8) & (message[:, 3] == 0) & (message[:, 4] == 6)
        usual &= (message[:, 0] == 0) & (message[:, 5] == 4) & (message[:, OPCODE] == 0)
        usual &= (message[:, OPCODE + 1] == REQUEST) | (message[:, OPCODE + 1] == REPLY)
        usual &= message[:, SENDER_IP:].any(axis=1) & message[:, SENDER_MAC:SENDER_IP].any(axis=1)
        claim = np.ascontiguousarray(message[usual, SENDER_MAC:]).view(f"V{TARGET_MAC - SENDER_MAC}").ravel()
        seen, first = _first_of_each(claim)
        for value, row in zip(seen, rows[usual][first].tolist(), strict=True):
            self._claim(value[6:], value[:6], int(batch.number[row]))

    def _claim(self, raw_address: bytes, raw_mac: bytes, frame: int) -> None:
        address, mac = ".".join(map(str, raw_address)), raw_mac.hex(":")
        claimed = self.addresses.get(address)
        if claimed is None:
            if len(self.addresses) >= MAX_CLAIMED:
                self.forgotten += 1
                return
            claimed = self.addresses[address] = Claimed()
        if mac in claimed.frames:
            return
        if len(claimed.frames) >= MAX_CLAIMANTS:
            claimed.more = True
            return
        claimed.frames[mac] = frame
        if len(claimed.frames) == 2:
            self.conflicting.append(address)


def _first_of_each(claim: Any) -> tuple[list[bytes], Int64]:
    """The distinct claims in order of appearance, and where each stands first."""
    first: dict[bytes, int] = {}
    for position, value in enumerate(claim.tolist()):
        first.setdefault(value, position)
    return list(first), np.fromiter(first.values(), np.int64, len(first))
