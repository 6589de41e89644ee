"""The Python API of interfaces: `analyzer.watch("eth0")`. What the command `live` writes as rows, as Python values."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from analyzer.capture.live.source import BUFFER_BYTES, SNAP_LENGTH, open_live
from analyzer.flow.columns import Row
from analyzer.watching import Watch

if TYPE_CHECKING:
    from analyzer.live.snapshot import Snapshot


class LiveCapture:
    """A capture that is growing. Made by `watch`; iterate over it once, and close it, or use it as a context manager."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def __iter__(self) -> Iterator[Row]:
        """Rows with the key `event`; the keys of live.event.EVENTS say which there are. It ends after `stop`, or by itself."""
        for events in self._watch:
            for event in events:
                yield event.as_row()

    def snapshot(self, opened: tuple[str, int] | None = None) -> Snapshot:
        """What a screen would show now; opened: protocol and stream of a conversation of which everything is wanted."""
        return self._watch.snapshot(opened)

    def stop(self) -> None:
        """Capture nothing more; what has come is still given, and the summary. May be called from another thread."""
        self._watch.stop()

    def close(self) -> None:
        """Stop at once, and finish the file that is written."""
        self._watch.close()

    def __enter__(self) -> LiveCapture:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def watch(
    *interfaces: str,
    capture_filter: str = "",
    backend: str | None = None,
    snap_length: int = SNAP_LENGTH,
    count: int | None = None,
    buffer_bytes: int = BUFFER_BYTES,
    promiscuous: bool = True,
    write: str | None = None,
    memory: int | None = None,
) -> LiveCapture:
    """Capture on interfaces ("any": on all of them, Linux) and analyze what comes.

    capture_filter: as of tcpdump. backend: one of capture.live.source.BACKENDS; None: the best that works here.
    snap_length: bytes of a frame that are kept. count: end after so many frames. buffer_bytes: of the kernel, for all interfaces.
    write: a pcapng file for the frames. memory: bytes for the state of conversations.
    LiveError: nothing can be captured, FilterError: since the filter is wrong (both in capture.live.source).
    """
    recorder = None
    if write is not None:
        from analyzer.capture.live.recorder import Recorder

        recorder = Recorder(write)
    source = open_live(
        interfaces, backend=backend, capture_filter=capture_filter, snap_length=snap_length, count=count,
        buffer_bytes=buffer_bytes, promiscuous=promiscuous, recorder=recorder,
    )  # fmt: skip
    return LiveCapture(Watch(source, memory))
