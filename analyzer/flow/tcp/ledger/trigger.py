"""What made a sender send a segment again, told from what it knew by then (VERDICTS.md section 4).

The sender is followed through its episodes as Linux does it: *recovery* begins with a fast retransmission and ends when
everything is acknowledged that was sent before it (RFC 6675 section 5), *loss* begins with a timeout and ends in the same
way (RFC 6298 section 5), and a probe is open until its segment is acknowledged (RFC 8985 section 7.4).
"""

from __future__ import annotations

from copy import copy
from typing import Final

import numpy as np

from .episode import WINDOW, Episode
from .sender import NOWHERE, Sender
from .trace import ACK, SYN
from .verdict import Kind, Segments, Trigger

DUPLICATES: Final = 3  #: duplicate acknowledgments that mean loss (RFC 5681 section 3.2)
PROBE_ROUND_TRIPS: Final = 3  #: until a probe is sent, at most: two smoothed ones (RFC 8985 section 7.2)
PROBE_LEAST: Final = 1.5  #: and at least
PROBE_DELAY_NS: Final = 250_000_000  #: and what a single segment waits for a delayed acknowledgment
CLOCKED_NS: Final = 20_000_000  #: an answer to an acknowledgment leaves that soon, and a round trip later at most
HASTE_NS: Final = 10_000_000
TIMER_SHARE: Final = 0.7  #: of the shortest possible timeout have to be over
MOST_DOUBLINGS: Final = 6  #: of the timeout (RFC 6298 section 5.5) that are told apart


def judge(sender: Sender, segments: Segments) -> None:
    """Fill in `trigger` for the retransmissions of one direction."""
    trace, rows = sender.trace, sender.segments
    found = rows[segments.kind[rows] == Kind.RETRANSMISSION]
    episode = Episode(sender, rows[segments.kind[rows] == Kind.LATE_ORIGINAL])
    for row in found.tolist():
        if trace.flags[row] & SYN:
            trigger = Trigger.SYNACK_TIMER if trace.flags[row] & ACK else Trigger.SYN_TIMER
        else:
            trigger, episode = _of_data(sender, segments, row, episode)
        segments.trigger[row] = trigger
        episode.send_again(int(trace.end[row]))


def _of_data(sender: Sender, segments: Segments, row: int, episode: Episode) -> tuple[Trigger, Episode]:
    """The trigger, and the episode that the sender is in then.

    What acknowledgments explain is not a timer's: those that the sender knew for certain, while it repaired something already;
    those that it knew as far as time tells; those that it may have known at most.
    """
    least, known, most = sender.least_known_acks(row), sender.known_acks(row), sender.most_known_acks(row)
    asking = int(sender.una.searchsorted(int(sender.trace.start[row]), side="right"))  # nobody repeats what he knows to be there
    held_up = asking < known
    least, known, most = min(least, asking), min(known, asking), min(most, asking)
    tried = [known] if episode.recovery == NOWHERE or least == known else [least, known]
    for acks in tried if most <= known else [*tried, most]:
        then = copy(episode)
        told = _hinted(sender, segments, row, then, acks, held_up)
        if told is not None:
            return told, then
    episode.advance(sender.una_after(known), known)
    return _timed(sender, segments, row, episode, known), episode


def _timed(sender: Sender, segments: Segments, row: int, episode: Episode, acks: int) -> Trigger:
    """Which timer it was: that of a probe, or the one for retransmission."""
    trace = sender.trace
    time, end = int(sender.left[row]), int(trace.end[row])
    highest = episode.highest_sent(row)
    sacked = acks > 0 and _sacked_above(sender, segments, row, acks)
    waited = time - sender.near - _waiting_since(sender, segments, row, acks, episode)
    rto = sender.least_rto_ns << min(episode.timeouts, MOST_DOUBLINGS)
    times, last = segments.traceless.get(row, (1, highest))
    highest = max(highest, last)
    in_time = row not in segments.repeats or waited <= PROBE_ROUND_TRIPS * sender.rtt + PROBE_DELAY_NS
    first = times == 1 and episode.probe == NOWHERE and episode.loss == NOWHERE
    if waited < PROBE_LEAST * sender.rtt:
        return Trigger.UNKNOWN  # no timer is that fast
    if in_time and first and sender.probes and end >= highest and not sacked:
        episode.probe = end
        episode.last_timer = time
        return Trigger.TLP
    if waited >= TIMER_SHARE * rto:
        episode.loss = highest
        episode.begin(row, acks)
        episode.recovery = NOWHERE
        episode.last_timer = time
        episode.timeouts += 1
        episode.timed_out = sender.una_after(acks)
        return Trigger.RTO
    return Trigger.UNKNOWN


def _hinted(sender: Sender, segments: Segments, row: int, episode: Episode, acks: int, held_up: bool) -> Trigger | None:
    """What acknowledgments made the sender do, if it were these; None: nothing.

    held_up: later ones passed, but were lost or late behind the capture point, so these may have come late as well.
    """
    trace = sender.trace
    time, start = int(sender.left[row]), int(trace.start[row])
    una = sender.una_after(acks)
    episode.advance(una, acks)
    if not acks:
        return None
    age = 0 if held_up else max(0, time - sender.near - int(sender.learnt[1][acks - 1]))
    sacked = _sacked_above(sender, segments, row, acks)
    fresh = age <= sender.rtt + CLOCKED_NS
    waited = time - sender.near - _waiting_since(sender, segments, row, acks, episode)
    if held_up:  # the timer does not know of them either: it counts from the last copy
        copy_row = segments.repeats.get(row, -1)
        came = episode.loss != NOWHERE and start > episode.timed_out  # it goes on behind what the timer repeated: some came
        waited = time - int(sender.left[copy_row]) if copy_row >= 0 and not came else 0
    late = waited >= TIMER_SHARE * sender.least_rto_ns
    if start < episode.loss and fresh and una < episode.loss and not (late and start <= una):
        return Trigger.RTO_RECOVERY
    if late and start <= una:
        silent = time - sender.near - int(sender.learnt[0][acks - 1]) >= TIMER_SHARE * sender.least_rto_ns
        if silent or not (sender.sack or _just_complained(sender, acks, time)):
            return None  # without SACK, duplicates go on, but only the timer repairs what was lost again (RFC 6582)
    hint = sacked or (una <= start and _duplicates(sender, acks) >= DUPLICATES)
    if hint and age <= (sender.rtt if sacked else sender.rtt // 4) + HASTE_NS + sender.slack:
        segments.prove(row, int(sender.ack_row[acks - 1]))
        if episode.recovery != NOWHERE:
            return Trigger.FAST_RECOVERY
        episode.recovery = episode.highest_sent(row)
        episode.begin(row, acks)
        return Trigger.FAST_RETRANSMIT
    if start < episode.recovery and fresh:
        return Trigger.FAST_RECOVERY  # NewReno: a partial acknowledgment shows the next hole (RFC 6582)
    return None


def _sacked_above(sender: Sender, segments: Segments, row: int, acks: int) -> bool:
    """Whether the sender knew that bytes above a segment had arrived while its own had not."""
    end = segments.missing.get(row, int(sender.trace.end[row]))
    return int(sender.sack_high[acks - 1]) > max(end, sender.una_after(acks))


def _just_complained(sender: Sender, acks: int, time: int) -> bool:
    """Whether the sender learnt just now of the duplicate acknowledgment that means loss."""
    first = int(sender.advance[acks - 1])
    third = first + int(sender.dups[first:acks].searchsorted(DUPLICATES))
    return third < acks and time - sender.near - int(sender.learnt[0][third]) <= sender.rtt // 4 + HASTE_NS


def _duplicates(sender: Sender, acks: int) -> int:
    """Segments beyond the hole that the sender knows of by duplicate acknowledgments alone.

    One that advances takes away what it covers, not all of them: what is left still counts for the next hole.
    """
    now = int(sender.dups[acks - 1])
    if now >= DUPLICATES or sender.sack:
        return now
    una = sender.una_after(acks)
    first = int(sender.una.searchsorted(una))  # the acknowledgment that advanced to here
    if not first:
        return now
    begin = int(sender.segments.searchsorted(sender.ack_row[first]))
    ends = sender.trace.end[sender.segments[max(0, begin - WINDOW) : begin]]
    covered = int(np.count_nonzero((ends > sender.una_after(first)) & (ends <= una)))
    return now + max(0, int(sender.dups[first - 1]) - max(covered - 1, 0))


def _waiting_since(sender: Sender, segments: Segments, row: int, acks: int, episode: Episode) -> int:
    """When the timer that may have gone off was started, as if it were an acknowledgment seen here.

    That is the latest of the last copy, the last acknowledgment that advanced and the last probe or timeout.
    """
    copy = segments.repeats.get(row, -1)
    sent = [int(sender.left[copy])] if copy >= 0 else []
    if episode.last_timer:
        sent.append(episode.last_timer)
    known = [time - sender.near for time in sent]
    if acks:
        known.append(int(sender.learnt[0][sender.advance[acks - 1]]))
    return max(known, default=int(sender.left[sender.segments[0]]) - sender.near)
