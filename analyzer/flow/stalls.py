"""Rows of head-of-line stalls while a capture is read, with the messages that waited; of all or of the selected frames.

With a selection: the stalls of which a frame is selected, that is the first segment that waited, the one that filled the last
hole, or the frames that showed the begin and the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from analyzer.batch import Batch, Column
from analyzer.flow.application.message_spans import MessageSpans
from analyzer.flow.application.selected import SelectedFrames
from analyzer.flow.columns import Row
from analyzer.flow.judged_rows import JudgedRows, Reads
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.stall_rows import Found, rows
from analyzer.flow.tcp.ledger.stall_sent import Sent
from analyzer.flow.tcp.ledger.verdict import Need
from analyzer.flow.tcp.ledger.victims import victims

MOST_WAITING: Final = 200_000  #: stalls that wait in memory to be put in order; more come in several runs
FRAMES: Final = ("first_held_frame", "filled_frame", "opened_frame", "closed_frame")


def found_stalls(judged: Judged, spans: MessageSpans, keep: bool = False) -> Iterator[Found]:
    """The stalls of a connection, with the messages that waited; keep: it may be asked for again."""
    trace = judged.trace
    known = spans.of(trace.stream) if judged.stalls else []
    sent: dict[int, Sent] = {}
    for stall in judged.stalls:
        direction = stall.direction
        if known and direction not in sent:
            sent[direction] = Sent(trace, direction)
        waited = victims(stall, known, sent[direction]) if known else ()
        need = Need(int(judged.segments.need[stall.filled_row])) if stall.filled_row >= 0 else Need.NONE
        yield Found(trace.stream, trace.client, stall, need, waited)
    if trace.over and not keep:
        spans.forget(trace.stream)


class StallRows:
    """Make the pipeline with `verdicts`, then read it once."""

    def __init__(self) -> None:
        spans = MessageSpans()
        self._found = JudgedRows(lambda judged: found_stalls(judged, spans), messages=spans.add)
        self.verdicts = self._found.verdicts

    def read(self, pipeline: Reads, batches: Iterable[tuple[Batch, Column | None]]) -> Iterator[Row]:
        """The rows by the start of the stalls, of batches with masks of what is selected."""
        selected = SelectedFrames()
        waiting: list[Found] = []
        for found in self._found.read(pipeline, selected.noting(batches)):
            waiting.append(found)
            if len(waiting) == MOST_WAITING:
                yield from _chosen(waiting, None if selected.whole else selected)
                waiting.clear()
        yield from _chosen(waiting, None if selected.whole else selected)


def _chosen(found: Iterable[Found], selected: SelectedFrames | None) -> Iterator[Row]:
    for row in rows(found):
        if selected is None or any(row[key] is not None and row[key] in selected for key in FRAMES):
            yield row
