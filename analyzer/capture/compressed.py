"""Compressed captures, recognised by their content: gzip (RFC 1952), zstd (RFC 8878), LZ4 frames, bzip2, xz.

They are decompressed while they are read. A small file can stand for terabytes: no step makes more than a bounded
number of bytes, and nothing is kept.
"""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from analyzer.capture.damage import CaptureError, DataError

READ_BYTES = 64 << 10  #: compressed bytes read at a time
ZSTD_STEP = 1 << 10  #: most bytes given to zstd at once: it cannot be asked for less output, and 3 bytes can stand for 128 KiB
ZSTD_WINDOW = 128 << 20
XZ_MEMORY = 256 << 20
MAGICS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
}
LONGEST_MAGIC = max(map(len, MAGICS))


def compression(first: bytes) -> str | None:
    """The compression of a file that begins with these bytes."""
    return next((name for magic, name in MAGICS.items() if first.startswith(magic)), None)


class Raw(Protocol):
    """Where bytes come from."""

    def readinto(self, buffer: memoryview) -> int | None: ...  # None: nothing yet


class Engine(Protocol):
    """What bz2, lzma and lz4 offer, and what the other two are brought to."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Gzip:
    """One member of a gzip file."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)
        self._more = False
        # input with damage in it, which is given byte by byte: an error loses the output of its step
        self._careful: bytes | None = None

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._more

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        data = self._inflate.unconsumed_tail + data
        if self._careful is None:
            before = self._inflate.copy()
            try:
                out = self._inflate.decompress(data, max_length)
            except zlib.error:
                self._inflate, self._careful, self._more = before, data, True
            else:
                self._more = len(out) == max_length or bool(self._inflate.unconsumed_tail)
                return out
        return self._bytewise(max_length)

    def _bytewise(self, max_length: int) -> bytes:
        rest, out = self._careful or b"", b""
        while rest and not out:
            tail = self._inflate.unconsumed_tail
            out = self._inflate.decompress(tail or rest[:1], max_length)
            rest = rest if tail else rest[1:]
        self._careful = rest
        return out


class Zstd:
    """One frame of a zstd file."""

    def __init__(self, module: Any) -> None:
        self._object = module.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
        self._input = b""

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def needs_input(self) -> bool:
        return not self._input

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data) + self._input

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        data = self._input + data
        self._input = data[ZSTD_STEP:]
        return bytes(self._object.decompress(data[:ZSTD_STEP]))


def engine_maker(name: str) -> tuple[Callable[[], Engine], tuple[type[Exception], ...]]:
    """What makes the engine for each part of the file, and what that raises at damage."""
    if name == "gzip":
        return Gzip, (zlib.error,)
    if name == "bzip2":
        return bz2.BZ2Decompressor, (OSError,)
    if name == "xz":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY), (lzma.LZMAError,)
    if name == "zstd":
        zstandard = load("zstandard", name)
        return lambda: Zstd(zstandard), (zstandard.ZstdError,)
    lz4 = load("lz4.frame", name)
    return lz4.LZ4FrameDecompressor, (RuntimeError,)


def load(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise CaptureError(f"is compressed with {name}; reading it needs the Python package {package}") from None


class Decompressed:
    """The decompressed bytes of a source. Damage is a DataError, raised after all that could be had was given."""

    def __init__(self, raw: Raw, name: str, first: bytes) -> None:
        """`first`: the bytes that were already read from `raw`."""
        self._raw = raw
        self._name = name
        self._magic = next(magic for magic, kind in MAGICS.items() if kind == name)
        self._make, self._errors = engine_maker(name)
        self._engine = self._make()
        self._input = first
        self._output = memoryview(b"")
        self._buffer = bytearray(READ_BYTES)
        self._damage = ""

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer, at least in part; 0 at the end."""
        while not self._output:
            if self._damage:
                raise DataError(self._damage)
            if self._engine.eof and not self._next_part():
                return 0
            data = b""
            if self._engine.needs_input:
                data = self._input or self._read()
                self._input = b""
                if not data:
                    raise DataError(f"the {self._name} data are cut short")
            try:
                self._output = memoryview(self._engine.decompress(data, len(buffer)))
            except self._errors as error:
                self._damage = f"the {self._name} data are damaged: {error}"
        size = min(len(buffer), len(self._output))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        return size

    def _read(self) -> bytes:
        while (size := self._raw.readinto(memoryview(self._buffer))) is None:
            continue
        return bytes(self._buffer[:size])

    def _next_part(self) -> bool:
        """Begin the next of several concatenated files; False where there is none. Zeros between and behind are padding."""
        rest = ((self._engine.unused_data or b"") + self._input).lstrip(b"\0")
        while len(rest) < len(self._magic):
            more = self._read()
            if not more:
                break
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            return False
        if not rest.startswith(self._magic):
            self._damage = f"what follows the end of the {self._name} data is not {self._name}"
            raise DataError(self._damage)
        self._engine = self._make()
        self._input = rest
        return True
