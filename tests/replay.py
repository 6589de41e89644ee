"""A capture file as a source that grows: a few bytes at a time, and now and then nothing."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from analyzer.batch import Interface
from analyzer.capture.live.source import LinkEvent, LiveCounters
from analyzer.capture.writer import Writer


class Replay(io.RawIOBase):
    """What analyzer.watching.Watch needs of a LiveSource."""

    backend, name, interfaces, ended = "replay", "replay", ("replay",), "stopped"
    recorder = None
    capture_filter, snap_length, buffer_bytes = "", 262_144, 64 << 20

    def __init__(self, path: Path, piece: int = 1000, idle: int = 3) -> None:
        super().__init__()
        self.counters = LiveCounters()
        self.events: deque[LinkEvent] = deque()
        self.stopped = False
        self._data = path.read_bytes()
        self._at = self._turn = 0
        self._piece, self._idle = piece, idle

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.stopped:
            return 0
        self._turn += 1
        if self._turn % self._idle == 0:
            return None
        data = self._data[self._at : self._at + min(self._piece, len(buffer))]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def ready(self) -> bool:
        return False

    def stop(self) -> None:
        self.stopped = True


class Scripted(Replay):
    """Frames that come when a test says so. `now` is the time, for Watch(clock=...)."""

    def __init__(self, steps: Iterable[tuple[int, Sequence[bytes]]]) -> None:
        """steps: (ns, the frames that come then)."""
        super().__init__(Path("/dev/null"))
        self.now = 0
        self._steps = iter(steps)
        self._bytes = io.BytesIO()
        self._writer = Writer(self._bytes)
        self._interface = Interface(1, "test0", resolution=1_000_000_000)
        self._taken = 0

    def readinto(self, buffer: Any) -> int | None:
        if self._taken:
            step = None if self.stopped else next(self._steps, None)
            if step is None:
                return 0
            self.now, frames = step
            for frame in frames:
                self._writer.write(self._interface, self.now, frame)
            if not frames:
                return None
        data = self._bytes.getvalue()[self._taken :]
        self._taken += len(data)
        buffer[: len(data)] = data
        return len(data)
