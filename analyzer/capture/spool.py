"""A stream that has to be read twice, kept in a private temporary file.

The file has no name (or loses it at once), so nobody else can open it, and it is gone whatever ends the program.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import ExitStack, closing
from typing import Final

from analyzer.capture.source import CaptureSource, Source

COPIED: Final = 1 << 20  #: bytes that are copied at a time


def spooled(source: CaptureSource) -> io.BufferedRandom:
    """What `source` holds, as a file to read from its beginning; it has the name of the source in messages."""
    with closing(Source(source)) as stream, ExitStack() as unfinished:
        kept = unfinished.enter_context(private(stream.path))
        shutil.copyfileobj(_Readable(stream), kept, COPIED)
        kept.seek(0)
        unfinished.pop_all()  # the caller reads it, and closes it
    return kept


def private(name: str) -> io.BufferedRandom:
    """An empty file of that kind to write a capture to, and to read it from; it has this name in messages."""
    file: object = tempfile.TemporaryFile(prefix="analyzer-")  # noqa: SIM115 - the caller closes it
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
        while (size := self._source.readinto(memoryview(buffer))) is None:  # type: ignore[arg-type]
            continue
        return size
