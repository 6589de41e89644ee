"""Which frames of one reading are chosen, by values of Python: the options of the commands as keyword arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypedDict, TypeVar

from analyzer.batch import Batch, Column
from analyzer.flow.names import Names

from .fields import View, views
from .selection import Selection

if TYPE_CHECKING:
    from analyzer.pipeline import Pipeline

Value = TypeVar("Value", int, str, int | str)


class Choice(TypedDict, total=False):
    """Frames to choose, as with the options of the commands: all that is given must hold; of several values, one."""

    stream: int | str | Sequence[int | str]  #: 5 or "tcp:5" of TCP, "udp:5" of UDP
    host: str | Sequence[str]  #: an address, a network, a MAC address, or a name that the capture itself knows
    port: int | Sequence[int]  #: of TCP or UDP
    since: str | float  #: 1.5 or "2m" after the first frame, "12:30:00", or ISO 8601 (UTC)
    until: str | float
    frames: str  #: "1,5-9,100-"


class ChosenFrames:
    """The frames of one reading that are chosen. ValueError: a choice has no meaning."""

    def __init__(
        self,
        display_filter: str | None = None,
        *,
        stream: int | str | Sequence[int | str] = (),
        host: str | Sequence[str] = (),
        port: int | Sequence[int] = (),
        since: str | float | None = None,
        until: str | float | None = None,
        frames: str | None = None,
    ) -> None:
        hosts = _several(host)
        self._names = Names() if hosts else None
        self._selection = Selection(
            list(map(str, _several(stream))),
            hosts,
            list(map(int, _several(port))),
            None if since is None else str(since),
            None if until is None else str(until),
            frames,
            display_filter,
            self._names.addresses if self._names else None,
        )

    def views(self, pipeline: Pipeline) -> Iterator[tuple[View, Column | None]]:
        """Each batch with a mask of its chosen frames; None: all of them."""
        reader = pipeline.reader
        for view in views(pipeline, [info.path for info in reader.files]):
            if self._names is not None:
                self._names.update(view.batch, view.table("udp"), reader.names)
            yield view, self._selection.mask(view)

    def batches(self, pipeline: Pipeline) -> Iterator[tuple[Batch, Column | None]]:
        """The same without what fields are read from."""
        return ((view.batch, mask) for view, mask in self.views(pipeline))

    def over(self, view: View) -> bool:
        """None of the frames behind this batch is chosen."""
        return self._selection.over(view)


def _several(value: Value | Sequence[Value]) -> list[Value]:
    return [value] if isinstance(value, (int, str)) else list(value)
