# cython: language_level=3
"""The round-trip samples of one direction (rtt.py), picked out of all acks that could be measured."""

import cython

from analyzer.flow.tcp.ledger.delay import UNUSABLE as NOT_USABLE

UNUSABLE = cython.declare(cython.longlong, NOT_USABLE)


def pick(
    side: cython.Py_ssize_t,
    nearest: cython.longlong,
    at_once: cython.longlong,
    direction: cython.longlong[:],
    reaction: cython.longlong[:],
    usable: cython.const[cython.uchar][:],
    sent: cython.longlong[:],
    ack: cython.longlong[:],
    source: cython.longlong[:],
    newly: cython.longlong[:],
    far: cython.longlong[:],
    found: cython.longlong[:, ::1],
) -> int:
    """The number of samples; `found` gets sent, ack, source, far, near, total and newly.

    `nearest`: the shortest near, or UNUSABLE; a sender that reacts within `at_once` of it has reacted at once.
    """
    i: cython.Py_ssize_t
    near: cython.longlong
    number: cython.Py_ssize_t = 0
    for i in range(len(sent)):
        if not usable[i] or direction[sent[i]] != side:
            continue
        near = reaction[ack[i]]
        if nearest == UNUSABLE or near > nearest + at_once:
            near = UNUSABLE
        found[0, number] = sent[i]
        found[1, number] = ack[i]
        found[2, number] = source[i]
        found[3, number] = far[i]
        found[4, number] = near
        found[5, number] = far[i] + (near if near != UNUSABLE else max(nearest, 0))
        found[6, number] = newly[i]
        number += 1
    return int(number)
