# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Which connection a segment belongs to; relative numbers, window scale, times (WIRESHARK.md 1.4, 1.6, 1.7, 1.9-1.11).

This kernel owns all state that does not depend on a verdict, and sets the stage of facts for the others.
Bounds checks are off: it runs for every segment; the caller hands columns of one length, facts that are as long, an
entry for every segment with a conversation and a spare slot for every row.
"""

import cython

from analyzer.flow.fact import Fact, Shown
from analyzer.flow.slots import Counter, Slot
from analyzer.flow.tcp.verdict import Verdict

M = cython.declare(cython.longlong, 0xFFFFFFFF)
FIN = cython.declare(cython.int, 1)
SYN = cython.declare(cython.int, 2)
RST = cython.declare(cython.int, 4)
ACK_FLAG = cython.declare(cython.int, 16)
SACK_BIT = cython.declare(cython.int, 8)
HEADER = cython.declare(cython.int, 20)  # bytes; a data offset below this is bogus
UNKNOWN = cython.declare(cython.int, -1)
UNUSED = cython.declare(cython.int, -2)  # a window scale that one side did not offer

FIRST_TIME = cython.declare(cython.int, Slot.FIRST_TIME)
PREVIOUS_TIME = cython.declare(cython.int, Slot.PREVIOUS_TIME)
SYN_TIME = cython.declare(cython.int, Slot.SYN_TIME)
SLOT_INITIAL_RTT = cython.declare(cython.int, Slot.INITIAL_RTT)
SLOT_COMPLETENESS = cython.declare(cython.int, Slot.COMPLETENESS)
MPTCP_KINDS = cython.declare(cython.int, Slot.MPTCP_KINDS)
NUMBER = cython.declare(cython.int, Slot.NUMBER)
KEY = cython.declare(cython.int, Slot.KEY)

INITIAL_SIDE = (-1, -1, 0, 0, 0, 0)
BASE = cython.declare(cython.int, 0)  # first sequence number, -1 unknown
SHIFT = cython.declare(cython.int, 1)
RAW_WINDOW = cython.declare(cython.int, 2)  # 1: the last window of this side is not scaled
MPTCP_KNOWN = cython.declare(cython.int, 3)  # the connection's MPTCP kinds at this side's last segment
SACKED = cython.declare(cython.int, 4)
COOKIE_DATA = cython.declare(cython.int, 5)  # 1: a SYN of this side had a Fast Open cookie and data

NEXT_NUMBER = cython.declare(cython.int, Counter.NEXT_NUMBER)
SPARES = cython.declare(cython.int, Counter.SPARES)

SYN_BIT = cython.declare(cython.int, 1)  # completeness
SYN_ACK_BIT = cython.declare(cython.int, 2)
ACK_BIT = cython.declare(cython.int, 4)
DATA_BIT = cython.declare(cython.int, 8)
FIN_BIT = cython.declare(cython.int, 16)
RST_BIT = cython.declare(cython.int, 32)

REUSED_PORTS = cython.declare(cython.int, Verdict.REUSED_PORTS)
REPEATED_SYN = cython.declare(cython.int, Verdict.REPEATED_SYN)
TFO_SYN = cython.declare(cython.int, Verdict.TFO_SYN)
TFO_ACK = cython.declare(cython.int, Verdict.TFO_ACK)
TFO_IGNORED = cython.declare(cython.int, Verdict.TFO_IGNORED)

SHOWN_NOTHING = cython.declare(cython.int, Shown.NOTHING)
SHOWN_NUMBERS = cython.declare(cython.int, Shown.NUMBERS)
SHOWN_WINDOW = cython.declare(cython.int, Shown.WINDOW)
SHOWN_TIMES = cython.declare(cython.int, Shown.TIMES)
SHOWN_ANALYSIS = cython.declare(cython.int, Shown.ANALYSIS)

SIDE = cython.declare(cython.int, Fact.SIDE)
STREAM = cython.declare(cython.int, Fact.STREAM)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
SIZE = cython.declare(cython.int, Fact.SIZE)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)
SEQ = cython.declare(cython.int, Fact.SEQ)
ACK = cython.declare(cython.int, Fact.ACK)
FLAGS = cython.declare(cython.int, Fact.FLAGS)
WINDOW = cython.declare(cython.int, Fact.WINDOW)
SHOWN = cython.declare(cython.int, Fact.SHOWN)
SEQ_RELATIVE = cython.declare(cython.int, Fact.SEQ_RELATIVE)
ACK_RELATIVE = cython.declare(cython.int, Fact.ACK_RELATIVE)
WINDOW_SIZE = cython.declare(cython.int, Fact.WINDOW_SIZE)
WINDOW_SCALE = cython.declare(cython.int, Fact.WINDOW_SCALE)
COMPLETENESS = cython.declare(cython.int, Fact.COMPLETENESS)
TIME_RELATIVE = cython.declare(cython.int, Fact.TIME_RELATIVE)
TIME_DELTA = cython.declare(cython.int, Fact.TIME_DELTA)
INITIAL_RTT = cython.declare(cython.int, Fact.INITIAL_RTT)
SENDER_BASE = cython.declare(cython.int, Fact.SENDER_BASE)
OTHER_BASE = cython.declare(cython.int, Fact.OTHER_BASE)
OTHER_SHIFT = cython.declare(cython.int, Fact.OTHER_SHIFT)
OTHER_SACKED = cython.declare(cython.int, Fact.OTHER_SACKED)
REORDER_LIMIT = cython.declare(cython.int, Fact.REORDER_LIMIT)
MPTCP_NEW = cython.declare(cython.int, Fact.MPTCP_NEW)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _begin(
    slots: cython.longlong[:, ::1], slot: cython.Py_ssize_t, number: cython.longlong, key: cython.longlong, time: cython.longlong
) -> cython.void:
    slots[slot, NUMBER] = number
    slots[slot, KEY] = key
    slots[slot, FIRST_TIME] = time
    slots[slot, PREVIOUS_TIME] = time


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _complete(bits: cython.longlong, flag: cython.int, data: cython.bint, first: cython.bint) -> cython.longlong:
    """The completeness bits after a segment; `first`: it began the conversation."""
    if first:
        if flag & (SYN | ACK_FLAG) == SYN:
            return SYN_BIT | DATA_BIT if data else SYN_BIT
        return bits
    if flag & ACK_FLAG:
        if flag & SYN:
            bits |= SYN_ACK_BIT
        else:
            bits |= DATA_BIT if data else ACK_BIT
        if flag & FIN:
            bits |= FIN_BIT
    if flag & RST:
        bits |= RST_BIT
    return bits


def connect(
    default_shift: cython.int,
    entry: cython.const[cython.int][::1],
    turned: cython.const[cython.uchar][::1],
    row: cython.const[cython.longlong][::1],
    at: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    quoted: cython.const[cython.uchar][::1],
    partial: cython.const[cython.uchar][::1],
    seq_raw: cython.const[cython.uint][::1],
    ack_raw: cython.const[cython.uint][::1],
    flags: cython.const[cython.ushort][::1],
    window: cython.const[cython.ushort][::1],
    hdr_len: cython.const[cython.uchar][::1],
    length: cython.const[cython.int][::1],
    shown: cython.const[cython.uchar][::1],
    kinds: cython.const[cython.uchar][::1],
    shift: cython.const[cython.schar][::1],
    sack_bytes: cython.const[cython.uint][::1],
    mptcp: cython.const[cython.ushort][::1],
    cookie: cython.const[cython.uchar][::1],
    frame_number: cython.const[cython.longlong][::1],
    frame_time: cython.const[cython.longlong][::1],
    frame_start: cython.const[cython.longlong][::1],
    frame_reported: cython.const[cython.longlong][::1],
    newest: cython.int[::1],
    spare: cython.const[cython.int][::1],
    slots: cython.longlong[:, ::1],
    sides: cython.longlong[:, ::1],
    counters: cython.longlong[::1],
    facts: cython.longlong[:, ::1],
) -> None:
    """Fill in the facts up to MPTCP_NEW. default_shift scales the shown window where the scale is unknown; -1: not at all."""
    i: cython.Py_ssize_t
    w: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.Py_ssize_t
    flag: cython.int
    verdict: cython.int
    shows: cython.int
    new: cython.int
    bits: cython.longlong
    scale: cython.longlong
    time: cython.longlong
    seq: cython.longlong
    ack: cython.longlong
    base: cython.longlong
    size: cython.longlong
    for i in range(row.shape[0]):
        w = row[i]
        time = frame_time[w]
        facts[TIME, i] = time
        facts[FRAME, i] = frame_number[w]
        facts[VERDICT, i] = 0
        if entry[i] < 0:
            facts[SIDE, i] = -1
            facts[STREAM, i] = -1
            facts[LENGTH, i] = -1
            facts[SIZE, i] = -1
            facts[SHOWN, i] = SHOWN_NOTHING
            continue
        flag = flags[i]
        seq = seq_raw[i]
        ack = ack_raw[i]
        size = -1 if quoted[i] or partial[i] else length[i]
        verdict = 0
        slot = newest[entry[i]]
        new = slot < 0
        f = 0
        if not new:
            f = 2 * slot + (turned[i] ^ (slots[slot, KEY] & 1))
            if flag & SYN:
                base = sides[f, BASE]
                if base >= 0:
                    if flag & ACK_FLAG:
                        if base != seq:
                            verdict = REUSED_PORTS
                            sides[f, BASE] = seq
                    elif base == seq:
                        verdict = REPEATED_SYN
                    else:
                        verdict = REUSED_PORTS
                        new = 1
        if new:
            counters[SPARES] -= 1
            slot = spare[counters[SPARES]]
            if verdict:
                slots[slot, SLOT_COMPLETENESS] = SYN_BIT
            newest[entry[i]] = cython.cast(cython.int, slot)
            _begin(slots, slot, counters[NEXT_NUMBER], 2 * cython.cast(cython.longlong, entry[i]) + turned[i], time)
            counters[NEXT_NUMBER] += 1
            f = 2 * slot
        r = f ^ 1
        sides[f, SACKED] = 0
        facts[SIDE, i] = f
        facts[STREAM, i] = slots[slot, NUMBER]
        facts[SIZE, i] = -1 if quoted[i] else frame_reported[w] - frame_start[w]
        facts[LENGTH, i] = size
        facts[SEQ, i] = seq
        facts[ACK, i] = ack
        facts[FLAGS, i] = flag
        facts[WINDOW, i] = window[i]
        facts[COMPLETENESS, i] = slots[slot, SLOT_COMPLETENESS]
        facts[TIME_RELATIVE, i] = time - slots[slot, FIRST_TIME]
        facts[TIME_DELTA, i] = time - slots[slot, PREVIOUS_TIME]
        slots[slot, PREVIOUS_TIME] = time

        facts[SEQ_RELATIVE, i] = seq
        facts[ACK_RELATIVE, i] = ack
        facts[WINDOW_SIZE, i] = window[i]
        facts[OTHER_BASE, i] = sides[r, BASE] if sides[r, BASE] >= 0 else 0
        if size >= 0:
            if sides[f, BASE] < 0:
                sides[f, BASE] = seq if flag & SYN else (seq - 1) & M
            if flag & ACK_FLAG:
                if sides[r, BASE] < 0:
                    sides[r, BASE] = (ack - 1) & M
                    facts[OTHER_BASE, i] = sides[r, BASE]
                facts[ACK_RELATIVE, i] = (ack - sides[r, BASE]) & M
            base = sides[f, BASE]
            facts[SEQ_RELATIVE, i] = (seq - base) & M
            facts[SENDER_BASE, i] = base
            facts[OTHER_SACKED, i] = sides[r, SACKED]
            facts[REORDER_LIMIT, i] = slots[slot, SLOT_INITIAL_RTT]
            bits = slots[slot, MPTCP_KINDS]
            facts[MPTCP_NEW, i] = bits != sides[f, MPTCP_KNOWN]
            sides[f, MPTCP_KNOWN] = bits
            scale = sides[r, SHIFT]
            if scale == UNUSED or (scale > 0 and sides[r, RAW_WINDOW]):
                scale = 0
            facts[OTHER_SHIFT, i] = scale
        scale = sides[f, SHIFT]
        if scale == UNKNOWN:
            scale = default_shift
        if flag & SYN:
            facts[WINDOW_SCALE, i] = 0
        else:
            if size >= 0 and scale > 0:
                facts[WINDOW_SIZE, i] = cython.cast(cython.longlong, window[i]) << scale
            facts[WINDOW_SCALE, i] = cython.cast(cython.longlong, 1) << scale if scale >= 0 else scale

        if hdr_len[i] < HEADER:
            facts[SHOWN, i] = SHOWN_NUMBERS
            facts[INITIAL_RTT, i] = 0
            facts[VERDICT, i] = verdict
            continue
        if end[i] - at[i] < HEADER:
            shows = SHOWN_WINDOW
        elif shown[i]:
            shows = SHOWN_ANALYSIS
        else:
            shows = SHOWN_TIMES
        facts[SHOWN, i] = shows

        slots[slot, SLOT_COMPLETENESS] = _complete(slots[slot, SLOT_COMPLETENESS], flag, size > 0, new and verdict == 0)

        if flag & SYN:
            sides[f, RAW_WINDOW] = 1
            if flag & ACK_FLAG == 0:
                slots[slot, SYN_TIME] = time
            elif facts[ACK_RELATIVE, i] > 1:
                verdict |= TFO_ACK
            elif sides[r, COOKIE_DATA]:
                verdict |= TFO_IGNORED
        elif flag & ACK_FLAG:
            if slots[slot, SYN_TIME] != 0 and slots[slot, SLOT_INITIAL_RTT] == 0:
                slots[slot, SLOT_INITIAL_RTT] = time - slots[slot, SYN_TIME]
            sides[f, RAW_WINDOW] = 0
        facts[INITIAL_RTT, i] = slots[slot, SLOT_INITIAL_RTT]

        if kinds[i]:
            if shift[i] >= 0:
                sides[f, SHIFT] = shift[i]
            if kinds[i] & SACK_BIT:
                sides[f, SACKED] = sack_bytes[i]
            slots[slot, MPTCP_KINDS] |= mptcp[i]
            if flag & (SYN | ACK_FLAG) == SYN and cookie[i]:
                verdict |= TFO_SYN
                if size > 0:
                    sides[f, COOKIE_DATA] = 1
        if shows == SHOWN_ANALYSIS and flag & SYN:
            if sides[f, SHIFT] == UNKNOWN:
                sides[f, SHIFT] = UNUSED
                sides[r, SHIFT] = UNUSED
            elif flag & ACK_FLAG and sides[r, SHIFT] == UNUSED:
                sides[f, SHIFT] = UNUSED
        facts[VERDICT, i] = verdict
