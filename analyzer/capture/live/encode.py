# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Blocks of pcapng (draft-ietf-opsawg-pcapng) as programs and sockets give them: found in their bytes, or made of frames.

Bounds checks are off: this runs for every frame, and no header is read and no block written before its length was checked.
"""

import cython

ENHANCED = cython.declare(cython.longlong, 0x00000006)
DROP_COUNT = cython.declare(cython.longlong, 4)  # epb_dropcount
SMALLEST = cython.declare(cython.longlong, 12)  # a block without a body
HEADER = cython.declare(cython.longlong, 28)  # of an enhanced packet block, before the frame
TRAILER = cython.declare(cython.longlong, 4)  # the total length once more
OPTIONS = cython.declare(cython.longlong, 16)  # epb_dropcount of 64 bits, and the end of options
LONGEST = cython.declare(cython.longlong, 16 << 20)  # as the reader has it

# what `state` of `whole` holds: where the first block begins that is not passed, frames in those that are, why it stopped,
# bytes needed from there to get on
AT = cython.declare(cython.int, 0)
FRAMES = cython.declare(cython.int, 1)
STOP = cython.declare(cython.int, 2)
NEED = cython.declare(cython.int, 3)
STATE = 4
RUNNING, OTHER, ENOUGH, DAMAGED = 0, 1, 2, 3
AROUND = 52  # most bytes of a block around its frame


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def word(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.longlong:
    return cython.cast(cython.uint, data[at + 3]) << 24 | data[at + 2] << 16 | data[at + 1] << 8 | data[at]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def put(out: cython.uchar[::1], at: cython.Py_ssize_t, value: cython.longlong) -> cython.void:
    out[at] = value & 0xFF
    out[at + 1] = value >> 8 & 0xFF
    out[at + 2] = value >> 16 & 0xFF
    out[at + 3] = value >> 24 & 0xFF


def whole(
    data: cython.const[cython.uchar][::1], filled: cython.Py_ssize_t, limit: cython.longlong, state: cython.longlong[::1]
) -> cython.void:
    """Pass the whole blocks from state[AT] on, at most `limit` frames.

    It stops at whole blocks that are no enhanced packet block (OTHER), where there are enough frames, and at a damaged length.
    """
    at: cython.Py_ssize_t = state[AT]
    frames: cython.longlong = 0
    total: cython.longlong
    state[STOP] = RUNNING
    state[NEED] = 0
    while True:
        if filled - at < 8:
            state[NEED] = 8
            break
        total = word(data, at + 4)
        if total < SMALLEST or total > LONGEST or total % 4:
            state[STOP] = DAMAGED
            break
        if filled - at < total:
            state[NEED] = total
            break
        if word(data, at) != ENHANCED:
            state[STOP] = OTHER
            break
        if frames == limit:
            state[STOP] = ENOUGH
            break
        frames += 1
        at += total
    state[AT] = at
    state[FRAMES] = frames


def encode(
    data: cython.const[cython.uchar][::1],
    time: cython.const[cython.longlong][::1],
    start: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    reported: cython.const[cython.longlong][::1],
    first: cython.Py_ssize_t,
    after: cython.Py_ssize_t,
    interface: cython.longlong,
    dropped: cython.longlong,
    out: cython.uchar[::1],
    state: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """Write frames first..after as enhanced packet blocks to out[state[AT]:]; the first that had no room.

    time in ns since 1970; start, end and reported as columns of a batch; dropped: frames that were lost before the first one.
    """
    at: cython.Py_ssize_t = state[AT]
    row: cython.Py_ssize_t = first
    room: cython.Py_ssize_t = out.shape[0]
    i: cython.Py_ssize_t
    begin: cython.Py_ssize_t
    length: cython.Py_ssize_t
    total: cython.Py_ssize_t
    padded: cython.Py_ssize_t
    stamp: cython.longlong
    while row < after:
        begin = start[row]
        length = end[row] - begin
        padded = length + 3 & ~3
        total = HEADER + padded + TRAILER + (OPTIONS if dropped else 0)
        if begin < 0 or length < 0 or end[row] > data.shape[0] or room - at < total:
            break
        stamp = time[row]
        put(out, at, ENHANCED)
        put(out, at + 4, total)
        put(out, at + 8, interface)
        put(out, at + 12, stamp >> 32)
        put(out, at + 16, stamp & 0xFFFFFFFF)
        put(out, at + 20, length)
        put(out, at + 24, reported[row] - begin)
        out[at + HEADER : at + HEADER + length] = data[begin : begin + length]
        for i in range(at + HEADER + length, at + HEADER + padded):
            out[i] = 0
        if dropped:
            i = at + HEADER + padded
            put(out, i, 8 << 16 | DROP_COUNT)
            put(out, i + 4, dropped & 0xFFFFFFFF)
            put(out, i + 8, dropped >> 32)
            put(out, i + 12, 0)
            dropped = 0
        put(out, at + total - 4, total)
        at += total
        row += 1
    state[AT] = at
    return row
