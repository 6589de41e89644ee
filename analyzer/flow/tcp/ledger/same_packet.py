"""Which rows of a trace show one and the same packet, not two packets that look alike.

Same packet: equal direction, sequence number, length, flags, acknowledgment number, window, time stamps, IP identification and
SACK blocks. A stack that sends data again takes a new IP identification and, a tick later, a new TSval (RFC 7323 section 4.2), so
equality is proof where the identification of the sender changes from packet to packet. Where it does not (IPv6, 0, a constant,
the old one again after a timeout; RFC 6864 allows any value), only causes can tell two packets apart:

- The same TSval is not in use for longer than a tick. Later sightings of it are the same packet; of equal ACKs only with SACK.
- Data, SYN and FIN are sent again after a timer or after feedback about what was lost. What is nearer to the first sighting
  of new data than the sender's turn-around, or nearer than any timer while nothing came from the other side, is the same
  packet. With time stamps the same TSval stands in two transmissions only if the round trip is shorter than a tick.
- ACKs, SYN/ACKs and RSTs answer packets, and equal answers to several packets are normal: duplicate ACKs. They are the same
  packet only if seen at two places, one right after the other.
- Where nearly all packets of both directions are seen as often, these, too, are counted off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64

from .clock import tick_ns
from .place import place, turn
from .trace import ACK, FIN, NONE, SYN, Trace

MSL_NS: Final = 120_000_000_000  #: maximum segment lifetime (RFC 9293 section 3.4.2): no copy is older
SHORTEST_TIMER_NS: Final = 2_000_000  #: nobody sends again sooner without feedback (Linux: TCP_TIMEOUT_MIN)
TIMEOUT_NS: Final = 200_000_000  #: a retransmission timer may have run out (the usual minimum, RFC 8985 section 7.3)
CHANGING: Final = 0.5  #: identifications per packet from which on they tell packets apart
MOST_SIGHTINGS: Final = 8  #: more equal packets are not one packet that was seen so often
DOUBLED: Final = 0.8  #: share of the packets that are seen several times from which on all of them are
TICKS: Final = 2  #: two sightings of a TSval that are further apart than so many ticks show one transmission
MOMENT_NS: Final = 1_000_000  #: a packet takes no longer from one place of a capture to the next, if nothing else proves it

_FACTORS: Final = tuple(
    np.int64(np.uint64(odd).astype(np.int64))
    for odd in (
        0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F,
        0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3, 0x1D8E4E27C47D124F, 0xEB44ACCAB455D165,
    )
)  # fmt: skip


@dataclass(slots=True)
class SamePackets:
    """Rows that show a packet which another row shows too, packet by packet, each in capture order."""

    row: Int64
    first: Int64  #: row of the packet's first sighting
    doubled: Column  #: by direction: nearly all of its packets were seen several times


def key(trace: Trace) -> Int64:
    """A number for each row that is the same for rows of equal packets."""
    mixed: Int64 = trace.direction * _FACTORS[0]
    columns = (
        trace.start, trace.length, trace.flags, trace.acked, trace.window, trace.tsval, trace.tsecr, trace.ip_id,
    )  # fmt: skip
    for column, factor in zip(columns, _FACTORS[1:], strict=False):
        mixed ^= mixed >> 29
        mixed += column * factor
    if len(trace.sack_row):
        place = np.arange(len(trace.sack_row)) - trace.sack_row.searchsorted(trace.sack_row)
        block = (trace.sack_from * _FACTORS[1]) ^ (trace.sack_to * _FACTORS[2])
        block ^= block >> 31
        np.add.at(mixed, trace.sack_row, block * (2 * place + 1) * _FACTORS[9])
    return mixed


def same_packets(trace: Trace) -> SamePackets | None:
    """All rows that show the packet of another row; None without any."""
    number = key(trace)
    ordered = np.sort(number)
    equal = ordered[1:] == ordered[:-1]
    if not equal.any():
        return None
    alike = (np.isin(number, ordered[1:][equal])).nonzero()[0]
    rows = alike[np.argsort(number[alike], kind="stable")]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = number[rows[1:]] != number[rows[:-1]]
    packets = np.bincount(trace.direction, minlength=2) - np.bincount(trace.direction[rows[~begins]], minlength=2)
    doubled = np.bincount(trace.direction[rows[begins]], minlength=2) >= DOUBLED * packets
    before = np.concatenate([rows[:1], rows[:-1]])
    lag = trace.time[rows] - trace.time[before]
    telling = _identified(trace, packets)[rows]
    late = ~begins & (lag >= TIMEOUT_NS) & (trace.tsval[rows] == NONE)
    for direction in (0, 1):  # some stacks send a packet again as it was: Cisco IOS, load balancers
        if late.any() and (late & telling & (trace.direction[rows] == direction)).any():
            telling &= trace.direction[rows] != direction
    clock = np.array([tick_ns(trace, direction) or 0 for direction in (0, 1)])[trace.direction[rows]]
    stamped_once = (trace.tsval[rows] != NONE) & (clock > 0) & (lag > TICKS * clock) & (len(trace.sack_row) > 0)
    same = ~begins & (telling & ~late | stamped_once) & (lag <= MSL_NS)
    unsure = ~begins & ~same
    answers = np.zeros(len(rows), np.bool_)
    if unsure.any():
        answers = (trace.length[rows] == 0) & (trace.flags[rows] & FIN == 0) & (trace.flags[rows] & (SYN | ACK) != SYN)
        same |= unsure & ~answers & _one_transmission(trace, rows, before, rows[begins][np.cumsum(begins) - 1], clock)
        if doubled.all():
            same |= unsure & _in_step(trace, rows, begins)
    leads = (~same).nonzero()[0]
    first = rows[leads[np.cumsum(~same) - 1]]
    answers &= ~same & ~begins
    if answers.any() and not doubled.all():
        _elsewhere(trace, rows, begins, answers, first)
    member = np.isin(rows, first[first != rows]) | (first != rows)
    return SamePackets(rows[member], first[member], doubled) if member.any() else None


def _in_step(trace: Trace, rows: Int64, begins: Column) -> Column:
    """Of packets that look alike, further sightings, when every packet is seen as often as most of them are."""
    group = np.cumsum(begins) - 1
    often = int(np.bincount(np.bincount(group)).argmax())
    if not 2 <= often <= MOST_SIGHTINGS:
        return np.zeros(len(rows), np.bool_)
    index = np.arange(len(rows))
    nth = (index - begins.nonzero()[0][group]) % often
    further: Column = (nth != 0) & (trace.time[rows] - trace.time[rows[index - nth]] < TIMEOUT_NS)
    return further


def _elsewhere(trace: Trace, rows: Int64, begins: Column, answers: Column, first: Int64) -> None:
    """Answers that look alike, but were seen at two places: the n-th at the one and the n-th at the other are one packet."""
    group = np.cumsum(begins) - 1
    nth = turn(group, place(trace)[rows])
    order = np.lexsort((rows, nth, group))
    new = np.ones(len(rows), np.bool_)
    new[1:] = (group[order][1:] != group[order][:-1]) | (nth[order][1:] != nth[order][:-1])
    shown = np.empty(len(rows), np.int64)
    shown[order] = rows[order][new.nonzero()[0][np.cumsum(new) - 1]]
    near = answers & (trace.time[rows] - trace.time[shown] <= MOMENT_NS)
    known = np.arange(len(trace))
    known[rows] = first
    first[near] = known[shown[near]]  # that one may be a further sighting itself


def _identified(trace: Trace, packets: Int64) -> Column:
    """Rows whose IP identification is not that of all other packets of the sender too."""
    telling: Column = trace.ip_id > 0
    for direction in (0, 1):
        mine = telling & (trace.direction == direction)
        if len(np.unique(trace.ip_id[mine])) < CHANGING * min(packets[direction], 1 << 16):
            telling &= ~mine
    return telling


def _one_transmission(trace: Trace, rows: Int64, before: Int64, first: Int64, clock: Int64) -> Column:
    """For data, SYN and FIN without telling identification: whether the row shows the very transmission that `before` shows.

    `first` is the first of all rows that look like it.
    """
    lag = trace.time[rows] - trace.time[before]
    theirs = np.stack([np.cumsum(trace.direction == direction) for direction in (0, 1)])
    other = 1 - trace.direction[rows]
    unprompted = (theirs[other, rows] == theirs[other, before]) & (lag < SHORTEST_TIMER_NS)
    reaction = np.array([turn_around(trace, direction) for direction in (0, 1)])
    one: Column = unprompted | ((trace.time[rows] - trace.time[first] < reaction[other]) & _brought_new(trace)[first])
    one |= (clock > 0) & (trace.tsval[rows] != NONE) & ((reaction.sum() > clock) | (lag > TICKS * clock))
    one &= lag <= MSL_NS
    return one


def _brought_new(trace: Trace) -> Column:
    """Rows with bytes above all that their sender was seen to send before."""
    new = np.zeros(len(trace), np.bool_)
    for direction in (0, 1):
        mine = (trace.direction == direction).nonzero()[0]
        if len(mine):
            new[mine[0]] = True
            new[mine[1:]] = trace.start[mine[1:]] >= np.maximum.accumulate(trace.end[mine])[:-1]
    return new


def turn_around(trace: Trace, direction: int) -> int:
    """The shortest time (ns) from a packet of this direction to the first packet that acknowledges all of it; 0: unknown."""
    mine = ((trace.direction == direction) & (trace.end > trace.start)).nonzero()[0]
    theirs = ((trace.direction != direction) & (trace.flags & ACK != 0)).nonzero()[0]
    if not len(mine) or not len(theirs):
        return 0
    acked = np.maximum.accumulate(trace.acked[theirs])
    answer = acked.searchsorted(trace.end[mine])
    answered = answer < len(theirs)
    mine, reply = mine[answered], theirs[answer[answered]]
    later = reply > mine
    return int((trace.time[reply] - trace.time[mine])[later].min(initial=MSL_NS)) if later.any() else 0
