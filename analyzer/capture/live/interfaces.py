"""What can be captured: the interfaces of this machine, their kind, state and addresses.

On Linux rtnetlink(7) and /sys/class/net tell them, elsewhere scapy. `any` is all interfaces of a Linux machine at once.
"""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import logging
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from analyzer.capture.live import rtnetlink
from analyzer.capture.live.permissions import backends, permission_hint
from analyzer.capture.live.source import LiveError

__all__ = ["ANY", "Interface", "backends", "check", "interfaces", "permission_hint"]

ANY: Final = "any"
NETWORKS: Final = Path("/sys/class/net")
LINKTYPE_ETHERNET: Final = 1
LINKTYPE_RAW: Final = 101
LINKTYPE_LINUX_SLL: Final = 113  #: what libpcap makes of everything that it has no better type for, and of `any`
#: ARPHRD number -> kind, and LINKTYPE of its frames as libpcap captures them
HARDWARE: Final = {
    1: ("ethernet", LINKTYPE_ETHERNET), 24: ("firewire", LINKTYPE_LINUX_SLL), 32: ("infiniband", LINKTYPE_LINUX_SLL),
    280: ("can", 227), 512: ("ppp", LINKTYPE_LINUX_SLL), 768: ("tunnel", LINKTYPE_RAW), 769: ("tunnel", LINKTYPE_RAW),
    772: ("loopback", LINKTYPE_ETHERNET), 776: ("tunnel", LINKTYPE_RAW), 778: ("tunnel", LINKTYPE_RAW), 801: ("wireless", 105),
    802: ("wireless", 119), 803: ("wireless", 127), 804: ("ieee802154", 195), 824: ("netlink", 253),
    519: ("ip", LINKTYPE_RAW), 65534: ("ip", LINKTYPE_RAW),
}  # fmt: skip
WITHOUT_ADDRESS: Final = ("0.0.0.0", "::")  #: what scapy says of an interface without one
MOST_NAMED: Final = 8  #: interfaces in a message


@dataclass(frozen=True, slots=True)
class Interface:
    """One of them."""

    name: str
    index: int  #: as the system numbers it; 0: `any`
    kind: str  #: ethernet, loopback, wireless, bridge, veth, vlan, tun, bond ...; any
    up: bool  #: switched on
    running: bool  #: and with a carrier, so that frames can come
    mtu: int | None
    mac: str  #: empty: it has none
    addresses: tuple[str, ...]  #: IPv4 first
    description: str
    linktype: int | None  #: LINKTYPE_ number of its frames; None: unknown

    @property
    def state(self) -> str:
        return ("up" if self.running else "no carrier") if self.up else "down"


def interfaces() -> list[Interface]:
    """All interfaces: those that frames can come from first, then as the system numbers them; `any` stands last."""
    found = _of_linux() if sys.platform == "linux" else _of_scapy()
    found.sort(key=lambda one: (not one.running, not one.up, one.index))
    if sys.platform == "linux":
        up = any(one.up for one in found)
        found.append(
            Interface(ANY, 0, ANY, up, up, None, "", (), "all interfaces, also those that appear later", LINKTYPE_LINUX_SLL)
        )
    return found


def check(names: Sequence[str]) -> None:
    """Raises LiveError where one of them does not exist."""
    existing = [one.name for one in interfaces()]
    for name in names:
        if name not in existing:
            raise LiveError(unknown(name, existing))


def unknown(name: str, existing: Iterable[str]) -> str:
    """The sentence for an interface that does not exist, with those that do: the nearest first."""
    names = sorted(existing, key=lambda other: -difflib.SequenceMatcher(None, name, other).ratio())
    more = len(names) - MOST_NAMED
    listed = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"there is no interface {name!r}; there are: {listed}" if listed else f"there is no interface {name!r}, nor any other"


def _of_linux() -> list[Interface]:
    addresses: dict[int, list[str]] = {}
    links: list[rtnetlink.Link] = []
    try:
        with rtnetlink.open_socket() as opened:
            for data in rtnetlink.answers(opened, rtnetlink.RTM_GETLINK):
                links += rtnetlink.links(data)
            for data in rtnetlink.answers(opened, rtnetlink.RTM_GETADDR):
                for index, address in rtnetlink.addresses(data):
                    addresses.setdefault(index, []).append(address)
    except OSError as error:
        raise LiveError(f"the interfaces cannot be listed: {error.strerror or error}") from None
    return [_of_link(link, addresses.get(link.index, ())) for link in links]


def _of_link(link: rtnetlink.Link, addresses: Iterable[str]) -> Interface:
    kind, linktype = HARDWARE.get(link.hardware, (f"hardware type {link.hardware}", LINKTYPE_LINUX_SLL))
    sysfs = NETWORKS / link.name
    if kind == "ethernet" and ((sysfs / "wireless").exists() or (sysfs / "phy80211").exists()):
        kind = "wireless"
    driver = ""
    with contextlib.suppress(OSError):
        driver = (sysfs / "device" / "driver").readlink().name
    mac = link.address.hex(":") if len(link.address) == 6 and any(link.address) else ""
    return Interface(
        link.name, link.index, link.kind or kind, link.up, link.running, link.mtu, mac, tuple(sorted(addresses, key=_version)),
        link.alias or (f"driver {driver}" if driver else ""), linktype,
    )  # fmt: skip


def _version(address: str) -> int:
    """Of IP; link-local addresses come last."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return 0
    return parsed.version + (4 if parsed.is_link_local else 0)


def _of_scapy() -> list[Interface]:
    logging.getLogger("scapy").setLevel(logging.CRITICAL)  # it warns about routes and interfaces while it is imported
    try:
        from scapy.all import conf
    except ImportError as error:
        raise LiveError(f"the interfaces cannot be listed without scapy ({error})") from None
    return [_of_scapys(one) for one in conf.ifaces.values() if one.is_valid()]


def _of_scapys(one: Any) -> Interface:
    flags = int(getattr(one, "flags", rtnetlink.IFF_UP | rtnetlink.IFF_RUNNING))
    addresses = [address for addresses in one.ips.values() for address in addresses] or [one.ip]
    loopback = bool(flags & 8)
    up = bool(flags & rtnetlink.IFF_UP)
    return Interface(
        one.name, int(one.index), "loopback" if loopback else "ethernet" if one.mac else "tunnel", up,
        up and bool(flags & rtnetlink.IFF_RUNNING), None, one.mac or "",
        tuple(sorted({address for address in addresses if address and address not in WITHOUT_ADDRESS}, key=_version)),
        one.description if one.description != one.name else "", None,
    )  # fmt: skip
