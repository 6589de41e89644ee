# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Unacknowledged segments: acks_frame, ack_rtt, the oldest of them, the span in flight (WIRESHARK.md 1.8 rules 13-15, list part).

The entries of all connections lie in one pool, linked by index. A side keeps them as runs: within a run neither sequence
numbers nor ends ever fall and it spans less than half of the number space, so an ack eats from the head and stops, and the
span is (last end - first seq). New data extends the first run, repeats open a second; a side rarely has three.
Bounds checks are off: this runs for every segment; the caller has reserved an entry and a run for every row.
"""

from enum import IntEnum, auto

import cython

from analyzer.flow.fact import Fact

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
SYN_FIN = cython.declare(cython.int, 3)
LIST_LIMIT = cython.declare(cython.int, 10_000)  # Wireshark's own
RUN_LIMIT = cython.declare(cython.int, 64)  # ours: a segment that would open one more is not remembered

INITIAL_SIDE = (-1, 0, 0, 0)
FIRST_RUN = cython.declare(cython.int, 0)
COUNT = cython.declare(cython.int, 1)
LAST_ACK = cython.declare(cython.int, 2)  # what this side acknowledged last
CHANGED = cython.declare(cython.int, 3)  # 1: a segment was appended since the other side's last ack

ENTRY = (0, 0, 0, 0, -1)
E_SEQ = cython.declare(cython.int, 0)
E_END = cython.declare(cython.int, 1)
E_FRAME = cython.declare(cython.int, 2)
E_TIME = cython.declare(cython.int, 3)
E_NEXT = cython.declare(cython.int, 4)
ENTRY_NEXT = 4  #: E_NEXT, for those who link the pool

RUN = (-1, -1, -1)
HEAD = cython.declare(cython.int, 0)
TAIL = cython.declare(cython.int, 1)
NEXT_RUN = cython.declare(cython.int, 2)
RUN_NEXT = 2  #: NEXT_RUN, likewise


class Pool(IntEnum):
    """What the pool counts."""

    FREE_ENTRY = 0  #: the first free one; the next is its E_NEXT
    FREE_RUN = auto()
    FREE_ENTRIES = auto()
    FREE_RUNS = auto()
    FORGOTTEN = auto()  #: segments that RUN_LIMIT kept out


FREE_ENTRY = cython.declare(cython.int, Pool.FREE_ENTRY)
FREE_RUN = cython.declare(cython.int, Pool.FREE_RUN)
FREE_ENTRIES = cython.declare(cython.int, Pool.FREE_ENTRIES)
FREE_RUNS = cython.declare(cython.int, Pool.FREE_RUNS)
FORGOTTEN = cython.declare(cython.int, Pool.FORGOTTEN)

SIDE = cython.declare(cython.int, Fact.SIDE)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
SEQ = cython.declare(cython.int, Fact.SEQ)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
SENDER_BASE = cython.declare(cython.int, Fact.SENDER_BASE)
FULL = cython.declare(cython.int, Fact.FULL)
OLDEST_FRAME = cython.declare(cython.int, Fact.OLDEST_FRAME)
OLDEST_TIME = cython.declare(cython.int, Fact.OLDEST_TIME)
ACKS_FRAME = cython.declare(cython.int, Fact.ACKS_FRAME)
ACK_RTT = cython.declare(cython.int, Fact.ACK_RTT)
IN_FLIGHT = cython.declare(cython.int, Fact.IN_FLIGHT)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _append(
    sides: cython.longlong[:, ::1],
    entries: cython.longlong[:, ::1],
    runs: cython.longlong[:, ::1],
    counters: cython.longlong[::1],
    f: cython.Py_ssize_t,
    seq: cython.longlong,
    end: cython.longlong,
    frame: cython.longlong,
    time: cython.longlong,
) -> cython.void:
    """One more segment of side f, at the end of the first run that it fits behind."""
    e: cython.longlong = counters[FREE_ENTRY]
    run: cython.longlong = sides[f, FIRST_RUN]
    last_run: cython.longlong = -1
    last: cython.longlong
    number: cython.int = 0
    while run >= 0:
        last = runs[run, TAIL]
        if (
            ((seq - entries[last, E_SEQ]) & M) < HALF
            and ((end - entries[last, E_END]) & M) < HALF
            and ((end - entries[runs[run, HEAD], E_SEQ]) & M) < HALF
        ):
            break
        last_run = run
        run = runs[run, NEXT_RUN]
        number += 1
    if run < 0 and number >= RUN_LIMIT:
        counters[FORGOTTEN] += 1
        return
    counters[FREE_ENTRY] = entries[e, E_NEXT]
    counters[FREE_ENTRIES] -= 1
    entries[e, E_SEQ] = seq
    entries[e, E_END] = end
    entries[e, E_FRAME] = frame
    entries[e, E_TIME] = time
    entries[e, E_NEXT] = -1
    if run >= 0:
        entries[runs[run, TAIL], E_NEXT] = e
        runs[run, TAIL] = e
    else:
        run = counters[FREE_RUN]
        counters[FREE_RUN] = runs[run, NEXT_RUN]
        counters[FREE_RUNS] -= 1
        runs[run, NEXT_RUN] = -1
        runs[run, HEAD] = e
        runs[run, TAIL] = e
        if last_run < 0:
            sides[f, FIRST_RUN] = run
        else:
            runs[last_run, NEXT_RUN] = run
    sides[f, COUNT] += 1
    sides[f, CHANGED] = 1


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _release(entries: cython.longlong[:, ::1], counters: cython.longlong[::1], e: cython.longlong) -> cython.longlong:
    """Entry e is free again; returns its successor."""
    after: cython.longlong = entries[e, E_NEXT]
    entries[e, E_NEXT] = counters[FREE_ENTRY]
    counters[FREE_ENTRY] = e
    counters[FREE_ENTRIES] += 1
    return after


@cython.cfunc
@cython.exceptval(check=False)
def _cut(
    entries: cython.longlong[:, ::1],
    runs: cython.longlong[:, ::1],
    counters: cython.longlong[::1],
    run: cython.longlong,
    ack: cython.longlong,
) -> cython.longlong:
    """Where a run reaches more than half of the number space past the ack, its end counts as before it. How many entries go."""
    gone: cython.longlong = 0
    e: cython.longlong = runs[run, HEAD]
    after: cython.longlong = entries[e, E_NEXT]
    while after >= 0 and ((ack - entries[after, E_END]) & M) >= HALF:
        e = after
        after = entries[e, E_NEXT]
    entries[e, E_NEXT] = -1
    runs[run, TAIL] = e
    while after >= 0:
        after = _release(entries, counters, after)
        gone += 1
    return gone


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _acknowledge(
    sides: cython.longlong[:, ::1],
    entries: cython.longlong[:, ::1],
    runs: cython.longlong[:, ::1],
    counters: cython.longlong[::1],
    facts: cython.longlong[:, ::1],
    i: cython.Py_ssize_t,
    r: cython.Py_ssize_t,
    ack: cython.longlong,
) -> cython.void:
    """Rule 14: segment i acknowledges segments of side r."""
    before: cython.longlong = -1
    run: cython.longlong = sides[r, FIRST_RUN]
    after: cython.longlong
    e: cython.longlong
    ahead: cython.longlong
    while run >= 0:
        after = runs[run, NEXT_RUN]
        e = runs[run, HEAD]
        while e >= 0:
            ahead = (ack - entries[e, E_END]) & M
            if ahead == 0:
                if facts[ACKS_FRAME, i] == 0 or entries[e, E_FRAME] < facts[ACKS_FRAME, i]:
                    facts[ACKS_FRAME, i] = entries[e, E_FRAME]
                    facts[ACK_RTT, i] = facts[TIME, i] - entries[e, E_TIME]
            elif ahead >= HALF:
                break
            e = _release(entries, counters, e)
            sides[r, COUNT] -= 1
        if e >= 0:
            runs[run, HEAD] = e
            if ((ack - entries[runs[run, TAIL], E_END]) & M) < HALF:
                sides[r, COUNT] -= _cut(entries, runs, counters, run, ack)
            while e >= 0 and ((entries[e, E_SEQ] - ack) & M) >= HALF:  # the ack lies inside: the rest of the segment stays
                entries[e, E_SEQ] = ack
                e = entries[e, E_NEXT]
            before = run
        else:
            if before < 0:
                sides[r, FIRST_RUN] = after
            else:
                runs[before, NEXT_RUN] = after
            runs[run, NEXT_RUN] = counters[FREE_RUN]
            counters[FREE_RUN] = run
            counters[FREE_RUNS] += 1
        run = after
    sides[r, CHANGED] = 0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _in_flight(
    entries: cython.longlong[:, ::1], runs: cython.longlong[:, ::1], run: cython.longlong, base: cython.longlong
) -> cython.longlong:
    """Largest end - smallest seq of a side, both relative to its base."""
    low: cython.longlong = M
    high: cython.longlong = 0
    first: cython.longlong
    last: cython.longlong
    e: cython.longlong
    while run >= 0:
        first = (entries[runs[run, HEAD], E_SEQ] - base) & M
        last = (entries[runs[run, TAIL], E_END] - base) & M
        if last < first:  # relative numbers wrap inside this run: neither end of it need be the extreme
            e = runs[run, HEAD]
            while e >= 0:
                first = (entries[e, E_SEQ] - base) & M
                last = (entries[e, E_END] - base) & M
                low = first if first < low else low
                high = last if last > high else high
                e = entries[e, E_NEXT]
        else:
            low = first if first < low else low
            high = last if last > high else high
        run = runs[run, NEXT_RUN]
    return (high - low) & M


def track(
    count: cython.Py_ssize_t,
    facts: cython.longlong[:, ::1],
    sides: cython.longlong[:, ::1],
    entries: cython.longlong[:, ::1],
    runs: cython.longlong[:, ::1],
    counters: cython.longlong[::1],
) -> None:
    """Fill in FULL, OLDEST_*, ACKS_FRAME, ACK_RTT, IN_FLIGHT."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.Py_ssize_t
    run: cython.longlong
    e: cython.longlong
    end: cython.longlong
    ack: cython.longlong
    length: cython.longlong
    syn_fin: cython.longlong
    for i in range(count):
        facts[ACKS_FRAME, i] = 0
        facts[ACK_RTT, i] = 0
        facts[IN_FLIGHT, i] = 0
        facts[OLDEST_FRAME, i] = 0
        facts[FULL, i] = 0
        length = facts[LENGTH, i]
        if length < 0:
            continue
        f = facts[SIDE, i]
        r = f ^ 1
        syn_fin = facts[FLAGS, i] & SYN_FIN
        if sides[f, COUNT] >= LIST_LIMIT:
            facts[FULL, i] = 1
        if length > 0 or syn_fin:
            run = sides[f, FIRST_RUN]
            while run >= 0:
                e = runs[run, HEAD]
                if facts[OLDEST_FRAME, i] == 0 or entries[e, E_FRAME] < facts[OLDEST_FRAME, i]:
                    facts[OLDEST_FRAME, i] = entries[e, E_FRAME]
                    facts[OLDEST_TIME, i] = entries[e, E_TIME]
                run = runs[run, NEXT_RUN]
            if not facts[FULL, i]:
                end = facts[SEQ, i] + length
                if syn_fin:
                    end += 1
                _append(sides, entries, runs, counters, f, facts[SEQ, i], end & M, facts[FRAME, i], facts[TIME, i])
        ack = facts[ACK, i]
        if sides[r, FIRST_RUN] >= 0 and (sides[r, CHANGED] or ack != sides[f, LAST_ACK]):
            _acknowledge(sides, entries, runs, counters, facts, i, r, ack)
        sides[f, LAST_ACK] = ack
        if length > 0 and sides[f, FIRST_RUN] >= 0:
            facts[IN_FLIGHT, i] = _in_flight(entries, runs, sides[f, FIRST_RUN], facts[SENDER_BASE, i])


def release(
    chosen: cython.const[cython.longlong][::1],
    sides: cython.longlong[:, ::1],
    entries: cython.longlong[:, ::1],
    runs: cython.longlong[:, ::1],
    counters: cython.longlong[::1],
) -> None:
    """Give back all that these sides hold."""
    i: cython.Py_ssize_t
    run: cython.longlong
    after: cython.longlong
    e: cython.longlong
    for i in range(chosen.shape[0]):
        run = sides[chosen[i], FIRST_RUN]
        while run >= 0:
            e = runs[run, HEAD]
            while e >= 0:
                e = _release(entries, counters, e)
            after = runs[run, NEXT_RUN]
            runs[run, NEXT_RUN] = counters[FREE_RUN]
            counters[FREE_RUN] = run
            counters[FREE_RUNS] += 1
            run = after
        sides[chosen[i], FIRST_RUN] = -1
        sides[chosen[i], COUNT] = 0
