# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Radiotap: what the radio saw, before an 802.11 frame (radiotap.org).

Bounds checks are off: each part of the header is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "radiotap"
VERSION = cython.declare(cython.int, 0)
LENGTH = cython.declare(cython.int, 2)  # little endian, as all of it
PRESENT = cython.declare(cython.int, 4)
HEADER = cython.declare(cython.int, 8)

TSFT = cython.declare(cython.int, 0x01)  # first byte of the present word: an eight-byte field comes first
FLAGS = cython.declare(cython.int, 0x02)
EXTENDED = cython.declare(cython.int, 0x80)  # fourth byte of the present word: another one follows
WITH_FCS = cython.declare(cython.int, 0x10)  # bit of the flags
FCS = cython.declare(cython.int, 4)
IEEE80211 = cython.declare(cython.int, 0)  # carries

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
HEADER_LENGTH = cython.declare(cython.int, Fault.HEADER_LENGTH)

COLUMNS: dict[str, str] = {}


def dissect(
    data: cython.const[cython.uchar][::1],
    at: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    reported: cython.const[cython.longlong][::1],
    inner: cython.longlong[::1],
    inner_end: cython.longlong[::1],
    inner_reported: cython.longlong[::1],
    carries: cython.int[::1],
    fault: cython.uchar[::1],
) -> None:
    """carries: IEEE80211, without its frame check sequence."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    size: cython.Py_ssize_t
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        fault[i] = 0
        inner[i] = inner_end[i] = end[i]
        inner_reported[i] = reported[i]
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH if reported[i] - p >= HEADER else SHORT
            continue
        size = data[p + LENGTH + 1] << 8 | data[p + LENGTH]
        if size < HEADER:
            fault[i] = HEADER_LENGTH
            continue
        if end[i] - p < size:
            fault[i] = SNAP_LENGTH if reported[i] - p >= size else HEADER_LENGTH
            continue
        inner[i] = p + size
        carries[i] = IEEE80211
        if data[p + PRESENT] & FLAGS == 0:
            continue
        q = p + PRESENT
        while q + 4 <= p + size and data[q + 3] & EXTENDED:
            q += 4
        q += 4
        if data[p + PRESENT] & TSFT:
            q = p + (q - p + 7) // 8 * 8 + 8
        if q < p + size and data[q] & WITH_FCS and reported[i] - FCS >= p + size:
            inner_reported[i] = reported[i] - FCS
            if inner_reported[i] < end[i]:
                inner_end[i] = inner_reported[i]
