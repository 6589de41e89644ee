"""The rings of several packet sockets as one piece of memory (mmap(2), MAP_FIXED), so that one walk goes over all of them."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Sequence
from typing import Final

from analyzer.capture.live.packet_socket import PacketSocket

PROT_NONE: Final = 0
MAP_FIXED: Final = 0x10  #: of all architectures but alpha and parisc
FAILED: Final = 2 ** (8 * ctypes.sizeof(ctypes.c_void_p)) - 1

libc: Final = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class RingMemory:
    """The memory, in the same order as the sockets, as bytes, halves and words."""

    def __init__(self, sockets: Sequence[PacketSocket]) -> None:
        self._size = sum(one.blocks * one.block_bytes for one in sockets)
        self._address = _map(None, self._size, PROT_NONE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1)
        self.begins: list[int] = []  #: where each ring begins
        at = 0
        try:
            for one in sockets:
                size = one.blocks * one.block_bytes
                flags = mmap.MAP_SHARED | MAP_FIXED
                _map(self._address + at, size, mmap.PROT_READ | mmap.PROT_WRITE, flags, one.fileno())
                self.begins.append(at)
                at += size
        except OSError:
            self._unmap()
            raise
        self.data = memoryview((ctypes.c_ubyte * self._size).from_address(self._address)).cast("B")
        self.halves = self.data.cast("H")
        self.words = self.data.cast("I")

    def close(self) -> None:
        """Nobody may read it any more."""
        empty = memoryview(bytearray())
        self.data, self.halves, self.words = empty, empty.cast("H"), empty.cast("I")
        self._unmap()

    def _unmap(self) -> None:
        address, self._address = self._address, 0
        if address:
            libc.munmap(address, self._size)


def _map(address: int | None, size: int, protection: int, flags: int, descriptor: int) -> int:
    mapped = libc.mmap(address, size, protection, flags, descriptor, 0)
    if mapped in {None, FAILED}:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(mapped)
