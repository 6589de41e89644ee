# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The records of a pcap file (draft-ietf-opsawg-pcap section 5).

Bounds checks are off: this runs for every packet, and each header is read only after `filled` was checked against it.
"""

import cython

SECONDS = cython.declare(cython.int, 0)
FRACTION = cython.declare(cython.int, 4)
CAPTURED = cython.declare(cython.int, 8)
ORIGINAL = cython.declare(cython.int, 12)
HEADER = 16

BILLION = cython.declare(cython.longlong, 1_000_000_000)

# what `state` holds: where the next record begins, bytes needed from there to get on (0: the rows are full), 1 = it is too long
AT = cython.declare(cython.int, 0)
NEED = cython.declare(cython.int, 1)
TOO_LONG = cython.declare(cython.int, 2)
STATE = 3

# the two lengths of a record stand the other way round: never, where that makes sense of them (version 2.3), always (before it)
STRAIGHT, EITHER, SWAPPED = 0, 1, 2


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def word(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, big: cython.bint) -> cython.longlong:
    if big:
        return cython.cast(cython.uint, data[at]) << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
    return cython.cast(cython.uint, data[at + 3]) << 24 | data[at + 2] << 16 | data[at + 1] << 8 | data[at]


def index(
    data: cython.const[cython.uchar][::1],
    filled: cython.Py_ssize_t,
    state: cython.longlong[::1],
    big: cython.bint,
    header: cython.Py_ssize_t,
    order: cython.int,
    scale: cython.longlong,
    limit: cython.longlong,
    time: cython.longlong[::1],
    start: cython.longlong[::1],
    end: cython.longlong[::1],
    reported: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """Fill a row for each whole record in data[state[AT]:filled], as far as there are rows; how many were filled."""
    count: cython.Py_ssize_t = 0
    rows: cython.Py_ssize_t = time.shape[0]
    at: cython.Py_ssize_t = state[AT]
    captured: cython.longlong
    original: cython.longlong
    swap: cython.longlong
    always: cython.bint = order == SWAPPED
    either: cython.bint = order == EITHER
    state[NEED] = 0
    state[TOO_LONG] = 0
    while count < rows:
        if filled - at < header:
            state[NEED] = header
            break
        captured = word(data, at + CAPTURED, big)
        original = word(data, at + ORIGINAL, big)
        if always or (either and captured > original):
            swap = captured
            captured = original
            original = swap
        if captured > limit:
            state[TOO_LONG] = 1
            break
        if filled - at - header < captured:
            state[NEED] = header + captured
            break
        time[count] = word(data, at + SECONDS, big) * BILLION + word(data, at + FRACTION, big) * scale
        at += header
        start[count] = at
        reported[count] = at + original
        at += captured
        end[count] = at
        count += 1
    state[AT] = at
    return count
