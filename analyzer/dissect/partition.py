# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Group the occurrences of a layer by what they carry: a counting sort that keeps their order.

Bounds checks are off: this runs for every layer of every frame, and each index is checked against the length of what it indexes.
"""

import cython


def partition(
    carries: cython.const[cython.int][::1],
    slot_of: cython.const[cython.schar][::1],
    order: cython.longlong[::1],
    count: cython.longlong[::1],
) -> None:
    """Write the indices of `carries` to `order`, those of slot 0 first, and how many each slot has to `count`.

    slot_of maps a key to its slot; a key beyond it, and -1 in it, is the next-to-last slot (unknown); a key below 0 (nothing that
    is dissected) is the last slot. len(order) = len(carries), and len(count) = number of slots, at most 128.
    """
    i: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    n: cython.Py_ssize_t = carries.shape[0]
    known: cython.Py_ssize_t = slot_of.shape[0]
    last: cython.Py_ssize_t = count.shape[0] - 1
    at: cython.longlong[128]
    if not cython.compiled:
        at = [0] * 128
    if last > 127 or last < 1 or order.shape[0] < n:
        raise ValueError("partition: 2 to 128 slots, and an order as long as carries")
    for slot in range(last + 1):
        count[slot] = 0
    for i in range(n):
        count[_slot(carries[i], slot_of, known, last)] += 1
    if count[0] == n:
        for i in range(n):
            order[i] = i
        return
    at[0] = 0
    for slot in range(last):
        at[slot + 1] = at[slot] + count[slot]
    for i in range(n):
        slot = _slot(carries[i], slot_of, known, last)
        order[at[slot]] = i
        at[slot] += 1


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _slot(
    key: cython.int, slot_of: cython.const[cython.schar][::1], known: cython.Py_ssize_t, last: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    slot: cython.Py_ssize_t
    if key < 0:
        return last
    if key >= known:
        return last - 1
    slot = slot_of[key]
    return slot if 0 <= slot < last - 1 else last - 1
