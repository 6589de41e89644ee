"""The table of interfaces, and what is said below it: how they can be captured here, and what would grant more."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TextIO

from analyzer.capture.live.interfaces import Interface
from analyzer.capture.live.permissions import Backend, interpreter_command
from analyzer.flow.meaning import boolean, integer, listing, mapping, text
from analyzer.report.machine import terminal_safe
from analyzer.report.tables import LineTable, Paint, Row
from analyzer.report.text import listed, shortened, wrapped

INTERFACE: Final = {  #: an interface that can be captured
    "name": text("as `live -i` takes it; any: all interfaces at once (Linux)"),
    "index": integer("number that the system gives it; 0: any"),
    "kind": text("ethernet, loopback, wireless, bridge, veth, vlan, tun, bond ...; any"),
    "up": boolean("whether it is switched on"),
    "running": boolean("whether it is up and has a carrier, so that frames can come"),
    "mtu": integer("longest packet; null: unknown", "bytes"),
    "mac": text("its address; null: it has none"),
    "addresses": listing("its IP addresses, IPv4 first, link-local ones last"),
    "description": text("what the system says about it; null: nothing"),
    "linktype": integer("LINKTYPE_ number of its frames; null: unknown until it is captured"),
    "backends": listing("what can capture it here and now, the best first: af_packet, dumpcap, tcpdump, scapy"),
    "missing": mapping("of each other backend, what keeps it from capturing"),
    "commands": mapping("of each of those, the command for a shell that grants it, where there is one"),
}
INTERFACE_KEYS: Final = tuple(INTERFACE)
NAME: Final = 15  #: longest name of an interface on Linux
KIND: Final = 10
STATE: Final = 10
INTERPRETER: Final = (
    "Without sudo, but then for every program that this Python runs, whoever starts it: {}. "
    "Better is dumpcap, for one group of users."
)


def rows(interfaces: Iterable[Interface], ways: Sequence[Backend]) -> Iterator[Row]:
    """Rows with the keys of INTERFACE."""
    usable = [way.name for way in ways if way.usable]
    missing = {way.name: way.reason for way in ways if not way.usable}
    commands = {way.name: way.command for way in ways if way.command}
    for one in interfaces:
        values = (
            one.name, one.index, one.kind, one.up, one.running, one.mtu, one.mac or None, list(one.addresses),
            one.description or None, one.linktype, usable, missing, commands,
        )  # fmt: skip
        yield dict(zip(INTERFACE_KEYS, values, strict=True))


class InterfaceTable(LineTable):
    """One line each, no longer than `width`."""

    def __init__(self, out: TextIO, width: int, paint: Paint) -> None:
        self._room = width - NAME - KIND - STATE - 6 - 4 * 2
        super().__init__(out, (("interface", NAME), ("kind", KIND), ("state", STATE), ("MTU", -6), ("addresses", 0)), paint)

    def interfaces(self, interfaces: Iterable[Interface]) -> None:
        """Write interfaces."""
        self.write((self._cells(one), "" if one.running else "quiet") for one in interfaces)

    def _cells(self, one: Interface) -> tuple[str | int, ...]:
        mtu = "" if one.mtu is None else one.mtu
        return terminal_safe(one.name), shortened(one.kind, KIND), one.state, mtu, self._about(one)

    def _about(self, one: Interface) -> str:
        """As many addresses as there is room for, else its MAC address, else its description; or two of these."""
        said = ""
        for part in (
            *one.addresses,
            *((one.mac,) if one.mac else ()),
            *((terminal_safe(one.description),) if one.description else ()),
        ):
            longer = f"{said}, {part}" if said else part
            if len(longer) > self._room:
                return said or shortened(longer, self._room)
            said = longer
        return said


def paragraph(ways: Sequence[Backend], width: int) -> str:
    """What is possible now, and what to do for more; commands stand on lines of their own, whole, to be copied."""
    usable = [way.name for way in ways if way.usable]
    missing = [way for way in ways if not way.usable]
    if usable:
        also = f"; {listed(usable[1:])} can do it, too" if usable[1:] else ""
        lines = wrapped(f"All of them can be captured now, by {usable[0]}{also}.", width)
    else:
        lines = wrapped("Nothing can be captured now:", width)
    said: dict[tuple[str, str, str], list[str]] = {}
    for way in missing:
        said.setdefault((way.reason, way.command, way.note), []).append(way.name)
    for (what, command, note), names in said.items():
        lines += wrapped(
            f"{listed(names)}: {what}" + (f"; this grants it ({note}):" if note else "; this grants it:" if command else "."),
            width,
        )
        lines += [f"    {command}"] if command else []
    if not usable and sys.platform == "linux" and os.geteuid() != 0:
        lines += wrapped(INTERPRETER.format(interpreter_command()), width)
    return "".join(f"{line}\n" for line in lines)
