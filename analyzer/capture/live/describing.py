"""The blocks of a pcapng section (draft-ietf-opsawg-pcapng) around its frames: header, interfaces, statistics."""

from __future__ import annotations

import os
import platform
import struct
from collections.abc import Mapping

from analyzer.capture.block import BYTE_ORDER_MAGIC, Block, Option
from analyzer.capture.writer import APPLICATION, NANOSECONDS, NO_LENGTH, option, written

INTERFACE_FILTER = 11  #: if_filter: after one byte for its kind, 0 = the text given to libpcap
INTERFACE_OS = 12
STATISTICS_NAMES = {
    "received": Option.STATISTICS_RECEIVED, "dropped": Option.STATISTICS_DROPPED, "os_dropped": Option.STATISTICS_OS_DROPPED,
}  # fmt: skip


def section_header() -> bytes:
    """The section header of a capture of this machine."""
    body = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, NO_LENGTH)
    body += written(Option.SECTION_HARDWARE, platform.machine()) + written(Option.SECTION_OS, _system())
    return _block(Block.SECTION, body + written(Option.SECTION_APPLICATION, APPLICATION))


def interface(linktype: int, snap_length: int, name: str, capture_filter: str = "", description: str = "") -> bytes:
    """The description of an interface whose time stamps are in ns."""
    body = struct.pack("<HHI", linktype, 0, snap_length) + written(Option.INTERFACE_NAME, _utf8(name))
    if description:
        body += written(Option.INTERFACE_DESCRIPTION, description)
    body += option(Option.INTERFACE_RESOLUTION, bytes([NANOSECONDS]))
    if capture_filter:
        body += written(INTERFACE_FILTER, "\0" + capture_filter)
    return _block(Block.INTERFACE, body + written(INTERFACE_OS, _system()))


def statistics(number: int, time_ns: int, counts: Mapping[str, int]) -> bytes:
    """What was counted at an interface: of STATISTICS_NAMES."""
    body = struct.pack("<III", number, time_ns >> 32, time_ns & 0xFFFFFFFF)
    body += b"".join(option(STATISTICS_NAMES[name], struct.pack("<Q", value)) for name, value in counts.items())
    return _block(Block.STATISTICS, body)


def _utf8(name: str) -> str:
    """The kernel takes any bytes for the name of an interface, a file only UTF-8."""
    return os.fsencode(name).decode(errors="replace")


def _system() -> str:
    return f"{platform.system()} {platform.release()}"


def _block(kind: int, body: bytes) -> bytes:
    body += option(Option.END, b"")
    total = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + total + body + total
