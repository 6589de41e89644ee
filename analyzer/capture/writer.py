"""Write pcapng files (draft-ietf-opsawg-pcapng): one section, interfaces described as they are first used.

Time stamps are written in the resolution of their interface where that holds them exactly and is a power of ten, else in ns.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from analyzer.batch import Interface
from analyzer.capture.block import BYTE_ORDER_MAGIC, Block, Option

APPLICATION = "pcap-analyzer"
NANOSECONDS = 9  # if_tsresol: 10^-9
SECOND = 1_000_000_000
BEFORE_1970 = -(2**63) // SECOND  # if_tsoffset of interfaces for such frames: a time stamp has no sign
NO_LENGTH = -1  # of a section: until the end of the file
RESOLUTIONS = {10**digits: digits for digits in range(NANOSECONDS + 1)}  # units per second -> if_tsresol
NAME_IPV4, NAME_IPV6 = 1, 2  # records of a name resolution block
NAMES_AT_ONCE = 1000  # of one name resolution block
LONGEST_OPTION = 0xFFFF
SECTION_OPTIONS = {
    "comment": Option.COMMENT, "hardware": Option.SECTION_HARDWARE, "os": Option.SECTION_OS,
}  # fmt: skip
STATISTICS = {
    "received": Option.STATISTICS_RECEIVED, "dropped": Option.STATISTICS_DROPPED, "filtered": Option.STATISTICS_FILTERED,
    "os_dropped": Option.STATISTICS_OS_DROPPED, "delivered": Option.STATISTICS_DELIVERED,
}  # fmt: skip


class Writer:
    """A pcapng file being written. Interfaces are compared by identity, as the table of a Reader holds them.

    about: what is said of the whole file: (what, text), as in facts.Comment. keep_resolution: False: all time stamps are in ns.
    """

    def __init__(
        self, target: str | os.PathLike[str] | BinaryIO, about: Iterable[tuple[str, str]] = (), keep_resolution: bool = False
    ) -> None:
        self._ours = isinstance(target, (str, os.PathLike))
        self._stream = Path(cast(str, target)).open("wb") if self._ours else cast(BinaryIO, target)  # noqa: SIM115 - close() does it
        self._keep_resolution = keep_resolution
        self._interfaces: dict[tuple[int, int, int], int] = {}  # (identity, seconds to add, units per second) -> number here
        self._kept: list[Interface] = []  # so that no identity is used a second time
        body = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, NO_LENGTH)
        body += b"".join(written(SECTION_OPTIONS[what], text) for what, text in about if what in SECTION_OPTIONS)
        self._block(
            Block.SECTION, body + option(Option.SECTION_APPLICATION, APPLICATION.encode()) + option(Option.END, b"")
        )

    def write(
        self,
        interface: Interface,
        time: int,
        data: bytes | memoryview,
        reported: int | None = None,
        comments: Iterable[str] = (),
        about: Iterable[str] = (),
    ) -> None:
        """One frame; `time` in ns since 1970, `reported`: its length on the wire where the capture cut it.

        about: comments on the interface, for its description.
        """
        offset = BEFORE_1970 if time < 0 else 0
        stamp = time - offset * SECOND
        units = interface.resolution if self._keep_resolution and interface.resolution in RESOLUTIONS else SECOND
        if stamp % (SECOND // units):
            units = SECOND
        number = self._number(interface, offset, units, about)
        stamp //= SECOND // units
        length = len(data)
        head = struct.pack(
            "<IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, length, length if reported is None else reported
        )
        more = b"".join(written(Option.COMMENT, comment) for comment in comments)
        if more:
            more += option(Option.END, b"")
        self._block(Block.ENHANCED, head + bytes(data) + bytes(-length % 4) + more)

    def add_names(self, names: Iterable[tuple[bytes, str]]) -> None:
        """Names of addresses of 4 or 16 bytes."""
        records: list[bytes] = []
        for address, name in names:
            text = name.encode()[: LONGEST_OPTION - len(address) - 1] + b"\0"
            records.append(option(NAME_IPV4 if len(address) == 4 else NAME_IPV6, address + text))
            if len(records) == NAMES_AT_ONCE:
                self._names(records)
        self._names(records)

    def _names(self, records: list[bytes]) -> None:
        if records:
            self._block(Block.NAMES, b"".join(records) + option(Option.END, b""))
            records.clear()

    def add_statistics(self, time: int) -> None:
        """What the capturing system counted, of each interface that was used; `time` in ns since 1970."""
        told: set[int] = set()
        for (identity, offset, units), number in self._interfaces.items():
            counts = next(one.statistics for one in self._kept if id(one) == identity)
            if not counts or identity in told:
                continue
            told.add(identity)
            stamp = max(time - offset * SECOND, 0) // (SECOND // units)
            body = struct.pack("<III", number, stamp >> 32 & 0xFFFFFFFF, stamp & 0xFFFFFFFF)
            body += b"".join(option(STATISTICS[name], struct.pack("<Q", value)) for name, value in counts.items())
            self._block(Block.STATISTICS, body + option(Option.END, b""))

    def add_secret(self, kind: int, data: bytes) -> None:
        """Decryption secrets; they have to come before the frames that need them."""
        self._block(Block.SECRETS, struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 4))

    def _number(self, interface: Interface, offset: int, units: int, about: Iterable[str]) -> int:
        key = id(interface), offset, units
        if key not in self._interfaces:
            self._interfaces[key] = len(self._interfaces)
            self._kept.append(interface)
            self._describe(interface, offset, units, about)
        return self._interfaces[key]

    def _describe(self, interface: Interface, offset: int, units: int, about: Iterable[str]) -> None:
        options = option(Option.INTERFACE_RESOLUTION, bytes([RESOLUTIONS[units]]))
        options += b"".join(written(Option.COMMENT, comment) for comment in about)
        if interface.name:
            options += written(Option.INTERFACE_NAME, interface.name)
        if interface.description:
            options += written(Option.INTERFACE_DESCRIPTION, interface.description)
        if interface.fcs_length:
            options += option(Option.INTERFACE_FCS_LENGTH, bytes([interface.fcs_length]))
        if offset:
            options += option(Option.INTERFACE_OFFSET, struct.pack("<q", offset))
        head = struct.pack("<HHI", interface.linktype & 0xFFFF, 0, interface.snap_length)
        self._block(Block.INTERFACE, head + options + option(Option.END, b""))

    def _block(self, kind: int, body: bytes) -> None:
        total = struct.pack("<I", len(body) + 12)
        self._stream.write(struct.pack("<I", kind) + total + body + total)

    def close(self) -> None:
        if self._ours:
            self._stream.close()
        else:
            self._stream.flush()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def written(code: int, text: str) -> bytes:
    """A text as an option, cut where it is longer than one can be."""
    return option(code, text.encode()[:LONGEST_OPTION])
