"""Where the bytes come from: a file, a pipe, an open binary stream."""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from analyzer.capture.damage import CaptureError, DataError

PIPE_BYTES = 1 << 20  #: what a pipe is asked to hold, so that its writer waits less
SET_PIPE_SIZE = 1031  # Linux' F_SETPIPE_SZ
TICK_MS = 100  #: how long a descriptor that does not wait itself is waited for, before nothing is said to be there
CaptureSource = str | os.PathLike[str] | BinaryIO  #: a path, "-" for standard input, or an open binary stream


class Source:
    """Raw bytes of one source, read without waiting for more than have arrived.

    A stream may say that nothing is there yet (io.RawIOBase.readinto: None), and may have a method `ready`, which tells whether
    its next read would not wait; then its descriptor is left alone.
    """

    def __init__(self, source: CaptureSource) -> None:
        self.bytes_read = 0
        self.size: int | None = None
        self.regular = False  #: a file that can be opened a second time
        self._ours = False
        if isinstance(source, (str, os.PathLike)) and str(source) != "-":
            self.path = os.fspath(source)
            self._stream: Any = self._open(self.path)
            self._ours = True
        elif isinstance(source, (str, os.PathLike)):
            self.path = "-"
            self._stream = sys.stdin.buffer
        else:
            self.path = str(getattr(source, "name", "-"))
            self._stream = source
        self._ready: Callable[[], bool] | None = getattr(self._stream, "ready", None)
        self._poll = self._watch() if self._ready is None else None

    def _open(self, path: str) -> BinaryIO:
        try:
            stream = Path(path).open("rb", buffering=0)  # noqa: SIM115 - close() does it
        except OSError as error:
            raise CaptureError(f"{path}: {describe(error)}") from None
        status = os.fstat(stream.fileno())
        self.regular = stat.S_ISREG(status.st_mode)
        if self.regular:
            self.size = status.st_size
        return cast(BinaryIO, stream)

    def _watch(self) -> select.poll | None:
        """A poll on what may keep us waiting; None for files."""
        try:
            descriptor = self._stream.fileno()
            status = os.fstat(descriptor)
        except (AttributeError, OSError, ValueError):
            return None
        if stat.S_ISREG(status.st_mode):
            self.size = status.st_size
            return None
        if stat.S_ISFIFO(status.st_mode):
            enlarge(descriptor)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return poll

    def readinto(self, buffer: memoryview) -> int | None:
        """Wait until something is there, read what is there; 0 at the end, None where nothing came for a while."""
        try:
            size = self._read(buffer)
            if size is None and self._poll is not None and self._poll.poll(TICK_MS):
                size = self._read(buffer)
        except OSError as error:
            raise DataError(f"cannot be read any further: {describe(error)}") from None
        self.bytes_read += size or 0
        return size

    def _read(self, buffer: memoryview) -> int | None:
        stream = self._stream
        for method in ("readinto1", "readinto"):
            if hasattr(stream, method):
                size: int | None = getattr(stream, method)(buffer)
                return size
        data = stream.read(len(buffer))
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)

    def ready(self) -> bool:
        """Whether the next read would not wait."""
        if self._ready is not None:
            return self._ready()
        return self._poll is None or bool(self._poll.poll(0))

    def close(self) -> None:
        if self._ours:
            self._stream.close()


def describe(error: OSError) -> str:
    if error.errno == errno.EISDIR:
        return "is a directory"
    return (error.strerror or str(error)).lower()


def enlarge(descriptor: int) -> None:
    import fcntl  # not on every platform

    try:
        fcntl.fcntl(descriptor, SET_PIPE_SIZE, PIPE_BYTES)
    except OSError:
        return  # the system's limit for all pipes is reached; the pipe works as it is
