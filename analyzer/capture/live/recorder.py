"""What is captured, as it is handed over, into a pcapng file or a ring of files; the oldest of a ring is deleted.

Every write ends where a block ends, nothing is buffered, and a write that fails half-way is taken back: so a file can be read
at any time. Only a process that is killed (SIGKILL) inside a write can leave half a block at the end of the file, where the
kernel stops copying between two of its pages; all frames before it are read.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from analyzer.capture.damage import CaptureError
from analyzer.capture.excerpt import is_one_of
from analyzer.capture.live.cut import Cut, whole
from analyzer.capture.source import describe

STANDARD_OUTPUT: Final = "-"
MOST_EVENTS: Final = 1000  #: that nobody took
MODE: Final = 0o666  #: of new files, as far as the umask lets it
NUMBERED: Final = "{stem}_{number:05}_{time}{suffix}"  #: of a file of a ring, as dumpcap names them
Written = tuple[int, str, str, str]  #: time in ns since 1970; "opened", "closed", "deleted" or "stopped"; path; why


class Recorder:
    """Writes whole blocks. It raises nothing once it is made: `stopped` says why nothing is written any more.

    ring: (files, bytes of each). A file is closed before it would become larger, but it holds one frame at least.
    reading: files that must not be overwritten.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        ring: tuple[int, int] | None = None,
        reading: Iterable[str | os.PathLike[str]] = (),
    ) -> None:
        self.files: list[str] = []  #: that are there, the oldest first
        self.bytes = 0  #: in all files, those that were deleted too
        self.frames = 0
        self.stopped = ""
        self.events: deque[Written] = deque(maxlen=MOST_EVENTS)
        self._target = os.fspath(path)
        self._ring = ring
        self._number = 0  # of the file in the ring
        self._section = b""
        self._file_frames = 0
        self._file_bytes = 0
        self._descriptor = -1
        self._made = self._replaced = False  # whether the file was not there before; whether what it holds is to go
        if is_one_of(self._target, reading):
            raise CaptureError(f"{self._target}: is read, and cannot be written at the same time")
        if ring is not None and (self._target == STANDARD_OUTPUT or special(self._target)):
            raise CaptureError(f"{self._target}: a ring of files needs the name of a file")
        self.path = self._target
        try:
            self._open()
        except OSError as error:
            raise CaptureError(f"{self.path}: cannot be written: {describe(error)}") from None

    @property
    def made(self) -> list[int]:
        """The descriptor of the file that is being written, if that was not there before."""
        return [self._descriptor] if self._made and self._descriptor >= 0 else []

    def section(self, blocks: bytes) -> None:
        """Section header and interface descriptions: what every file begins with. Given again, only what is new is written."""
        known, self._section = self._section, bytes(blocks)
        if not self.stopped:
            self._write(memoryview(self._section.removeprefix(known)), 0)

    def packets(self, blocks: memoryview, frames: int) -> None:
        """Whole blocks with so many frames."""
        blocks = memoryview(blocks).cast("B")
        while not self.stopped and len(blocks):
            cut = self._that_fits(blocks, frames)
            self._write(blocks[: cut.at], cut.frames)
            blocks, frames = blocks[cut.at :], frames - cut.frames
            if len(blocks) and not self.stopped:
                self._next_file()

    def close(self) -> None:
        """Nothing more comes. A file that was made for nothing is removed."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.close(descriptor)
        except OSError as error:  # a quota, of a file on another machine
            self._stop(describe(error))
        if self._made and not self._file_bytes:
            self.files.remove(self.path)
            with suppress(OSError):
                Path(self.path).unlink()
        elif not self.stopped:
            self._tell("closed", self.path)

    def _that_fits(self, blocks: memoryview, frames: int) -> Cut:
        """How much of it belongs into this file."""
        if self._ring is None or self._file_bytes + len(blocks) <= self._ring[1]:
            return Cut(len(blocks), frames)
        return whole(blocks, self._ring[1] - self._file_bytes, at_least=0 if self._file_frames else 1)

    def _next_file(self) -> None:
        self.close()
        if self.stopped:
            return
        try:
            self._open()
            assert self._ring is not None
            while len(self.files) > self._ring[0]:
                oldest = self.files.pop(0)
                Path(oldest).unlink(missing_ok=True)
                self._tell("deleted", oldest)
        except OSError as error:
            self._stop(describe(error))
            return
        self._write(memoryview(self._section), 0)

    def _open(self) -> None:
        """Nothing of a file that was there before is lost until something is written."""
        self._file_frames = self._file_bytes = 0
        if self._target == STANDARD_OUTPUT:
            self.path, self._descriptor, self._made = "standard output", os.dup(1), False
        else:
            self.path = self._target if self._ring is None else self._numbered()
            self._made = not Path(self.path).exists()
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, MODE)
        self._replaced = not self._made and self._target != STANDARD_OUTPUT and not special(self.path)
        self.files.append(self.path)
        self._tell("opened", self.path)

    def _numbered(self) -> str:
        self._number += 1
        path = Path(self._target)
        now = time.strftime("%Y%m%d%H%M%S")
        return str(path.with_name(NUMBERED.format(stem=path.stem, number=self._number, time=now, suffix=path.suffix)))

    def _write(self, blocks: memoryview, frames: int) -> None:
        done = 0
        try:
            if self._replaced:
                os.ftruncate(self._descriptor, 0)
                self._replaced = False
            while done < len(blocks):
                done += self._write_some(blocks[done:])
        except OSError as error:
            cut = whole(blocks, done)
            self._count(cut.at, cut.frames)
            self._take_back(done - cut.at)
            self._stop("its reader has gone" if error.errno == errno.EPIPE else describe(error))
        else:
            self._count(len(blocks), frames)

    def _write_some(self, blocks: memoryview) -> int:
        try:
            return os.write(self._descriptor, blocks)
        except BlockingIOError:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLOUT)
            poll.poll()
            return 0

    def _count(self, size: int, frames: int) -> None:
        self.bytes += size
        self._file_bytes += size
        self.frames += frames
        self._file_frames += frames

    def _take_back(self, size: int) -> None:
        """That many bytes of a block that was begun; what went into a pipe is gone."""
        status = os.fstat(self._descriptor)
        if stat.S_ISREG(status.st_mode):
            with suppress(OSError):
                os.ftruncate(self._descriptor, status.st_size - size)

    def _stop(self, reason: str) -> None:
        if self.stopped:
            return
        frames = "1 frame is" if self._file_frames == 1 else f"{self._file_frames:,} frames are"
        self.stopped = f"{self.path}: nothing more is written: {reason}; {frames} in it"
        self._tell("stopped", self.path, reason)

    def _tell(self, what: str, path: str, reason: str = "") -> None:
        self.events.append((time.time_ns(), what, path, reason))


def special(path: str) -> bool:
    """Whether that is there, but no file."""
    return Path(path).exists() and not Path(path).is_file()
