# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The packet blocks of a pcapng section (draft-ietf-opsawg-pcapng section 4); every other block is left to blocks.py, or skipped.

Bounds checks are off: this runs for every packet, and each block is read only after `filled` was checked against it.

Blocks that hold no packet but count as a frame (custom blocks, journal entries) become rows here too.
"""

import cython

from analyzer.capture.block import ENTRY as JOURNAL_MARK
from analyzer.capture.block import LATER as MARK
from analyzer.capture.block import MAXIMUM_BLOCK as LARGEST
from analyzer.capture.block import Block, Entry, Option, Stop
from analyzer.capture.rows import NO_LINKTYPE as NOT_LINKED

PACKET = cython.declare(cython.longlong, Block.PACKET)
SIMPLE = cython.declare(cython.longlong, Block.SIMPLE)
ENHANCED = cython.declare(cython.longlong, Block.ENHANCED)
INTERFACE = cython.declare(cython.longlong, Block.INTERFACE)
NAMES = cython.declare(cython.longlong, Block.NAMES)
STATISTICS = cython.declare(cython.longlong, Block.STATISTICS)
JOURNAL = cython.declare(cython.longlong, Block.JOURNAL)
SECRETS = cython.declare(cython.longlong, Block.SECRETS)
CUSTOM = cython.declare(cython.longlong, Block.CUSTOM)
CUSTOM_LOCAL = cython.declare(cython.longlong, Block.CUSTOM_LOCAL)
SECTION = cython.declare(cython.longlong, Block.SECTION)

# of every block: type, total length, ..., total length again
LENGTH = cython.declare(cython.int, 4)
HEADER = cython.declare(cython.int, 8)
TRAILER = cython.declare(cython.int, 4)
SMALLEST = cython.declare(cython.int, 12)
# of the enhanced and of the obsolete packet block (only the interface differs)
PACKET_INTERFACE = cython.declare(cython.int, 8)
TIME_HIGH = cython.declare(cython.int, 12)
TIME_LOW = cython.declare(cython.int, 16)
CAPTURED = cython.declare(cython.int, 20)
ORIGINAL = cython.declare(cython.int, 24)
PACKET_HEADER = cython.declare(cython.int, 28)
# of the simple packet block
SIMPLE_ORIGINAL = cython.declare(cython.int, 8)
SIMPLE_HEADER = cython.declare(cython.int, 12)
# of a custom block
CUSTOM_HEADER = cython.declare(cython.int, 12)

END_OF_OPTIONS = cython.declare(cython.int, Option.END)
COMMENT = cython.declare(cython.int, Option.COMMENT)
FLAGS = cython.declare(cython.int, 2)
DROPS = cython.declare(cython.int, Option.PACKET_DROPS)
PACKET_ID = cython.declare(cython.int, 5)
QUEUE = cython.declare(cython.int, 6)

INDEX = cython.declare(cython.int, Entry.INDEX)
LINKTYPE = cython.declare(cython.int, Entry.LINKTYPE)
SCALE = cython.declare(cython.int, Entry.SCALE)
OFFSET = cython.declare(cython.int, Entry.OFFSET)
TOP = cython.declare(cython.int, Entry.TOP)
SNAP_LENGTH = cython.declare(cython.int, Entry.SNAP_LENGTH)
LIMIT = cython.declare(cython.int, Entry.LIMIT)
WIDTH = cython.declare(cython.int, Entry.WIDTH)

RUNNING = cython.declare(cython.int, Stop.RUNNING)
OTHER = cython.declare(cython.int, Stop.OTHER)
SKIP = cython.declare(cython.int, Stop.SKIP)
NOTED = cython.declare(cython.int, Stop.NOTED)
TOO_SMALL = cython.declare(cython.int, Stop.TOO_SMALL)
TOO_LARGE = cython.declare(cython.int, Stop.TOO_LARGE)
NO_INTERFACE = cython.declare(cython.int, Stop.NO_INTERFACE)
FRAME_TOO_LONG = cython.declare(cython.int, Stop.FRAME_TOO_LONG)
CAPTURED_LENGTH = cython.declare(cython.int, Stop.CAPTURED_LENGTH)
LENGTHS_DIFFER = cython.declare(cython.int, Stop.LENGTHS_DIFFER)
OPTIONS = cython.declare(cython.int, Stop.OPTIONS)

LATER_MARK = cython.declare(cython.int, MARK)
ENTRY_MARK = cython.declare(cython.int, JOURNAL_MARK)
NO_LINKTYPE = cython.declare(cython.int, NOT_LINKED)
MAXIMUM_BLOCK = cython.declare(cython.longlong, LARGEST)
HALF_SIGN = cython.declare(cython.longlong, -(2**62))

# what `state` holds: where the next block begins, bytes needed from there, a Stop, rows whose time is still to be done,
# whether comments are only counted, how many were, and the index of the interface of blocks without a packet (-1: none yet)
AT = cython.declare(cython.int, 0)
NEED = cython.declare(cython.int, 1)
STOP = cython.declare(cython.int, 2)
LATER = cython.declare(cython.int, 3)
FULL = cython.declare(cython.int, 4)
COMMENTS = cython.declare(cython.int, 5)
NO_INTERFACE_INDEX = cython.declare(cython.int, 6)
STATE = 7


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def word(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, big: cython.bint) -> cython.longlong:
    if big:
        return cython.cast(cython.uint, data[at]) << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
    return cython.cast(cython.uint, data[at + 3]) << 24 | data[at + 2] << 16 | data[at + 1] << 8 | data[at]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def half(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, big: cython.bint) -> cython.longlong:
    if big:
        return data[at] << 8 | data[at + 1]
    return data[at + 1] << 8 | data[at]


@cython.cfunc
@cython.exceptval(check=False)
def options(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    big: cython.bint,
    enhanced: cython.bint,
    state: cython.longlong[::1],
) -> cython.int:
    """RUNNING, NOTED or OPTIONS (damaged) for the option list data[at:stop] of a packet block."""
    found: cython.int = RUNNING
    code: cython.longlong
    size: cython.longlong
    while stop - at >= 4:
        code = half(data, at, big)
        size = half(data, at + 2, big)
        if code == END_OF_OPTIONS:
            break
        at += 4
        if stop - at < size:
            return OPTIONS
        if code == COMMENT:
            if state[FULL]:
                state[COMMENTS] += 1
            else:
                found = NOTED
        elif code == FLAGS or (enhanced and code == QUEUE):
            if size != 4:
                return OPTIONS
        elif enhanced and code in (DROPS, PACKET_ID):
            if size != 8:
                return OPTIONS
            if code == DROPS and (word(data, at, big) or word(data, at + 4, big)):
                found = NOTED
        at += (size + 3) & ~3
    return found


def index(
    data: cython.const[cython.uchar][::1],
    filled: cython.Py_ssize_t,
    state: cython.longlong[::1],
    big: cython.bint,
    interfaces: cython.const[cython.longlong][::1],
    known: cython.longlong,
    row: cython.Py_ssize_t,
    time: cython.longlong[::1],
    start: cython.longlong[::1],
    end: cython.longlong[::1],
    reported: cython.longlong[::1],
    interface: cython.int[::1],
    linktype: cython.int[::1],
    fault: cython.uchar[::1],
) -> cython.Py_ssize_t:
    """Fill rows from `row` on, one for each whole packet block, until they are full or state[STOP] is set; the next free row."""
    rows: cython.Py_ssize_t = time.shape[0]
    at: cython.Py_ssize_t = state[AT]
    stop: cython.int = RUNNING
    begin: cython.Py_ssize_t
    entry: cython.Py_ssize_t
    kind: cython.longlong
    total: cython.longlong
    number: cython.longlong
    captured: cython.longlong
    original: cython.longlong
    padded: cython.longlong
    high: cython.longlong
    low: cython.longlong
    value: cython.longlong
    scale: cython.longlong
    state[NEED] = 0
    while row < rows:
        if filled - at < HEADER:
            state[NEED] = HEADER
            break
        kind = word(data, at, big)
        if kind == SECTION:
            stop = OTHER
            break
        total = (word(data, at + LENGTH, big) + 3) & ~3
        if total < SMALLEST:
            stop = TOO_SMALL
            break
        if kind != ENHANCED and kind != SIMPLE and kind != PACKET:
            if kind in (INTERFACE, NAMES, STATISTICS, SECRETS, CUSTOM, CUSTOM_LOCAL, JOURNAL):
                if total > MAXIMUM_BLOCK:
                    stop = TOO_LARGE
                    break
                if filled - at < total:
                    state[NEED] = total
                    break
                if word(data, at + total - TRAILER, big) != total:
                    stop = LENGTHS_DIFFER
                    break
                if kind not in (CUSTOM, CUSTOM_LOCAL, JOURNAL) or state[NO_INTERFACE_INDEX] < 0:
                    stop = OTHER
                    break
                begin = HEADER if kind == JOURNAL else CUSTOM_HEADER
                if total < begin + TRAILER:
                    stop = TOO_SMALL
                    break
                time[row] = 0
                start[row] = at + begin
                end[row] = reported[row] = at + total - TRAILER
                interface[row] = cython.cast(cython.int, state[NO_INTERFACE_INDEX])
                linktype[row] = NO_LINKTYPE
                fault[row] = 0
                if kind == JOURNAL:
                    fault[row] = ENTRY_MARK
                    state[LATER] += 1
                row += 1
                at += total
                continue
            if filled - at < total:
                stop = SKIP
                break
            if word(data, at + total - TRAILER, big) != total:
                stop = LENGTHS_DIFFER
                break
            at += total
            continue
        begin = SIMPLE_HEADER if kind == SIMPLE else PACKET_HEADER
        if total < begin + TRAILER:
            stop = TOO_SMALL
            break
        if filled - at < begin:
            state[NEED] = begin
            break
        if kind == SIMPLE:
            number = 0
        elif kind == ENHANCED:
            number = word(data, at + PACKET_INTERFACE, big)
        else:
            number = half(data, at + PACKET_INTERFACE, big)
        if number >= known:
            stop = NO_INTERFACE
            break
        entry = number * WIDTH
        if kind == SIMPLE:
            original = word(data, at + SIMPLE_ORIGINAL, big)
            captured = original
            if interfaces[entry + SNAP_LENGTH] != 0 and captured > interfaces[entry + SNAP_LENGTH]:
                captured = interfaces[entry + SNAP_LENGTH]
        else:
            captured = word(data, at + CAPTURED, big)
            original = word(data, at + ORIGINAL, big)
        padded = (captured + 3) & ~3
        if padded > total - begin - TRAILER:
            stop = CAPTURED_LENGTH
            break
        if captured > interfaces[entry + LIMIT]:
            stop = FRAME_TOO_LONG
            break
        if total - padded > MAXIMUM_BLOCK:
            stop = TOO_LARGE
            break
        if filled - at < total:
            state[NEED] = total
            break
        if word(data, at + total - TRAILER, big) != total:
            stop = LENGTHS_DIFFER
            break
        if kind != SIMPLE and total - begin - TRAILER - padded >= 4:
            stop = options(data, at + begin + padded, at + total - TRAILER, big, kind == ENHANCED, state)
            if stop == OPTIONS:
                break
        fault[row] = 0
        if kind == SIMPLE:
            time[row] = 0
        else:
            high = word(data, at + TIME_HIGH, big)
            low = word(data, at + TIME_LOW, big)
            value = (high & 0x7FFFFFFF) << 32 | low
            scale = interfaces[entry + SCALE]
            if high > 0x7FFFFFFF or value > interfaces[entry + TOP] or scale == 0:
                time[row] = value + HALF_SIGN + HALF_SIGN if high > 0x7FFFFFFF else value
                fault[row] = LATER_MARK
                state[LATER] += 1
            elif scale > 0:
                time[row] = value * scale + interfaces[entry + OFFSET]
            else:
                time[row] = value // -scale + interfaces[entry + OFFSET]
        start[row] = at + begin
        end[row] = at + begin + captured
        reported[row] = at + begin + original
        interface[row] = cython.cast(cython.int, interfaces[entry + INDEX])
        linktype[row] = cython.cast(cython.int, interfaces[entry + LINKTYPE])
        row += 1
        if stop == NOTED:
            break
        at += total
    state[AT] = at
    state[STOP] = stop
    return row
