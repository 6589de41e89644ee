# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Count the packets, bytes and verdicts of each conversation, and remember the first frames of each verdict.

Bounds checks are off: this runs for every packet, on the facts of `count` packets and the state of all slots.
"""

from enum import IntEnum, auto

import cython

from analyzer.flow.fact import Fact


class Account(IntEnum):
    """Columns of the state of a conversation. Headers quoted in ICMP errors do not count."""

    FIRST_FRAME = 0  #: 0 = none yet
    LAST_FRAME = auto()
    START = auto()
    LAST = auto()


class SideAccount(IntEnum):
    """Columns of the state of one direction."""

    PACKETS = 0
    BYTES = auto()  #: of whole frames
    PAYLOAD = auto()


FIRST_FRAME = cython.declare(cython.int, Account.FIRST_FRAME)
LAST_FRAME = cython.declare(cython.int, Account.LAST_FRAME)
START = cython.declare(cython.int, Account.START)
LAST = cython.declare(cython.int, Account.LAST)
PACKETS = cython.declare(cython.int, SideAccount.PACKETS)
BYTES = cython.declare(cython.int, SideAccount.BYTES)
PAYLOAD = cython.declare(cython.int, SideAccount.PAYLOAD)

SIDE = cython.declare(cython.int, Fact.SIDE)
FRAME = cython.declare(cython.int, Fact.FRAME)
TIME = cython.declare(cython.int, Fact.TIME)
SIZE = cython.declare(cython.int, Fact.SIZE)
LENGTH = cython.declare(cython.int, Fact.LENGTH)
VERDICT = cython.declare(cython.int, Fact.VERDICT)


def account(
    count: cython.Py_ssize_t,
    facts: cython.const[cython.longlong][:, ::1],
    slots: cython.longlong[:, ::1],
    sides: cython.longlong[:, ::1],
) -> None:
    """Add these packets to the accounts."""
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    for i in range(count):
        f = facts[SIDE, i]
        if f < 0 or facts[SIZE, i] < 0:
            continue
        slot = f >> 1
        sides[f, PACKETS] += 1
        sides[f, BYTES] += facts[SIZE, i]
        if facts[LENGTH, i] > 0:
            sides[f, PAYLOAD] += facts[LENGTH, i]
        if slots[slot, FIRST_FRAME] == 0:
            slots[slot, FIRST_FRAME] = facts[FRAME, i]
            slots[slot, START] = facts[TIME, i]
            slots[slot, LAST] = facts[TIME, i]
        slots[slot, LAST_FRAME] = facts[FRAME, i]
        if facts[TIME, i] > slots[slot, LAST]:
            slots[slot, LAST] = facts[TIME, i]


def count_verdicts(
    count: cython.Py_ssize_t,
    facts: cython.const[cython.longlong][:, ::1],
    sides: cython.longlong[:, ::1],
    totals: cython.longlong[::1],
    first_frames: cython.longlong[:, ::1],
) -> None:
    """Count the verdicts, of which the lowest bits have a total."""
    i: cython.Py_ssize_t
    bit: cython.Py_ssize_t
    verdict: cython.longlong
    counted: cython.longlong = (cython.cast(cython.longlong, 1) << totals.shape[0]) - 1
    for i in range(count):
        verdict = facts[VERDICT, i] & counted
        if verdict == 0 or facts[SIDE, i] < 0:
            continue
        for bit in range(totals.shape[0]):
            if verdict >> bit & 1:
                sides[facts[SIDE, i], bit] += 1
                if totals[bit] < first_frames.shape[1]:
                    first_frames[bit, totals[bit]] = facts[FRAME, i]
                totals[bit] += 1
