"""The packet list: one line for each frame, as people know it from Wireshark.

Number, seconds since the first frame, source, destination, protocol, length, and what the packet says. Addresses and protocol
are those of the innermost header that is not quoted in an ICMP error.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TextIO

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.dissect import stack

from .field_rows import chosen
from .fields import FIELDS, View
from .fields.kinds import decimals
from .machine import terminal_safe
from .packet_info import INFOS, Packets
from .tables import Paint, Resolve

NARROWEST: Final = 15  #: columns for an address
WIDEST: Final = 39  #: an IPv6 address; longer names push the rest of their line
MICROSECONDS: Final = -3  #: digits of nanoseconds that are left out
TITLES: Final = {
    "eth": "Ethernet", "ip": "IPv4", "ipv6": "IPv6", "icmpv6": "ICMPv6", "wlan": "802.11", "vlan": "VLAN", "udplite": "UDP-Lite",
}  # fmt: skip
#: layers with addresses, and the fields that hold them; of several in a frame the innermost counts
ADDRESSES: Final = {
    "eth": ("eth.src", "eth.dst"), "wlan": ("wlan.sa", "wlan.da"), "ip": ("ip.src", "ip.dst"), "ipv6": ("ipv6.src", "ipv6.dst"),
}  # fmt: skip


FRAME: Final = ("frame.number", "frame.time_relative", "frame.len")


class _Path(NamedTuple):
    """What the packet list needs to know of the protocols of a frame."""

    protocol: str  #: the innermost one that is not quoted
    title: str
    layers: tuple[str, ...]  #: those with addresses, the innermost first
    text: str


class PacketList:
    """Writes the lines, batch after batch. `resolve`: address -> name; `paint`: (text, style) -> text."""

    def __init__(self, out: TextIO, resolve: Resolve = lambda address: address, paint: Paint = lambda text, style: text) -> None:
        self._out = out
        self._resolve = resolve
        self._paint = paint
        self._paths: list[_Path] = []
        self._template = ""

    def write(self, view: View, mask: Column | None = None) -> None:
        """Write the frames of a batch (of those in `mask`), the first time with a header."""
        count, position = chosen(view, mask)
        if not count:
            return
        known = view.dissection.walk.paths
        self._paths += [_path(path) for path in known[len(self._paths) :]]
        path = view.paths() if mask is None else view.paths()[mask]
        place = np.arange(count) if position is None else position
        info, styles = self._info(view, path, place)
        sources, destinations = self._addresses(view, path, place)
        number, relative, length = (FIELDS[name].shown(view, position).value for name in FRAME)
        seconds = [text[:MICROSECONDS] for text in decimals(relative)]
        titles = [entry.title for entry in map(self._paths.__getitem__, path.tolist())]
        if not self._template:
            self._begin(max(map(len, (*sources, *destinations))))
        cells = zip(number.tolist(), seconds, sources, destinations, titles, length.tolist(), info, strict=True)
        lines = list(map(self._template.__mod__, cells))
        for i, style in styles.items():
            lines[i] = self._paint(lines[i], style)
        self._out.write("\n".join(lines) + "\n")

    def flush(self) -> None:
        """Send what waits."""
        self._out.flush()

    def close(self) -> None:
        """Nothing is left to write."""
        self.flush()

    def _begin(self, longest: int) -> None:
        width = min(max(longest, NARROWEST), WIDEST)
        self._template = f"%6s %11s %-{width}s → %-{width}s %-8s %5s %s"
        titles = ("No.", "Time", "Source", "Destination", "Protocol", "Length", "Info")
        self._out.write(self._paint(self._template.replace("→", " ") % titles, "title") + "\n")

    def _info(self, view: View, path: Column, position: Int64) -> tuple[list[str], dict[int, str]]:
        """The texts of all frames, protocol by protocol."""
        texts = [self._paths[code].text for code in path.tolist()]
        styles: dict[int, str] = {}
        for protocol in {self._paths[code].protocol for code in np.unique(path).tolist()} & INFOS.keys():
            rows, inner = self._part(path, position, [entry.protocol == protocol for entry in self._paths])
            info = INFOS[protocol](Packets(view, len(rows), inner))
            for row, text in zip(rows.tolist(), info.texts, strict=True):
                texts[row] = text
            styles |= {int(rows[i]): style for i, style in info.styles.items()}
        return texts, styles

    def _addresses(self, view: View, path: Column, position: Int64) -> tuple[list[str], list[str]]:
        """Source and destination of each frame, as names."""
        ends = [""] * len(path), [""] * len(path)
        for layer in {layer for code in np.unique(path).tolist() for layer in self._paths[code].layers[:1]}:
            rows, inner = self._part(path, position, [entry.layers[:1] == (layer,) for entry in self._paths])
            for end, name in zip(ends, ADDRESSES[layer], strict=True):
                column = FIELDS[name].column(view, len(rows), inner, "text", "")
                names = {address: terminal_safe(self._resolve(address)) for address in set(column)}
                for row, address in zip(rows.tolist(), column, strict=True):
                    end[row] = names[address]
        return ends

    def _part(self, path: Column, position: Int64, wanted: list[bool]) -> tuple[Int64, Int64]:
        """The output rows with one of these paths, and for each row of the batch which of them it is (-1: none)."""
        mine = np.array(wanted)[path]
        rows = np.flatnonzero(mine)
        index = np.where(mine, np.cumsum(mine) - 1, -1)
        return rows, np.where(position >= 0, index[position], -1)


def _path(path: tuple[str, ...]) -> _Path:
    quoting = [i for i, name in enumerate(path) if getattr(stack.DISSECTORS.get(name), "QUOTES", False)]
    own = path[: quoting[0] + 1] if quoting else path
    protocol = own[-1] if own else "unknown"
    title = TITLES.get(protocol, protocol if " " in protocol else protocol.upper())
    return _Path(protocol, title, tuple(name for name in reversed(own) if name in ADDRESSES), ":".join(path))
