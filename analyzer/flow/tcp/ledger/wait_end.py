"""How a connection ends: the exchange of FINs (RFC 9293 section 3.6) or a reset (section 3.5.2).

*close* begins with the first FIN behind which nobody sends payload any more, or with the last payload if both FINs came before
that. A side that goes on sending for long after the other's FIN is not closing. *after_reset* begins with the first RST after
which its sender sends nothing but RSTs: one that somebody in between has forged stops nobody.
"""

from __future__ import annotations

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.trace import FIN, RST, Trace
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_span import Span


def endings(trace: Trace, clock: Int64) -> list[Span]:
    """The spans close and after_reset, both until the end."""
    flags = trace.flags
    fins = (flags & FIN).nonzero()[0]
    resets = (flags & RST).nonzero()[0]
    found: list[Span] = []
    if len(fins):
        begun, last = _closing(trace, fins), int(fins[-1])
        if begun >= 0:
            both = _both(trace, fins)
            side = int(trace.direction[_last_first(trace, fins)]) if both else 1 - int(trace.direction[last])
            frames = (int(trace.frame[begun]), int(trace.frame[-1]), *trace.frame[fins[:2]].tolist())
            found.append(Span(int(clock[begun]), int(clock[-1]), Reason.CLOSE, side, frames))
    if len(resets):
        reset = _final_reset(trace, resets)
        if reset >= 0:
            frames = (int(trace.frame[reset]), int(trace.frame[-1]))
            found.append(Span(int(clock[reset]), int(clock[-1]), Reason.AFTER_RESET, int(trace.direction[reset]), frames))
    return found


def _closing(trace: Trace, fins: Int64) -> int:
    """The row with which it begins; -1: it does not."""
    payload = trace.length.nonzero()[0]
    last = int(payload[-1]) if len(payload) else 0
    behind = int(fins.searchsorted(last))
    if behind < len(fins):
        return int(fins[behind])
    return last if _both(trace, fins) else -1


def _both(trace: Trace, rows: Int64) -> bool:
    """Whether both sides sent one of these."""
    return 0 < int(np.count_nonzero(trace.direction[rows])) < len(rows)


def _last_first(trace: Trace, fins: Int64) -> int:
    """The row of the first FIN of the side that closed later."""
    other = fins[trace.direction[fins] != trace.direction[fins[0]]]
    return int(other[0])


def _final_reset(trace: Trace, resets: Int64) -> int:
    goes_on = trace.flags & RST == 0
    for side in (0, 1):
        own = resets[trace.direction[resets] == side]
        if len(own):
            speaks = np.flatnonzero(goes_on & (trace.direction == side))
            own = own[own > speaks[-1]] if len(speaks) else own
            resets = resets[(trace.direction[resets] != side) | np.isin(resets, own)]
    return int(resets[0]) if len(resets) else -1
