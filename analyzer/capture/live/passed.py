"""The pcapng that dumpcap writes, handed over as it is, cut between blocks."""

from __future__ import annotations

import re
import select
import struct
import time
from typing import Final

import numpy as np

from analyzer.batch import views
from analyzer.capture.block import BYTE_ORDER_MAGIC, Block
from analyzer.capture.live import encode
from analyzer.capture.live.child import PATIENCE_S, Child, Taken
from analyzer.capture.live.source import TICK_S, LiveCounters, LiveError

AT: Final = 0  #: place in the state of the kernel
PIECE: Final = 1 << 16  #: bytes that are read at once where blocks do not fit a buffer
DESCRIPTIONS: Final = (Block.SECTION, Block.INTERFACE)
#: what dumpcap says of each interface at its end
TOLD: Final = re.compile(r": (\d+)/\d+ \(pcap:(\d+)/dumpcap:(\d+)/flushed:(\d+)/ps_ifdrop:(\d+)\)")


class Passed:
    """The blocks of a running dumpcap."""

    def __init__(self, child: Child, interfaces: int) -> None:
        self.child = child
        self.head = b""  #: section header and interfaces
        self.link_types: list[int] = []
        self._wanted = interfaces
        self._frames = 0
        self._tail = b""  # read, and not yet handed over
        self._need = 8  # bytes of it that make a block
        (self._state,) = views(np.zeros(encode.STATE, np.int64))

    @property
    def ended(self) -> bool:
        return self.child.ended

    @property
    def waits(self) -> bool:
        """Whether blocks are here that were not handed over."""
        return len(self._tail) >= self._need

    def begun(self) -> bool:
        """Whether it has described its interfaces, so that it captures."""
        self._read_on()
        at = 0
        while len(self._tail) - at >= 12:
            kind, total, order = struct.unpack_from("<III", self._tail, at)
            if kind == Block.SECTION and order != BYTE_ORDER_MAGIC:
                raise LiveError("dumpcap writes pcapng in the byte order of this machine, which is not understood here")
            if kind not in DESCRIPTIONS or len(self._tail) - at < total:
                break
            if kind == Block.INTERFACE:
                self.link_types.append(struct.unpack_from("<H", self._tail, at + 8)[0])
            at += total
        if len(self.link_types) < self._wanted:
            self.link_types.clear()
            return False
        self.head, self._tail = self._tail[:at], self._tail[at:]
        return True

    def take(self, view: memoryview, left: int, alone: bool) -> Taken:
        """Blocks with at most `left` frames into the buffer, which is not all of it where it is not `alone`."""
        size = len(self._tail)
        if max(self._need, size) > len(view):
            if alone:
                self._read_on()
                return self._take_large(left)
            return Taken()
        view[:size] = self._tail
        filled = size + self.child.read_into(view[size:])
        at, frames, section = self._walk(view, filled, left)
        self._tail = bytes(view[at:filled])
        return Taken(at, frames, section)

    def _take_large(self, left: int) -> Taken:
        if not self.waits:
            return Taken()
        data = memoryview(self._tail)
        at, frames, section = self._walk(data, len(data), left)
        self._tail = bytes(data[at:])
        return Taken(0, frames, section, data[:at])

    def _walk(self, data: memoryview, filled: int, left: int) -> tuple[int, int, bytes]:
        """Where the blocks end that can be handed over, their frames, and all descriptions if these are such."""
        at = frames = 0
        while True:
            self._state[AT] = at
            encode.whole(data, filled, left - frames if left >= 0 else -1, self._state)
            at, found, stop, self._need = self._state
            frames += found
            if stop == encode.DAMAGED:
                self.child.ended, self._need, filled = True, 8, at
            if stop != encode.OTHER:
                break
            kind, total = struct.unpack_from("<II", data, at)
            if kind in DESCRIPTIONS:
                if at == 0:
                    self.head += bytes(data[:total])
                    self._need = 8
                    return total, 0, self.head
                break  # on its own, the next time
            at += total
        self._frames += frames
        return at, frames, b""

    def _read_on(self) -> None:
        piece = memoryview(bytearray(PIECE))
        while size := self.child.read_into(piece):
            self._tail += piece[:size]
            if size < len(piece):
                break

    def ask(self) -> None:
        """It cannot be asked what it has counted; only what it says is read, so that it need not wait."""
        self.child.said()

    def counts(self) -> LiveCounters:
        """As it says at its end; until then what was handed over."""
        counts = LiveCounters()
        for told in TOLD.finditer(self.child.said()):
            received, kernel, own, flushed, interface = map(int, told.groups())
            counts.received += received
            counts.dropped_kernel += kernel
            counts.dropped_here += own + flushed
            counts.dropped_interface += interface
        counts.received = max(counts.received, self._frames)
        return counts

    def last(self) -> bytes:
        """End it; its statistics, if they were not handed over yet."""
        limit = time.monotonic() + PATIENCE_S
        self.child.interrupt()
        poll = select.poll()
        poll.register(self.child.output, select.POLLIN)
        while not self.child.ended and time.monotonic() < limit:
            poll.poll(TICK_S * 1000)
            self._read_on()
        found, at = b"", 0
        while len(self._tail) - at >= 12:
            kind, total = struct.unpack_from("<II", self._tail, at)
            if total < 12 or len(self._tail) - at < total:
                break
            if kind == Block.STATISTICS:
                found += self._tail[at : at + total]
            at += total
        self._tail = b""
        self.child.close()
        return found
