# cython: language_level=3
"""The pieces of time that silences say something of, with the spans laid over them that have a reason of their own.

A span covers what is below it, but for the tail_loss of a FIN, which shows through close.
"""

import cython

from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_side import Piece

START = cython.declare(cython.int, Piece.START)
REASON = cython.declare(cython.int, Piece.REASON)
TAIL_LOSS = cython.declare(cython.longlong, Reason.TAIL_LOSS)
CLOSE = cython.declare(cython.longlong, Reason.CLOSE)


def join(
    pieces: cython.const[cython.longlong][:, ::1],
    spans: cython.const[cython.longlong][:, ::1],
    begin: cython.longlong,
    end: cython.longlong,
    found: cython.longlong[:, ::1],
) -> int:
    """The number of phases in [begin, end); `spans`: start, end and reason of each, in order and disjoint.

    `found` gets their starts, reasons and sources: the row of the piece, or -1 - that of the span. Neighbours have different
    sources.
    """
    at: cython.longlong = begin
    until: cython.longlong
    source: cython.longlong
    reason: cython.longlong
    p: cython.Py_ssize_t = -1
    s: cython.Py_ssize_t = -1
    number: cython.Py_ssize_t = 0
    while at < end:
        while p + 1 < pieces.shape[0] and pieces[p + 1, START] <= at:
            p += 1
        while s + 1 < spans.shape[0] and spans[s + 1, 0] <= at:
            s += 1
        until = end
        if p + 1 < pieces.shape[0]:
            until = min(until, pieces[p + 1, START])
        if s + 1 < spans.shape[0]:
            until = min(until, spans[s + 1, 0])
        source = p
        reason = pieces[p, REASON]
        if s >= 0 and at < spans[s, 1]:
            until = min(until, spans[s, 1])
            if spans[s, 2] != CLOSE or reason != TAIL_LOSS:
                source, reason = -1 - s, spans[s, 2]
        if number == 0 or source != found[2, number - 1]:
            found[0, number] = at
            found[1, number] = reason
            found[2, number] = source
            number += 1
        at = until
    return int(number)
