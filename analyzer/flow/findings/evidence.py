"""How often something was seen, in which frames first, and in which streams most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from analyzer.batch import Column, Int64
from analyzer.finding import Finding, Severity

MAX_FRAMES: Final = 100  #: first frames that are remembered of each finding
MAX_STREAMS: Final = 10_000  #: streams that are counted for each finding
SHOWN_STREAMS: Final = 20  #: streams that a finding names


class Evidence:
    """Counts occurrences; the frames must come in order."""

    def __init__(self) -> None:
        self.count = 0
        self.frames: list[int] = []
        self.streams: Counter[int] = Counter()
        self.streams_forgotten = 0  #: occurrences in further streams, after MAX_STREAMS

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, frames: Int64, streams: Column | None = None) -> None:
        """One occurrence in each of these frames; a frame may stand there twice."""
        self.count += len(frames)
        if len(self.frames) < MAX_FRAMES:
            known = self.frames[-1] if self.frames else 0
            for frame in frames[: 2 * MAX_FRAMES].tolist():
                if frame > known and len(self.frames) < MAX_FRAMES:
                    self.frames.append(frame)
                    known = frame
        if streams is not None:
            for stream in streams.tolist():
                if stream >= 0 and (stream in self.streams or len(self.streams) < MAX_STREAMS):
                    self.streams[stream] += 1
                elif stream >= 0:
                    self.streams_forgotten += 1

    def one(self, frame: int, stream: int = -1) -> None:
        """One occurrence, in a stream if it is known; the same as `add`, without arrays."""
        self.count += 1
        if len(self.frames) < MAX_FRAMES and (not self.frames or frame > self.frames[-1]):
            self.frames.append(frame)
        if stream >= 0:
            times = self.streams.get(stream, 0)
            if times or len(self.streams) < MAX_STREAMS:
                self.streams[stream] = times + 1
            else:
                self.streams_forgotten += 1

    def finding(
        self,
        kind: str,
        severity: Severity,
        protocol: str = "",
        values: Mapping[str, int | str] | None = None,
        cost_ns: int | None = None,
        cost_bytes: int | None = None,
    ) -> Finding:
        """As a finding."""
        streams = tuple(stream for stream, _ in self.streams.most_common(SHOWN_STREAMS))
        return Finding(kind, severity, self.count, tuple(self.frames), protocol, streams, values or {}, cost_ns, cost_bytes)
