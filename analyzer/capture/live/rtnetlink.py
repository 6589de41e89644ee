"""Messages of rtnetlink(7) about links and their addresses: asked for, and read. Linux only; no privilege is needed."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_GETADDR: Final = 22
RTMGRP_LINK: Final = 1
NLM_F_REQUEST: Final = 1
NLM_F_DUMP: Final = 0x300
IFF_UP: Final = 1
IFF_RUNNING: Final = 0x40
IFLA_ADDRESS: Final = 1
IFLA_IFNAME: Final = 3
IFLA_MTU: Final = 4
IFLA_LINKINFO: Final = 18
IFLA_INFO_KIND: Final = 1
IFLA_IFALIAS: Final = 20
IFA_ADDRESS: Final = 1
IFA_LOCAL: Final = 2  #: of a point-to-point link: our end, where IFA_ADDRESS is the other
MESSAGE: Final = struct.Struct("=IHHII")  #: nlmsghdr: length, type, flags, sequence, port
LINK: Final = struct.Struct("=BxHiII")  #: ifinfomsg: family, type (ARPHRD), index, flags, change
ADDRESS: Final = struct.Struct("=BBBBI")  #: ifaddrmsg: family, length of the prefix, flags, scope, index
ATTRIBUTE: Final = struct.Struct("=HH")  #: length, type
TYPE_BITS: Final = 0x3FFF  #: of the type of an attribute; the others are flags
DATAGRAM: Final = 1 << 16  #: longest that the kernel makes
WAIT_S: Final = 1.0  #: for an answer


@dataclass(frozen=True, slots=True)
class Link:
    """What a message says about an interface."""

    removed: bool
    index: int
    name: str
    hardware: int  #: ARPHRD number
    flags: int
    mtu: int
    address: bytes
    kind: str  #: veth, bridge, vlan, tun ...; empty: it is nothing virtual
    alias: str

    @property
    def up(self) -> bool:
        return self.flags & IFF_UP != 0

    @property
    def running(self) -> bool:
        """Whether frames can come: there is a carrier, too."""
        return self.up and self.flags & IFF_RUNNING != 0


def open_socket(groups: int = 0) -> socket.socket:
    """A socket that gets the messages of some multicast groups, and what it asks for."""
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    try:
        opened.bind((0, groups))
    except OSError:
        opened.close()
        raise
    return opened


def ask(opened: socket.socket, kind: int) -> None:
    """Ask for all links (RTM_GETLINK) or all addresses (RTM_GETADDR)."""
    body = LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    opened.send(MESSAGE.pack(MESSAGE.size + len(body), kind, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + body)


def answers(opened: socket.socket, kind: int) -> Iterator[bytes]:
    """Ask, and give the datagrams of the answer."""
    ask(opened, kind)
    opened.settimeout(WAIT_S)
    ended = False
    while not ended:
        data = opened.recv(DATAGRAM)
        yield data
        ended = any(kind in (NLMSG_DONE, NLMSG_ERROR) for kind, _, _ in _messages(data))


def links(data: bytes) -> Iterator[Link]:
    """The interfaces that a datagram tells of.

    Messages of a family belong to a port of a bridge: one that leaves its bridge is not removed.
    """
    for kind, begin, end in _messages(data):
        if kind not in (RTM_NEWLINK, RTM_DELLINK) or begin + LINK.size > end:
            continue
        family, hardware, index, flags, _ = LINK.unpack_from(data, begin)
        if family != socket.AF_UNSPEC:
            continue
        found = dict(_attributes(data, begin + LINK.size, end))
        info = found.get(IFLA_LINKINFO, b"")
        yield Link(
            kind == RTM_DELLINK,
            index,
            _text(found.get(IFLA_IFNAME, b"")),
            hardware,
            flags,
            int.from_bytes(found.get(IFLA_MTU, b"")[:4], sys.byteorder),
            found.get(IFLA_ADDRESS, b""),
            _text(dict(_attributes(info, 0, len(info))).get(IFLA_INFO_KIND, b"")),
            _text(found.get(IFLA_IFALIAS, b"")),
        )


def addresses(data: bytes) -> Iterator[tuple[int, str]]:
    """Index of the interface and address, of each that a datagram tells of."""
    for kind, begin, end in _messages(data):
        if kind != RTM_NEWADDR or begin + ADDRESS.size > end:
            continue
        family, _, _, _, index = ADDRESS.unpack_from(data, begin)
        found = dict(_attributes(data, begin + ADDRESS.size, end))
        address = found.get(IFA_LOCAL) or found.get(IFA_ADDRESS) or b""
        if (family, len(address)) in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
            yield index, socket.inet_ntop(family, address)


def _messages(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Type, begin and end of the body of each message of a datagram."""
    at = 0
    while at + MESSAGE.size <= len(data):
        length, kind, _, _, _ = MESSAGE.unpack_from(data, at)
        if length < MESSAGE.size:
            return
        yield kind, at + MESSAGE.size, min(at + length, len(data))
        at += length + 3 & ~3


def _attributes(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    while at + ATTRIBUTE.size <= end:
        length, kind = ATTRIBUTE.unpack_from(data, at)
        if length < ATTRIBUTE.size:
            return
        yield kind & TYPE_BITS, data[at + ATTRIBUTE.size : min(at + length, end)]
        at += length + 3 & ~3


def _text(value: bytes) -> str:
    return os.fsdecode(value.partition(b"\0")[0])
