"""Rows of TCP events: what Wireshark says of a segment, and our verdict on it with what proves it.

A connection is judged when it is over, so rows wait until everything before them is judged. A segment of which only one of
the two says something has a row as well.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from analyzer.flow.columns import ABSENT, Columns, listed
from analyzer.flow.meaning import listing, text

from .ledger import Judged
from .trace import NO_ACK, Trace
from .verdict import Confidence, HoleCause, Kind, Need, Trigger, word

VERDICT: Final = {  #: what the rows of `tcp` say besides Wireshark's verdict
    "verdict": text(
        "what the segment is by all evidence: retransmission, reordered, late_original, network_duplicate, capture_duplicate, "
        "gap_open, keep_alive, window_probe, old_ack, duplicate_ack (RFC 5681), duplicate_data_received (D-SACK); null: nothing"
    ),
    "trigger": text(
        "what made its sender send it again: syn_timer, synack_timer, rto, rto_recovery, fast_retransmit, fast_recovery, tlp, "
        "unknown"
    ),
    "need": text("whether it had to be sent again: needed, needless_crossing, needless, premature, unknown"),
    "hole_cause": text(
        "why bytes were missing: reordering, lost_upstream or lost_downstream of the capture point, capture_loss, filler_missed, "
        "unresolved"
    ),
    "confidence": text("how well that is proved: low (timing or inference alone), medium (one evidence), high"),
    "evidence": listing("numbers of the frames that prove it"),
}
NOTHING: Final = (None,) * len(VERDICT)
OWN: Final = ("frame", "time_ns", "stream", "direction", "kind", "seq", "ack", "len", "window_size")  #: of a row without an event


class Placed(NamedTuple):
    """A verdict with the columns that every event has."""

    frame: int
    time_ns: int
    stream: int
    direction: str
    seq: int
    ack: int | None
    len: int
    window_size: int
    verdict: tuple[Any, ...]  #: values of VERDICT


def verdicts(judged: Judged) -> Iterator[Placed]:
    """Every packet of the settled part of a connection that is not plainly new."""
    trace, segments = judged.trace, judged.segments
    special = segments.kind != Kind.NEW
    acks: dict[int, str] = {}
    for one in judged.senders:
        acks.update(dict.fromkeys(one.duplicate_acks().tolist(), "duplicate_ack"))
        acks.update(dict.fromkeys(one.ack_row[one.block_ack[one.block_old != 0]].tolist(), "duplicate_data_received"))
    rows = sorted({*np.flatnonzero(special).tolist(), *acks})
    first, last = trace.reported, judged.settled
    for row in rows:
        if first <= row < last:
            said = word(Kind(int(segments.kind[row]))) or acks[row]
            proof = tuple(trace.frame[list(segments.evidence.get(row, ()))].tolist())
            yield _placed(trace, row, (
                said, word(Trigger(int(segments.trigger[row]))), word(Need(int(segments.need[row]))),
                word(HoleCause(int(segments.hole[row]))), word(Confidence(int(segments.confidence[row]))), proof,
            ))  # fmt: skip


def _placed(trace: Trace, row: int, verdict: tuple[Any, ...]) -> Placed:
    acked = int(trace.acked[row])
    return Placed(
        int(trace.frame[row]), int(trace.time[row]), trace.stream,
        "client" if int(trace.direction[row]) == trace.client else "server", int(trace.start[row]) + 1,
        None if acked == NO_ACK else acked + 1, int(trace.length[row]), int(trace.window[row]), verdict,
    )  # fmt: skip


def copied(judged: Judged) -> Iterator[Placed]:
    """The copies that the network or the capture made."""
    whole, copies = judged.whole, judged.copies
    if not copies:
        return
    settled = judged.settled_whole
    for row in np.flatnonzero(copies.original >= 0).tolist():
        if whole.reported <= row < settled:
            kind = Kind.NETWORK_DUPLICATE if copies.by_network[row] else Kind.CAPTURE_DUPLICATE
            proof = (int(whole.frame[int(copies.original[row])]),)
            yield _placed(whole, row, (word(kind), None, None, None, word(Confidence.HIGH), proof))


class EventRows:
    """Joins the events of batches with verdicts; hand `judged` to the ledger."""

    def __init__(self) -> None:
        #: says in which file a frame is (path, number there), where several are merged
        self.place: Callable[[int], tuple[str, int] | None] | None = None
        self._events: list[Columns] = []
        self._verdicts: dict[int, Placed] = {}

    def judged(self, judged: Judged) -> None:
        """Take the verdicts on a connection."""
        for placed in (*verdicts(judged), *copied(judged)):
            self._verdicts[placed.frame] = placed

    def add(self, events: Columns) -> None:
        """Take the events of a batch."""
        if len(events["frame"]):
            self._events.append(events)

    @property
    def waiting(self) -> int:
        """Events that wait for their verdicts, and verdicts that wait to be asked for."""
        return sum(len(events["frame"]) for events in self._events) + len(self._verdicts)

    def take(self, before: int | None = None, chosen: Callable[[int], bool] | None = None) -> Iterator[Columns]:
        """The rows of frames before one (None: all), in their order; `chosen` says which frames may have rows of their own."""
        own = sorted(number for number in self._verdicts if before is None or number < before)
        at = 0
        while self._events and (before is None or int(self._events[0]["frame"][-1]) < before):
            events = self._events.pop(0)
            last = int(events["frame"][-1])
            first, at = at, bisect_right(own, last)
            yield from self._joined(events, own[first:at], chosen)
        if not self._events:
            yield from self._joined(None, own[at:], chosen)

    def _joined(self, events: Columns | None, numbers: list[int], chosen: Callable[[int], bool] | None) -> Iterator[Columns]:
        """Events with the verdicts of these frames; those without an event have a row of their own, if they may."""
        found = {number: self._verdicts.pop(number) for number in numbers}
        columns: dict[str, Any] = {key: list(listed(values)) for key, values in events.items()} if events else {}
        frames = columns.get("frame", [])
        said = [one.verdict if one else NOTHING for one in map(found.get, frames)]
        for number in frames:
            found.pop(number, None)
        added = [placed for number, placed in found.items() if chosen is None or chosen(number)]
        if not said and not added:
            return
        for key in columns or OWN:
            absent = None if key == "kind" else ABSENT
            columns[key] = columns.get(key, []) + [getattr(placed, key, absent) for placed in added]
        said += [placed.verdict for placed in added]
        columns |= {key: list(values) for key, values in zip(VERDICT, zip(*said, strict=True), strict=True)}
        if added:
            if self.place is not None:
                places = [self.place(number) or (None, None) for number in columns["frame"]]
                columns["file"], columns["frame_in_file"] = map(list, zip(*places, strict=True))
            order = sorted(range(len(said)), key=columns["frame"].__getitem__)
            columns = {key: [values[i] for i in order] for key, values in columns.items()}
        yield columns
