"""One file as a stream of rows: its bytes pass through a region of a buffer that all files of a reader share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer.batch import views
from analyzer.capture.compressed import LONGEST_MAGIC, Decompressed, compression
from analyzer.capture.damage import CaptureError, Damage, DataError
from analyzer.capture.facts import FileFacts
from analyzer.capture.recognise import LEAST, recognise, wanted
from analyzer.capture.rows import FileInfo, Rows, Step
from analyzer.capture.source import CaptureSource, Source

SMALLEST_CHUNK = 4096
FIRST = 64  #: bytes that a file is recognised by
LEAST_ROOM = 64 << 10  #: less room than that is not filled by a further read: sources that give whole records need some
GROWTH = 2  #: a record that does not fit makes the region this much larger than the record


class Arena:
    """The buffer. A region never moves while rows point into it, only when its own stream asks for a larger one."""

    def __init__(self) -> None:
        self.data: NDArray[np.uint8] = np.empty(0, np.uint8)
        (self.view,) = views(self.data)
        self._free: list[tuple[int, int]] = []

    def take(self, size: int) -> int:
        """Where a region of that size begins."""
        for place, (begin, free) in enumerate(self._free):
            if free == size:
                del self._free[place]
                return begin
        begin = len(self.data)
        grown = np.empty(begin + size, np.uint8)
        grown[:begin] = self.data
        self.data, (self.view,) = grown, views(grown)
        return begin

    def release(self, begin: int, size: int) -> None:
        if begin + size == len(self.data):
            self.data = self.data[:begin].copy()
            (self.view,) = views(self.data)
        else:
            self._free.append((begin, size))


class Stream:
    """Rows of one file, in order: `advance` replaces those of before. The damage that ended it, if any, is in `damage`.

    `idle` says that `advance` gave no row because none has come yet, though more may.
    """

    def __init__(
        self,
        source: CaptureSource,
        file: int,
        facts: FileFacts,
        arena: Arena,
        chunk_bytes: int,
        rows: int,
    ) -> None:
        self.file = file
        self.rows = Rows(rows)
        self.frames = 0
        self.idle = False
        self.damage: Damage | None = None
        self.source = Source(source)
        self.info = FileInfo(self.source.path, size=self.source.size)
        self._arena = arena
        self._size = max(chunk_bytes, SMALLEST_CHUNK)
        self._begin = arena.take(self._size)
        self._at = self._filled = self._begin
        self._passed = 0  # bytes of the file before self._begin
        self._finished = False
        self._after: Step | None = None  # bytes to skip before the format is asked again
        self._input: Source | Decompressed = self.source
        try:
            self._open(facts)
        except (CaptureError, DataError) as error:
            self.close()
            raise CaptureError(f"{self.info.path}: {error}") from None

    def _open(self, facts: FileFacts) -> None:
        self._read_first(LONGEST_MAGIC)
        name = compression(self._first())
        if name is not None:
            self._input = Decompressed(self.source, name, bytes(self._arena.view[self._begin : self._filled]))
            self._filled = self._begin
            self.info.compression = name
        try:
            self._read_first(LEAST)
            self._read_first(wanted(self._first()))
            first = self._first()
            self._format = recognise(first)(first, self.file, facts)
        except CaptureError as error:
            if name is None:
                raise
            raise CaptureError(f"is compressed with {name}, and what is in it {error}") from None
        except DataError as error:
            if name is None:
                raise
            raise CaptureError(f"is compressed with {name}, but nothing can be read of it: {error}") from None
        self.info.format = self._format.name
        self._format.describe(self.info)
        while self._filled - self._begin < self._format.header and (self._fill(1) or self.idle):
            continue
        self._at = min(self._begin + self._format.header, self._filled)

    def _first(self) -> bytes:
        return bytes(self._arena.view[self._begin : min(self._filled, self._begin + FIRST)])

    def _read_first(self, wanted: int) -> None:
        while self._filled - self._begin < wanted:
            size = self._input.readinto(self._arena.view[self._filled : self._begin + self._size])
            if size == 0:
                break
            self._filled += size or 0

    def advance(self) -> int:
        """Index the next rows, waiting for the source if need be; how many, 0 at the end and where it is `idle`."""
        self.idle = False
        if self._after:
            step, self._after = self._after, None
            self._go_on(step)
        while not (self._finished or self.idle):
            step = self._format.index(self._arena.view, self._at, self._filled, self.rows)
            self._at = step.at
            if step.count:
                self.frames += step.count
                self._after = step if step.skip else None
                return step.count
            self._go_on(step)
        return 0

    def _go_on(self, step: Step) -> None:
        """Get the bytes that the format needs, or end."""
        if step.reason:
            self._end(step.reason)
            return
        try:
            if step.skip:
                if not self._skip(step.skip):
                    self._end("cut short in the middle of a block")
            elif not self._fill(step.need) and not self.idle:
                self._end(self._format.cut(self._arena.view, self._at, self._filled))
        except DataError as error:
            self._end(str(error))

    def _end(self, reason: str) -> None:
        self._finished = True
        if reason:
            offset = self._passed + self._at - self._begin
            self.damage = Damage(self.info.path, offset, self.frames, reason)

    def _fill(self, need: int) -> bool:
        """Read on behind the bytes that are left, which move to the front; False where nothing came: at the end, or not yet."""
        left = self._filled - self._at
        view = self._arena.view
        if need > self._size:
            self._grow(need * GROWTH)
            view = self._arena.view
        elif self._at > self._begin:
            view[self._begin : self._begin + left] = view[self._at : self._filled]
            self._passed += self._at - self._begin
            self._at, self._filled = self._begin, self._begin + left
        stop = self._begin + self._size
        size = self._input.readinto(view[self._filled : stop])
        self.idle = size is None
        self._filled += size or 0
        prompt = self._input is self.source or self.source.regular  # decompressing may wait though a few bytes are there
        while size and stop - self._filled >= LEAST_ROOM and prompt and self.source.ready():
            try:
                size = self._input.readinto(view[self._filled : stop])
            except DataError:
                break  # said again by the next call, once what was read is indexed
            self._filled += size or 0
        return self._filled - self._at > left

    def _grow(self, size: int) -> None:
        left = self._filled - self._at
        tail = bytes(self._arena.view[self._at : self._filled])
        self._passed += self._at - self._begin
        self._arena.release(self._begin, self._size)
        self._begin, self._size = self._arena.take(size), size
        self._at, self._filled = self._begin, self._begin + left
        self._arena.view[self._at : self._filled] = tail

    def _skip(self, size: int) -> bool:
        """Pass over that many bytes, the rest of them later where they have not come yet; False where the source ends before."""
        while True:
            here = min(size, self._filled - self._at)
            self._at += here
            size -= here
            if size == 0:
                return True
            if not self._fill(1):
                if self.idle:
                    self._after = Step(0, self._at, skip=size)
                return self.idle

    def close(self) -> None:
        self._finished = True
        self.source.close()

    def release(self) -> None:
        """Close, and give the region back: no row points into it any more."""
        self.close()
        self._arena.release(self._begin, self._size)
