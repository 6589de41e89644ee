"""Rows of TCP events with our verdicts while a capture is read, of all or of the selected frames, in frame order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from analyzer.batch import Batch, Column
from analyzer.flow.application.selected import SelectedFrames
from analyzer.flow.columns import Columns
from analyzer.flow.places import Places
from analyzer.flow.rows import event_columns, event_ends
from analyzer.flow.table import Ends
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger.connections import Ledger, Verdicts
from analyzer.flow.tcp.ledger.event_rows import EventRows
from analyzer.flow.tcp.ledger.ledger import Judged

FEW_NS: Final = 2_000_000_000  #: of a capture that is still growing, how often what is settled is shown
MOST_WAITING: Final = 500_000  #: events that wait for their verdicts in memory


class Reads(Protocol):
    """The pipeline, as far as it is needed here."""

    @property
    def tcp(self) -> TcpAnalysis: ...
    @property
    def ledger(self) -> Ledger | None: ...
    def close(self) -> None: ...


class TcpEvents:
    """Make the pipeline with `verdicts`, then read it once. ends: whether client and server of the streams are wanted."""

    def __init__(self, ends: bool = False) -> None:
        self._wants_ends = ends
        self.ends: dict[int, Ends] = {}  #: client and server of the streams that have rows, if they are wanted
        self._files: Sequence[str] = ()
        self._places = Places()
        self._rows = EventRows()
        self.verdicts = Verdicts(judged=self._judged)

    def read(
        self, pipeline: Reads, batches: Iterable[tuple[Batch, bool, Column | None]], files: Sequence[str], growing: bool
    ) -> Iterator[Columns]:
        """Rows of batches, each with whether it holds TCP and a mask of its selected frames; None: all of them.

        files: the paths, in the order in which batches number them. growing: rows are wanted before the end, every few seconds.
        """
        assert pipeline.ledger is not None
        self._files = files
        if len(files) > 1:
            self._rows.place = self._place
        ledger, events, selected = pipeline.ledger, self._rows, SelectedFrames()
        shown, most = 0, MOST_WAITING
        for batch, holds_tcp, mask in batches:
            selected.add(batch, mask)
            self._places.add(batch)
            if holds_tcp:
                events.add(event_columns(batch, pipeline.tcp, mask, files))
                if self._wants_ends:
                    self.ends |= event_ends(pipeline.tcp)
            now = int(batch.time[-1]) if len(batch) else shown
            if events.waiting > most or (growing and abs(now - shown) >= FEW_NS):
                shown = now
                ledger.judge_so_far(now)
                only = None if selected.whole else selected.__contains__
                yield from events.take(ledger.horizon or int(batch.number[-1]) + 1, only)
                most = events.waiting + MOST_WAITING  # what is not settled yet is not asked for again with every batch
        pipeline.close()
        yield from events.take(None, None if selected.whole else selected.__contains__)

    def _judged(self, judged: Judged) -> None:
        if self._wants_ends and judged.ends is not None:
            self.ends[judged.trace.stream] = judged.ends
        self._rows.judged(judged)

    def _place(self, frame: int) -> tuple[str, int] | None:
        place = self._places.of(frame)
        return None if place is None else (self._files[place[0]], place[1])
