"""Capture files written by hand: pcap in its variants, pcapng block by block, snoop; no clock, no chance."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

START = 1_600_000_000_000_000_000  #: ns: when every capture begins, 2020-09-13 12:26:40 UTC
STEP = 1_000_000  #: ns between frames that name no time of their own

PCAP_MICROSECONDS = 0xA1B2C3D4
PCAP_NANOSECONDS = 0xA1B23C4D
PCAP_MODIFIED = 0xA1B2CD34
SNAP_LENGTH = 262144


class Frame(NamedTuple):
    """A frame with its time, and its length on the wire where the capture kept less."""

    data: bytes
    time: int | None = None
    length: int | None = None


@dataclass(frozen=True)
class Capture:
    """One file of pcaps/: what it shows and, as display filter and frame numbers ("1 3-5"), what must be found."""

    path: str
    shows: str
    make: Callable[[], bytes | Sequence[bytes | Frame]]
    finds: dict[str, str] = field(default_factory=dict)
    linktype: int = 1
    order: str = "<"
    tshark: bool = True  #: tshark 4.0 can dissect it
    status: int = 0  #: exit status: 1 it is no capture, 3 it is cut or damaged
    #: what our own rows must say: "VERDICT TRIGGER NEED HOLE" -> frames, "stall CAUSE" -> frames that ended it,
    #: "wait REASON" -> some
    verdicts: dict[str, str] = field(default_factory=dict)


def frames(items: Iterable[bytes | Frame]) -> list[Frame]:
    """Give a time to every frame that has none: a millisecond after the one before."""
    out: list[Frame] = []
    now = START - STEP
    for item in items:
        frame = Frame(item) if isinstance(item, bytes) else item
        now = now + STEP if frame.time is None else frame.time
        out.append(Frame(frame.data, now, frame.length))
    return out


def cut(data: bytes, snap: int) -> Frame:
    """The frame as a capture with snap length `snap` keeps it."""
    return Frame(data[:snap], None, len(data))


def pcap_record(frame: Frame, order: str = "<", magic: int = PCAP_MICROSECONDS) -> bytes:
    """One packet record; the modified variant appends interface index, protocol and packet type (and padding)."""
    seconds, rest = divmod(frame.time or 0, 1_000_000_000)
    fraction = rest if magic == PCAP_NANOSECONDS else rest // 1000
    head = struct.pack(order + "IIII", seconds, fraction, len(frame.data), frame.length or len(frame.data))
    extra = struct.pack(order + "IHBB", 2, 0x0800, 0, 0) if magic == PCAP_MODIFIED else b""
    return head + extra + frame.data


def pcap(
    items: Iterable[bytes | Frame],
    linktype: int = 1,
    order: str = "<",
    magic: int = PCAP_MICROSECONDS,
    snap: int = SNAP_LENGTH,
) -> bytes:
    """A whole pcap file. The upper bits of `linktype` may hold the FCS length, as the format has them."""
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, linktype)
    return head + b"".join(pcap_record(frame, order, magic) for frame in frames(items))


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """One pcapng option, padded."""
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """One pcapng block: type and length, the padded body, the length again."""
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total)


def section(order: str = "<", length: int = -1, options: bytes = b"") -> bytes:
    """Section header block."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, length) + options, order)


def interface(linktype: int, order: str = "<", snap: int = 0, options: bytes = b"") -> bytes:
    """Interface description block. Options: 2 name, 9 if_tsresol, 13 if_fcslen, 14 if_tsoffset."""
    return block(1, struct.pack(order + "HHI", linktype, 0, snap) + options, order)


def enhanced(
    frame: Frame, number: int = 0, order: str = "<", resolution: int = 1_000_000, offset: int = 0, options: bytes = b""
) -> bytes:
    """Enhanced packet block; `resolution` is units per second, `offset` the interface's if_tsoffset in seconds."""
    units = ((frame.time or 0) - offset * 1_000_000_000) * resolution // 1_000_000_000
    fields = (number, units >> 32, units & 0xFFFFFFFF, len(frame.data), frame.length or len(frame.data))
    data = frame.data + bytes(-len(frame.data) % 4)
    return block(6, struct.pack(order + "IIIII", *fields) + data + options, order)


def obsolete(frame: Frame, number: int = 0, order: str = "<", drops: int = 0) -> bytes:
    """The obsolete packet block: a 16-bit interface and a drop count."""
    units = (frame.time or 0) // 1000
    fields = (number, drops, units >> 32, units & 0xFFFFFFFF, len(frame.data), frame.length or len(frame.data))
    return block(2, struct.pack(order + "HHIIII", *fields) + frame.data, order)


def simple(data: bytes, order: str = "<", length: int | None = None) -> bytes:
    """Simple packet block: no time, no interface (it is the first one's)."""
    return block(3, struct.pack(order + "I", length or len(data)) + data, order)


def names(records: Iterable[tuple[bytes, str]], order: str = "<") -> bytes:
    """Name resolution block: 4-byte addresses are IPv4 records, 16-byte ones IPv6."""
    body = b""
    for address, name in records:
        value = address + name.encode() + b"\0"
        body += option(1 if len(address) == 4 else 2, value, order)
    return block(4, body + option(0, b"", order), order)


def statistics(number: int, received: int, dropped: int, order: str = "<") -> bytes:
    """Interface statistics block with isb_ifrecv and isb_ifdrop."""
    units = START // 1000
    head = struct.pack(order + "III", number, units >> 32, units & 0xFFFFFFFF)
    counts = option(4, struct.pack(order + "Q", received), order) + option(5, struct.pack(order + "Q", dropped), order)
    return block(5, head + counts + option(0, b"", order), order)


def snoop(items: Iterable[bytes | Frame], datalink: int = 4, drops: int = 0) -> bytes:
    """A snoop file (RFC 1761): always big-endian, records padded to four bytes."""
    out = b"snoop\0\0\0" + struct.pack(">II", 2, datalink)
    for frame in frames(items):
        padding = -len(frame.data) % 4
        seconds, rest = divmod(frame.time or 0, 1_000_000_000)
        lengths = (frame.length or len(frame.data), len(frame.data), 24 + len(frame.data) + padding)
        out += struct.pack(">IIIIII", *lengths, drops, seconds, rest // 1000) + frame.data + bytes(padding)
    return out


def write(capture: Capture) -> bytes:
    """The bytes of the file: what `make` gives, put into a nanosecond pcap unless it already is a file."""
    made = capture.make()
    if isinstance(made, bytes):
        return made
    return pcap(made, capture.linktype, capture.order, PCAP_NANOSECONDS)
