"""Bytes as Wireshark shows them: offset, sixteen bytes in hex, and the printable ones among them as ASCII."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

PER_LINE: Final = 16
NARROW: Final = 8  #: bytes per line where there is no room for more
WIDTH: Final = 74  #: columns that a line with PER_LINE bytes takes, offset and gaps included
PRINTABLE: Final = bytes(code if 0x20 <= code < 0x7F else 0x2E for code in range(256))  #: byte -> ASCII or a dot


class Line(NamedTuple):
    offset: str
    octets: str
    ascii: str


def text(data: bytes) -> str:
    """Bytes as ASCII, with a dot for everything that a terminal might obey or not know."""
    return data.translate(PRINTABLE).decode("ascii")


def lines(data: bytes, offset: int = 0, per_line: int = PER_LINE) -> Iterator[Line]:
    """The lines of a dump. They begin at multiples of `per_line`, so a byte stands in the column that it has in the frame."""
    end = offset + len(data)
    middle = 3 * (per_line // 2)
    width = 3 * per_line - 1
    for first in range(offset - offset % per_line, end if data else 0, per_line):
        low = max(first, offset)
        part = data[low - offset : first + per_line - offset]
        octets, ascii = part.hex(" "), text(part)
        if len(part) < per_line:
            before = low - first
            octets, ascii = f"{' ' * (3 * before)}{octets}".ljust(width), " " * before + ascii
        yield Line(f"{first:04x}", f"{octets[:middle]} {octets[middle:]}", ascii)


def written(data: bytes, offset: int, per_line: int, digits: int) -> str:
    """The same lines as they stand in a file: without colours this is the quick way. The offset has so many digits."""
    head = min(-offset % per_line, len(data))
    middle = 3 * (per_line // 2)
    shown = text(data)
    found = [f"{line.offset:0>{digits}}  {line.octets}  {line.ascii}\n" for line in lines(data[:head], offset, per_line)]
    whole = head + (len(data) - head) // per_line * per_line
    for at in range(head, whole, per_line):
        octets = data[at : at + per_line].hex(" ")
        found.append(f"{offset + at:0{digits}x}  {octets[:middle]} {octets[middle:]}  {shown[at : at + per_line]}\n")
    rest = lines(data[whole:], offset + whole, per_line)
    found += [f"{line.offset:0>{digits}}  {line.octets}  {line.ascii}\n" for line in rest]
    return "".join(found)
