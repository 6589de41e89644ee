"""A stream that has to be read twice, kept in a private temporary file.

The file has no name (or loses it at once), so nobody else can open it, and it is gone whatever ends the program.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from typing import Final

from analyzer.capture.source import CaptureSource, Source

COPIED: Final = 1 << 20  #: bytes that are copied at a time


def spooled(source: CaptureSource) -> io.BufferedRandom:
    """What `source` holds, as a file to read from its beginning; it has the name of the source in messages."""
    stream = Source(source)
    kept = tempfile.TemporaryFile(prefix="analyzer-")  # noqa: SIM115 - the caller reads it
    try:
        shutil.copyfileobj(_Readable(stream), kept, COPIED)
        kept.seek(0)
    except BaseException:
        kept.close()
        raise
    finally:
        stream.close()
    return _named(kept, stream.path)


def private(name: str) -> io.BufferedRandom:
    """An empty file of that kind to write a capture to, and to read it from; it has this name in messages."""
    return _named(tempfile.TemporaryFile(prefix="analyzer-"), name)


def _named(file: object, name: str) -> io.BufferedRandom:
    assert isinstance(file, io.BufferedRandom)
    file.raw.name = name  # type: ignore[attr-defined]  # that of a file without one is its descriptor
    return file


class _Readable(io.RawIOBase):
    """A Source as a file to read."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        return self._source.readinto(memoryview(buffer))  # type: ignore[arg-type]
