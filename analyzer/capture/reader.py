"""Read captures: files, pipes and open streams, of any format and compression known, as bounded Batches of frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from analyzer.batch import BATCH_ROWS, Batch, Interface
from analyzer.capture.damage import CaptureError, Damage
from analyzer.capture.facts import Comment, FileFacts, Losses
from analyzer.capture.merge import BEFORE_ALL, merge
from analyzer.capture.rows import FileInfo
from analyzer.capture.source import CaptureSource
from analyzer.capture.stream import Arena, Stream

__all__ = ["CHUNK_BYTES", "CaptureError", "CaptureSource", "Damage", "Reader", "open_capture"]

CHUNK_BYTES = 4 << 20  #: bytes of a file held at a time: large for few batches, small for the cache (1 to 8 MiB measured)
MERGED_CHUNK_BYTES = 512 << 10  #: the same where several files are merged
HEAD_CHUNK_BYTES = 64 << 10  #: the same for a look at the first frame of a file
MAXIMUM_FILES = 32_767  #: Batch.file is an int16


class Reader:
    """An open capture of one or several files. Iterate once over its batches; `damage` is complete when that has ended.

    Where a single source says that nothing has come yet, an empty batch is given, so that who reads can do something else.
    """

    def __init__(self, sources: tuple[CaptureSource, ...], chunk_bytes: int, rows: int) -> None:
        if not sources:
            raise CaptureError("no capture is named")
        if len(sources) > MAXIMUM_FILES:
            raise CaptureError(f"{len(sources)} files are more than {MAXIMUM_FILES}")
        self._facts = FileFacts()
        self._sources = sources
        self._rows = rows
        self._arena = Arena()
        self._chunk_bytes = chunk_bytes if len(sources) == 1 else min(chunk_bytes, MERGED_CHUNK_BYTES)
        self._streams: dict[int, Stream] = {}
        self._closed_bytes = 0
        self._number = np.arange(1, rows + 1)
        self._numbers = np.empty(rows, np.int64)
        self._frames = 0
        self.damage: list[Damage] = []
        self.files: list[FileInfo] = []
        self._waiting: list[tuple[int, int]] = []
        try:
            for file in range(len(sources)):
                self._look_at(file)
        except CaptureError:
            self.close()
            raise

    @property
    def interfaces(self) -> list[Interface]:
        """Batch.interface indexes it; it grows while reading."""
        return self._facts.interfaces

    @property
    def names(self) -> dict[bytes, str]:
        """Address (4 or 16 bytes) -> the first name that the capture gives it."""
        return self._facts.names

    @property
    def secrets(self) -> list[tuple[int, bytes]]:
        return self._facts.secrets

    @property
    def comments(self) -> list[Comment]:
        return self._facts.comments

    @property
    def losses(self) -> Losses:
        """Where the capture says that it lost frames (epb_dropcount)."""
        return self._facts.losses

    @property
    def dropped(self) -> dict[str, int]:
        """How many names, secrets and comments did not fit under their caps."""
        return self._facts.dropped

    @property
    def size(self) -> int | None:
        """Bytes on disk of all files; None where one is a pipe."""
        sizes = [info.size for info in self.files if info.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None

    @property
    def bytes_read(self) -> int:
        """How many of them were read."""
        return self._closed_bytes + sum(stream.source.bytes_read for stream in self._streams.values())

    def _look_at(self, file: int) -> None:
        """Open a file: for good if it is the only one or cannot be opened twice, else for its first frame."""
        source = self._sources[file]
        alone = len(self._sources) == 1
        if alone or not can_reopen(source):
            stream = self._open(file)
            self._waiting.append((BEFORE_ALL, file))
        else:
            stream = Stream(source, file, FileFacts(), Arena(), HEAD_CHUNK_BYTES, 1)
            self._waiting.append((int(stream.rows.time[0]) if stream.advance() else BEFORE_ALL, file))
            stream.close()
        self.files.append(stream.info)

    def _open(self, file: int) -> Stream:
        if file not in self._streams:
            self._streams[file] = Stream(self._sources[file], file, self._facts, self._arena, self._chunk_bytes, self._rows)
        return self._streams[file]

    def _reopen(self, file: int) -> Stream | None:
        try:
            return self._open(file)
        except CaptureError as error:  # it could be opened before, and others have begun to give frames
            self.damage.append(Damage(self.files[file].path, 0, 0, str(error)))
            return None

    def _retire(self, stream: Stream) -> None:
        stream.release()
        del self._streams[stream.file]
        self._closed_bytes += stream.source.bytes_read
        if stream.damage:
            self.damage.append(stream.damage)

    def __iter__(self) -> Iterator[Batch]:
        try:
            yield from self._alone() if len(self._sources) == 1 else self._together()
        finally:
            self.close()

    def _alone(self) -> Iterator[Batch]:
        stream = self._open(0)
        rows = stream.rows
        while (count := stream.advance()) or stream.idle:
            yield Batch(
                self._arena.data, self._next_numbers(count), rows.time[:count], rows.start[:count], rows.end[:count],
                rows.reported[:count], rows.interface[:count], rows.linktype[:count], rows.fault[:count], self.interfaces,
            )  # fmt: skip
        self._retire(stream)

    def _together(self) -> Iterator[Batch]:
        for rows in merge(self._waiting, self._reopen, self._retire, self._rows):
            yield Batch(
                self._arena.data, self._next_numbers(len(rows)), rows.time, rows.start, rows.end, rows.reported, rows.interface,
                rows.linktype, rows.fault, self.interfaces, rows.file, rows.number_in_file,
            )  # fmt: skip

    def _next_numbers(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        numbers = np.add(self._number[:count], self._frames, out=self._numbers[:count])
        self._frames += count
        return numbers

    def close(self) -> None:
        for stream in self._streams.values():
            stream.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def can_reopen(source: CaptureSource) -> bool:
    if not isinstance(source, (str, os.PathLike)) or str(source) == "-":
        return False
    return Path(source).is_file() or not Path(source).exists()


def open_capture(*sources: CaptureSource, chunk_bytes: int = CHUNK_BYTES, rows: int = BATCH_ROWS) -> Reader:
    """Open captures; "-" is standard input. Raises CaptureError, with the name of the file, where one cannot be read at all."""
    return Reader(sources, chunk_bytes, rows)
