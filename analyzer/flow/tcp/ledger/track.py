# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Write every packet of every connection into the log, with 64-bit stream offsets, and mark the connections with trouble.

An offset is made of a sequence number that is taken to be less than 2^31 away from the highest one sent. It is the one of
flow/stream/offsets.py where the stream was seen from its SYN; of others that one counts from the first data.

Bounds checks are off: this runs for every segment; the caller hands columns of one length, log records for two of each row,
and the walk has checked that the IP header at `network` is there.
"""

import cython

from analyzer.flow.fact import Fact, Shown

from . import record
from .record import LedgerSide, LedgerSlot, Pool, Record, Trouble
from .trace import NO_ACK as NOTHING_ACKED

M = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 0x80000000)
NO_ACK = cython.declare(cython.longlong, NOTHING_ACKED)
FIN = cython.declare(cython.int, 0x01)
SYN = cython.declare(cython.int, 0x02)
RST = cython.declare(cython.int, 0x04)
ACK_FLAG = cython.declare(cython.int, 0x10)
SYN_FIN = cython.declare(cython.int, 0x03)
HEADER = cython.declare(cython.int, 20)
SACK_BIT = cython.declare(cython.int, 8)
SACK_PERMITTED_BIT = cython.declare(cython.int, 4)
STAMPS_BIT = cython.declare(cython.int, 16)
SACK_OPTION = cython.declare(cython.int, 5)
IPV4_ID = cython.declare(cython.int, 4)
IPV4_TTL = cython.declare(cython.int, 8)
IPV6_HOP_LIMIT = cython.declare(cython.int, 7)
LINK_BYTES = cython.declare(cython.int, 64)  # of the headers before IP that tell links apart
WORD = cython.declare(cython.ulonglong, 0xFFFFFFFF)
FNV_PRIME = cython.declare(cython.ulonglong, 0x01000193)
FNV_BASIS = cython.declare(cython.ulonglong, 0x811C9DC5)
DELAYED_NS = cython.declare(cython.longlong, 35_000_000)  # no delayed acknowledgment is earlier, of stacks that are in use
AT_ONCE_NS = cython.declare(cython.longlong, 5_000_000)
NEAR_IDS = cython.declare(cython.int, 64)  # an IP identification that went on by so many may be a counter

PREVIOUS = cython.declare(cython.int, Record.PREVIOUS)
RECORD_FRAME = cython.declare(cython.int, Record.FRAME)
RECORD_TIME = cython.declare(cython.int, Record.TIME)
START = cython.declare(cython.int, Record.START)
ACKED = cython.declare(cython.int, Record.ACKED)
META = cython.declare(cython.int, Record.META)
RECORD_WINDOW = cython.declare(cython.int, Record.WINDOW)
LINK = cython.declare(cython.int, Record.LINK)
TSVAL = cython.declare(cython.int, Record.TSVAL)
TSECR = cython.declare(cython.int, Record.TSECR)
SACK_FRAME = cython.declare(cython.int, record.SACK_FRAME)
BLOCKS = cython.declare(cython.int, record.BLOCKS)
IS_STAMPED = cython.declare(cython.int, record.IS_STAMPED)
OFFERS_SACK = cython.declare(cython.int, record.OFFERS_SACK)

BASE = cython.declare(cython.int, LedgerSide.BASE)
STARTED = cython.declare(cython.int, LedgerSide.STARTED)
HIGH = cython.declare(cython.int, LedgerSide.HIGH)
DATA_TIME = cython.declare(cython.int, LedgerSide.DATA_TIME)
LEAST_ANSWER = cython.declare(cython.int, LedgerSide.LEAST_ANSWER)
LATE_ACK_TIME = cython.declare(cython.int, LedgerSide.LATE_ACK_TIME)
LAST_ACKED = cython.declare(cython.int, LedgerSide.ACKED)
LAST_ID = cython.declare(cython.int, LedgerSide.IP_ID)
IDS_NEXT = cython.declare(cython.int, LedgerSide.IDS_NEXT)
IDS_PASSED = cython.declare(cython.int, LedgerSide.IDS_PASSED)
FIRST_FREE = cython.declare(cython.int, Pool.FIRST_FREE)
FRESH = cython.declare(cython.int, Pool.FRESH)
USED = cython.declare(cython.int, Pool.USED)
LAST = cython.declare(cython.int, LedgerSlot.LAST)
COUNT = cython.declare(cython.int, LedgerSlot.COUNT)
TROUBLE = cython.declare(cython.int, LedgerSlot.TROUBLE)
OLDEST = cython.declare(cython.int, LedgerSlot.OLDEST)
CLOSED = cython.declare(cython.int, LedgerSlot.CLOSED)
REPORTED = cython.declare(cython.int, LedgerSlot.REPORTED)
CUT = cython.declare(cython.int, LedgerSlot.CUT)
LATE_ACK = cython.declare(cython.int, Trouble.LATE_ACK)
DISORDER = cython.declare(cython.int, Trouble.DISORDER)
SACKED = cython.declare(cython.int, Trouble.SACK)
REPEATED_ACK = cython.declare(cython.int, Trouble.REPEATED_ACK)
PASSED_IDS = cython.declare(cython.int, Trouble.PASSED_IDS)

SIDE = cython.declare(cython.int, Fact.SIDE)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
SIZE = cython.declare(cython.int, Fact.SIZE)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
SEQ = cython.declare(cython.int, Fact.SEQ)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
WINDOW = cython.declare(cython.int, Fact.WINDOW)
WINDOW_SIZE = cython.declare(cython.int, Fact.WINDOW_SIZE)
WINDOW_SCALE = cython.declare(cython.int, Fact.WINDOW_SCALE)
INITIAL_RTT = cython.declare(cython.int, Fact.INITIAL_RTT)
SHOWN = cython.declare(cython.int, Fact.SHOWN)
SHOWN_WINDOW = cython.declare(cython.int, Shown.WINDOW)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _distance(number: cython.longlong, origin: cython.longlong) -> cython.longlong:
    """number - origin, modulo 2^32, as the signed number nearest to 0."""
    d: cython.longlong = (number - origin) & M
    return d - M - 1 if d >= HALF else d


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _word(data: cython.const[cython.uchar][::1], p: cython.Py_ssize_t) -> cython.longlong:
    return cython.cast(cython.longlong, data[p]) << 24 | data[p + 1] << 16 | data[p + 2] << 8 | data[p + 3]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _step(number: cython.longlong, before: cython.longlong) -> cython.longlong:
    """How far an IP identification went on, in the byte order in which that is less."""
    d: cython.longlong = (number - before) & 0xFFFF
    number = (number >> 8) | (number & 0xFF) << 8
    before = (before >> 8) | (before & 0xFF) << 8
    return min(d, (number - before) & 0xFFFF)


def track(
    count: cython.Py_ssize_t,
    facts: cython.longlong[:, ::1],
    data: cython.const[cython.uchar][::1],
    row: cython.const[cython.longlong][::1],
    at: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    network: cython.const[cython.longlong][::1],
    version: cython.const[cython.uchar][::1],
    kinds: cython.const[cython.uchar][::1],
    hdr_len: cython.const[cython.uchar][::1],
    tsval: cython.const[cython.uint][::1],
    tsecr: cython.const[cython.uint][::1],
    frame_start: cython.const[cython.longlong][::1],
    interface: cython.const[cython.int][::1],
    records: cython.longlong[:, ::1],
    pool: cython.longlong[::1],
    sides: cython.longlong[:, ::1],
    slots: cython.longlong[:, ::1],
) -> None:
    """Append the packets to the log."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    entry: cython.longlong
    size: cython.int
    block: cython.int
    flags: cython.longlong
    length: cython.longlong
    start: cython.longlong
    behind: cython.longlong
    acked: cython.longlong
    word: cython.longlong
    ident: cython.longlong
    step: cython.longlong
    hops: cython.longlong
    window: cython.longlong
    time: cython.longlong
    answer: cython.longlong
    trouble: cython.longlong
    base: cython.longlong
    link: cython.ulonglong
    free: cython.longlong = pool[FIRST_FREE]
    fresh: cython.longlong = pool[FRESH]
    used: cython.longlong = pool[USED]
    for i in range(count):
        f = facts[SIDE, i]
        length = facts[LENGTH, i]
        if f < 0 or length < 0 or facts[SIZE, i] < 0 or facts[SHOWN, i] < SHOWN_WINDOW:
            continue
        r = f ^ 1
        slot = f >> 1
        flags = facts[FLAGS, i]
        time = facts[TIME, i]
        trouble = 0
        word = facts[SEQ, i]
        if sides[f, STARTED] == 0:
            sides[f, STARTED] = 1
            sides[f, BASE] = (word + 1) & M if flags & SYN else word
            sides[f, HIGH] = -1 if flags & SYN else 0
        start = sides[f, HIGH] + _distance(word, sides[f, BASE] + sides[f, HIGH])
        if flags & SYN:
            start = -1  # one with another number, as an answer to a repeated SYN may have, is no byte of this stream either
        behind = start + length + (1 if flags & SYN else 0) + (1 if flags & FIN else 0)
        if behind > start:
            if start != sides[f, HIGH]:
                trouble |= DISORDER
            if behind > sides[f, HIGH] and flags & RST == 0:
                sides[f, HIGH] = behind
        acked = NO_ACK
        if flags & ACK_FLAG:
            word = facts[ACK, i]
            if sides[r, STARTED] == 0:
                sides[r, STARTED] = 1
                sides[r, BASE] = word
                sides[r, HIGH] = 0
            base = sides[r, BASE]
            acked = sides[r, HIGH] + _distance(word, base + sides[r, HIGH])
            if behind == start and acked == sides[f, LAST_ACKED] and acked < sides[r, HIGH] and flags & RST == 0:
                trouble |= REPEATED_ACK
            if acked > sides[f, LAST_ACKED] and sides[r, DATA_TIME]:
                answer = time - sides[r, DATA_TIME]
                if sides[r, LEAST_ANSWER] == 0 or answer < sides[r, LEAST_ANSWER]:
                    sides[r, LEAST_ANSWER] = answer
                elif length == 0 and answer >= sides[r, LEAST_ANSWER] + DELAYED_NS:
                    sides[r, LATE_ACK_TIME] = time
            sides[f, LAST_ACKED] = acked
        if length > 0:
            if sides[f, LATE_ACK_TIME]:
                if time - sides[f, LATE_ACK_TIME] <= facts[INITIAL_RTT, i] + AT_ONCE_NS:
                    trouble |= LATE_ACK
                sides[f, LATE_ACK_TIME] = 0
            sides[f, DATA_TIME] = time
        if flags & RST:
            slots[slot, CLOSED] |= 4
        elif flags & FIN:
            slots[slot, CLOSED] |= 1 << (f & 1)

        ident = -1
        hops = 0
        link = FNV_BASIS ^ cython.cast(cython.ulonglong, interface[row[i]])
        p = network[i]
        if p >= 0:
            if version[i] == 4:
                ident = data[p + IPV4_ID] << 8 | data[p + IPV4_ID + 1]
                hops = data[p + IPV4_TTL]
                if sides[f, LAST_ID] >= 0:
                    step = _step(ident, sides[f, LAST_ID])
                    if step == 1:
                        sides[f, IDS_NEXT] += 1
                    elif 1 < step <= NEAR_IDS:
                        sides[f, IDS_PASSED] += 1
                        trouble |= PASSED_IDS
            elif version[i] == 6:
                hops = data[p + IPV6_HOP_LIMIT]
            q = frame_start[row[i]]
            if q <= p:
                stop = p if p - q < LINK_BYTES else q + LINK_BYTES
                while q < stop:
                    link = ((link ^ cython.cast(cython.ulonglong, data[q])) * FNV_PRIME) & WORD
                    q += 1
        sides[f, LAST_ID] = ident

        window = facts[WINDOW_SIZE, i] if facts[WINDOW_SCALE, i] > 0 else facts[WINDOW, i]
        if free >= 0:
            entry = free
            free = records[entry, PREVIOUS]
        else:
            entry = fresh
            fresh += 1
        used += 1
        records[entry, PREVIOUS] = slots[slot, LAST]
        records[entry, RECORD_FRAME] = facts[FRAME, i]
        records[entry, RECORD_TIME] = time
        records[entry, START] = start
        records[entry, ACKED] = acked
        word = length << 32 | hops << 24 | flags << 8 | (f & 1)
        if kinds[i] & STAMPS_BIT:
            word |= IS_STAMPED
        if kinds[i] & SACK_PERMITTED_BIT:
            word |= OFFERS_SACK
        records[entry, META] = word
        records[entry, RECORD_WINDOW] = window << 17 | (0 if ident < 0 else 0x10000 | ident)
        records[entry, LINK] = cython.cast(cython.longlong, link)
        records[entry, TSVAL] = tsval[i]
        records[entry, TSECR] = tsecr[i]
        slots[slot, LAST] = entry
        slots[slot, COUNT] += 1
        if slots[slot, OLDEST] == 0:
            slots[slot, OLDEST] = facts[FRAME, i]

        if kinds[i] & SACK_BIT and acked != NO_ACK:
            q = at[i] + HEADER
            stop = at[i] + hdr_len[i]
            if stop > end[i]:
                stop = end[i]
            while q + 1 < stop:
                if data[q] == 1:
                    q += 1
                    continue
                size = data[q + 1]
                if data[q] == 0 or size < 2:
                    break
                if data[q] == SACK_OPTION:
                    if q + size > stop:
                        size = cython.cast(cython.int, stop - q)
                    if free >= 0:
                        entry = free
                        free = records[entry, PREVIOUS]
                    else:
                        entry = fresh
                        fresh += 1
                    used += 1
                    records[entry, PREVIOUS] = slots[slot, LAST]
                    records[entry, RECORD_FRAME] = SACK_FRAME
                    for block in range(BLOCKS):
                        records[entry, RECORD_TIME + 2 * block] = 0
                        records[entry, RECORD_TIME + 2 * block + 1] = 0
                        if 2 + 8 * block + 8 <= size:
                            p = q + 2 + 8 * block
                            word = sides[r, HIGH] + _distance(_word(data, p), sides[r, BASE] + sides[r, HIGH])
                            records[entry, RECORD_TIME + 2 * block] = word
                            records[entry, RECORD_TIME + 2 * block + 1] = word + ((_word(data, p + 4) - _word(data, p)) & M)
                    slots[slot, LAST] = entry
                    slots[slot, COUNT] += 1
                    trouble |= SACKED
                    break
                q += size
        if trouble:
            slots[slot, TROUBLE] |= trouble
    pool[FIRST_FREE] = free
    pool[FRESH] = fresh
    pool[USED] = used


def gather(last: cython.longlong, records: cython.const[cython.longlong][:, ::1], chain: cython.longlong[::1]) -> int:
    """Fill `chain` from its end with the records of a connection, the latest last; how many of them are packets."""
    at: cython.Py_ssize_t = chain.shape[0]
    packets: cython.Py_ssize_t = 0
    while last >= 0 and at > 0:
        at -= 1
        chain[at] = last
        packets += records[last, RECORD_FRAME] >= 0
        last = records[last, PREVIOUS]
    return int(packets)


def release(chain: cython.const[cython.longlong][::1], records: cython.longlong[:, ::1], pool: cython.longlong[::1]) -> None:
    """These records are free again."""
    i: cython.Py_ssize_t
    for i in range(chain.shape[0]):
        records[chain[i], PREVIOUS] = pool[FIRST_FREE]
        pool[FIRST_FREE] = chain[i]
    pool[USED] -= chain.shape[0]


def discard(
    slots: cython.const[cython.longlong][::1],
    connections: cython.longlong[:, ::1],
    records: cython.longlong[:, ::1],
    pool: cython.longlong[::1],
) -> None:
    """All records of these connections are free again."""
    i: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    at: cython.longlong
    before: cython.longlong
    for i in range(slots.shape[0]):
        slot = slots[i]
        at = connections[slot, LAST]
        while at >= 0:
            before = records[at, PREVIOUS]
            records[at, PREVIOUS] = pool[FIRST_FREE]
            pool[FIRST_FREE] = at
            at = before
        pool[USED] -= connections[slot, COUNT]
        connections[slot, CUT] |= connections[slot, COUNT] > 0
        connections[slot, LAST] = -1
        connections[slot, COUNT] = connections[slot, REPORTED] = connections[slot, OLDEST] = 0
