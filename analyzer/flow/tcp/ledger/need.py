"""Whether a retransmission had to be: which copy of its bytes was the first to arrive (VERDICTS.md section 5).

The receiver tells in several ways: it acknowledges before this copy can have come; it echoes the time stamp of the packet
that moved its edge (Eifel detection, RFC 3522); it reports bytes that came twice, by D-SACK (RFC 2883 and 3708) or, without
SACK, by an acknowledgment that says nothing new when nothing is missing (RFC 9293 section 3.10.7.4).
"""

from __future__ import annotations

from typing import Final

from .order import serial
from .reports import Reports
from .sender import NOWHERE, Sender
from .trace import SYN
from .verdict import Confidence, Kind, Need, Segments, Trigger

HASTE: Final = 0.8  #: part of the way to the receiver and back that no answer takes less than
ANSWER_NS: Final = 250_000_000  #: beyond that way, an acknowledgment that comes later is not the answer to this copy
SOON: Final = 4  #: one part in so many of that way, within which the report of a packet that the network doubled comes
FLIGHT: Final = 64  #: segments before a copy that may be acknowledged together with it
SACKS: Final = 1024  #: SACK blocks after a copy that are searched for its bytes

Answer = tuple[Need, tuple[int, ...], Confidence]


def judge(sender: Sender, segments: Segments, duplicates: list[tuple[int, int, int]]) -> None:
    """Fill in `need` for the retransmissions of one direction.

    duplicates: (time, start, end) of what the network doubled, whose reports are not about retransmissions.
    """
    rows = sender.segments
    found = rows[segments.kind[rows] == Kind.RETRANSMISSION]
    if not len(found):
        return
    reports = Reports(sender, found, duplicates)
    for row in found.tolist():
        if segments.need[row] != Need.NONE:
            continue  # the order of the packets told
        need, proof, confidence = _need(sender, segments, row, reports)
        segments.need[row] = need
        if need == Need.UNKNOWN or segments.trigger[row] == Trigger.UNKNOWN:
            segments.confidence[row] = min(int(segments.confidence[row]), Confidence.MEDIUM)
        else:
            segments.confidence[row] = max(int(segments.confidence[row]), confidence)
        segments.prove(row, *proof)


def _need(sender: Sender, segments: Segments, row: int, reports: Reports) -> Answer:
    trace = sender.trace
    time, start, end = int(trace.time[row]), int(trace.start[row]), int(trace.end[row])
    if row not in segments.repeats:  # earlier copies were lost before the capture point, or are judged premature already
        return Need.NEEDED, (), Confidence.HIGH
    passed = int(sender.ack_row.searchsorted(row))  # acknowledgments captured before it
    known = sender.known_acks(row)
    for acks, verdict in ((known, Need.NEEDLESS), (passed, Need.NEEDLESS_CROSSING)):
        if sender.una_after(acks) >= end:
            return verdict, (int(sender.ack_row[int(sender.una.searchsorted(end))]),), Confidence.HIGH
        if (proof := sender.sacked(start, end, acks)) >= 0:
            return verdict, (int(sender.ack_row[proof]),), Confidence.HIGH
    copy = segments.repeats[row]
    if sender.at_receiver and copy >= 0:  # what passed arrived, but for what the receiver refused (PAWS, RFC 7323 section 5)
        refused = _still_asked_for(sender, copy, passed, start)
        return Need.NEEDED if refused >= 0 else Need.NEEDLESS, (copy, refused), Confidence.MEDIUM
    report, reported = reports.of(row)
    arrived, first_shown = _first_shown(sender, passed, start, end)
    if arrived < 0:
        if report >= 0:
            return Need.NEEDLESS, (report,), Confidence.HIGH
        return Need.UNKNOWN, (), Confidence.NONE
    proofs = (arrived,) if report < 0 else (arrived, report)
    echoed = _echoed(sender, row, arrived, start, end)
    if echoed is not None and echoed < 0:
        return Need.NEEDLESS, proofs, Confidence.HIGH
    asked = _still_asked_for(sender, copy, passed, start, sender.far) if copy >= 0 else -1
    if first_shown < time + int(HASTE * sender.far) and asked < 0:
        return Need.NEEDLESS, proofs, Confidence.HIGH if report >= 0 else Confidence.MEDIUM
    if not sender.sack and echoed is None and _came_before(sender, segments, row, arrived, first_shown):
        return Need.NEEDLESS, proofs, Confidence.MEDIUM
    if report >= 0:
        if reported < first_shown + sender.far // SOON and reports.doubling:
            return Need.NEEDED, proofs, Confidence.MEDIUM  # the network doubles packets, and so this copy
        if report == arrived:
            return Need.NEEDLESS, proofs, Confidence.HIGH  # the bytes were there before: the acknowledgment of that was lost
        late = echoed == 0 or (echoed is None and reported > first_shown + sender.far // 2)
        return Need.PREMATURE if late else Need.NEEDLESS, proofs, Confidence.HIGH
    if echoed is None and first_shown > time + sender.far + ANSWER_NS and _answers_lost(sender, row, arrived):
        return Need.NEEDLESS, proofs, Confidence.LOW
    return Need.NEEDED, proofs, Confidence.HIGH if echoed is not None else Confidence.MEDIUM


def _still_asked_for(sender: Sender, copy: int, passed: int, start: int, way: int = 0) -> int:
    """The acknowledgment that still asks for the first byte of a copy that passed `way` ns before; or -1."""
    first = int(sender.ack_row.searchsorted(copy))
    if way:
        first = max(first, int(sender.ack_time.searchsorted(int(sender.trace.time[copy]) + way + way // SOON)))
    asking = (sender.trace.acked[sender.ack_row[first:passed][:SACKS]] == start).nonzero()[0]
    return int(sender.ack_row[first + asking[0]]) if len(asking) else -1


def _first_shown(sender: Sender, passed: int, start: int, end: int) -> tuple[int, int]:
    """The first acknowledgment after a copy that shows its first byte as received, and its time; -1: none."""
    found = int(sender.una.searchsorted(start, side="right"))
    first = int(sender.block_ack.searchsorted(passed))
    last = min(first + SACKS, int(sender.block_ack.searchsorted(found)))
    if first < last:
        covers = (sender.block_from[first:last] <= start) & (sender.block_to[first:last] >= end)
        at = (covers & (sender.block_old[first:last] == 0)).nonzero()[0]
        if len(at):
            found = int(sender.block_ack[first + at[0]])
    if found >= len(sender.una):
        return -1, 0
    return int(sender.ack_row[found]), int(sender.ack_time[found])


def _echoed(sender: Sender, row: int, ack: int, start: int, end: int) -> int | None:
    """Whether the answer echoes an earlier (-1), this (0) or a later copy (1); None: it does not say.

    It echoes the packet that moved the edge, so it speaks of this segment only if the edge stood in it. A repeated segment
    that ends at the edge is echoed too, though nobody needed it (RFC 7323 section 4.3 takes any that begins below the edge).
    """
    trace = sender.trace
    at = int(sender.ack_row.searchsorted(ack))
    edge = sender.una_after(at)
    if trace.tsval[row] < 0 or trace.tsecr[ack] <= 0 or not (start <= edge <= end or trace.flags[row] & SYN):
        return None
    d = serial(int(trace.tsecr[ack]), int(trace.tsval[row]))
    if d == 0 and int(sender.una[at]) == end and int(trace.time[ack]) > int(trace.time[row]) + sender.far + ANSWER_NS:
        return None
    return -1 if d < 0 else 1 if d > 0 else 0


def _came_before(sender: Sender, segments: Segments, row: int, ack: int, shown: int) -> bool:
    """Without SACK: whether the acknowledgment that passed this copy was caused by an earlier segment that filled a hole.

    It then covers more than an acknowledgment of bytes that come in order does, or bytes beyond this copy that nobody had sent
    again by then: they, and these, lay behind that hole.
    """
    trace = sender.trace
    at = int(sender.ack_row.searchsorted(ack))
    una, edge = int(sender.una[at]), sender.una_after(at)
    if not NOWHERE < edge < int(trace.start[row]) or una < int(trace.end[row]):
        return False
    if una - edge > sender.usual_advance:
        return True
    rows = sender.segments
    sent = rows[int(rows.searchsorted(row)) : int(rows.searchsorted(ack))][-SACKS:]
    again = sent[(segments.kind[sent] == Kind.RETRANSMISSION) & (trace.time[sent] <= shown - int(HASTE * sender.far))]
    return not bool(((trace.start[again] < una) & (trace.end[again] >= una)).any())


def _answers_lost(sender: Sender, row: int, ack: int) -> bool:
    """Whether the answer to this copy was late because acknowledgments were lost, not data.

    Then it is the first one to tell of earlier segments, too, which were sent a round trip before this copy.
    """
    at = int(sender.ack_row.searchsorted(ack))
    edge = sender.una_after(at)
    trace, rows = sender.trace, sender.segments
    before = rows[: int(rows.searchsorted(row))][-FLIGHT:]
    told = before[(trace.start[before] >= edge) & (trace.end[before] <= int(sender.una[at]))]
    if not len(told) or int(trace.start[told[0]]) >= int(trace.start[row]):
        return False
    return int(trace.time[told[0]]) < int(trace.time[row]) - sender.far
