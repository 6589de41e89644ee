"""Write pcapng files (draft-ietf-opsawg-pcapng): one section, time stamps in ns, interfaces described as they are first used."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from analyzer.batch import Interface
from analyzer.capture.block import BYTE_ORDER_MAGIC, Block, Option

APPLICATION = "pcap-analyzer"
NANOSECONDS = 9  # if_tsresol: 10^-9
BEFORE_1970 = -(2**63) // 1_000_000_000  # if_tsoffset of interfaces for such frames: a time stamp has no sign
NO_LENGTH = -1  # of a section: until the end of the file


class Writer:
    """A pcapng file being written. Interfaces are compared by identity, as the table of a Reader holds them."""

    def __init__(self, target: str | os.PathLike[str] | BinaryIO) -> None:
        self._ours = isinstance(target, (str, os.PathLike))
        self._stream = Path(cast(str, target)).open("wb") if self._ours else cast(BinaryIO, target)  # noqa: SIM115 - close() does it
        self._interfaces: dict[tuple[int, int], int] = {}  # (identity, seconds to add) -> number in this file
        self._kept: list[Interface] = []  # so that no identity is used a second time
        body = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, NO_LENGTH)
        self._block(
            Block.SECTION, body + option(Option.SECTION_APPLICATION, APPLICATION.encode()) + option(Option.END, b"")
        )

    def write(self, interface: Interface, time: int, data: bytes | memoryview, reported: int | None = None) -> None:
        """One frame; `time` in ns since 1970, `reported`: its length on the wire where the capture cut it."""
        offset = BEFORE_1970 if time < 0 else 0
        number = self._number(interface, offset)
        stamp = time - offset * 1_000_000_000
        length = len(data)
        head = struct.pack(
            "<IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, length, length if reported is None else reported
        )
        self._block(Block.ENHANCED, head + bytes(data) + bytes(-length % 4))

    def add_secret(self, kind: int, data: bytes) -> None:
        """Decryption secrets; they have to come before the frames that need them."""
        self._block(Block.SECRETS, struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 4))

    def _number(self, interface: Interface, offset: int) -> int:
        key = id(interface), offset
        if key not in self._interfaces:
            self._interfaces[key] = len(self._interfaces)
            self._kept.append(interface)
            self._describe(interface, offset)
        return self._interfaces[key]

    def _describe(self, interface: Interface, offset: int) -> None:
        options = option(Option.INTERFACE_RESOLUTION, bytes([NANOSECONDS]))
        if interface.name:
            options += option(Option.INTERFACE_NAME, interface.name.encode())
        if interface.description:
            options += option(Option.INTERFACE_DESCRIPTION, interface.description.encode())
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
