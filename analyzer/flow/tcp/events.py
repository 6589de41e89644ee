"""The events of a batch as rows: one for each verdict on each segment.

A fast or spurious retransmission is two rows, since Wireshark sets two fields; so there are as many rows of a kind as
frames that the display filter `tcp.analysis.<kind>` finds.
"""

from __future__ import annotations

import numpy as np

from analyzer.batch import Column
from analyzer.flow.columns import ABSENT, Columns, where
from analyzer.flow.fact import Fact
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.verdict import COUNTED, NAMES, Verdict

_COMMON = (("seq", Fact.SEQ_RELATIVE), ("ack", Fact.ACK_RELATIVE), ("len", Fact.LENGTH), ("window_size", Fact.WINDOW_SIZE))
_OF_KIND = (  #: key, its fact, the verdict that has it, and whether a fact of 0 says that there is none
    ("rto_ns", Fact.RTO, Verdict.RETRANSMISSION, True),
    ("rto_frame", Fact.RTO_FRAME, Verdict.RETRANSMISSION, True),
    ("duplicate_ack_num", Fact.DUPLICATE_NUMBER, Verdict.DUPLICATE_ACK, False),
    ("duplicate_ack_frame", Fact.DUPLICATE_FRAME, Verdict.DUPLICATE_ACK, False),
)


def events(analysis: TcpAnalysis, wanted: Column | None = None) -> Columns:
    """Rows for the batch that `analysis.update` was called with last; `wanted` says which of its segments may have some."""
    facts = analysis.facts
    verdict = facts[Fact.VERDICT] & ((1 << COUNTED) - 1)
    segments = np.flatnonzero(verdict if wanted is None else np.where(wanted, verdict, 0))
    which, kind = np.nonzero(verdict[segments, None] >> np.arange(COUNTED) & 1)
    at = segments[which]
    side = facts[Fact.SIDE][at]
    slots, slot = np.unique(side >> 1, return_inverse=True)
    by_client = (side & 1) == analysis.conversations.clients(slots)[slot]
    columns: Columns = {
        "frame": facts[Fact.FRAME][at],
        "time_ns": facts[Fact.TIME][at],
        "stream": facts[Fact.STREAM][at],
        "direction": list(map(("server", "client").__getitem__, by_client.tolist())),
        "kind": list(map(NAMES.__getitem__, kind.tolist())),
    }
    columns |= {key: facts[fact][at] for key, fact in _COMMON}
    for key, fact, verdicts, zero_is_none in _OF_KIND:
        values = facts[fact][at]
        there = kind == verdicts.bit_length() - 1
        columns[key] = where(there & (values != 0) if zero_is_none else there, values, ABSENT)
    return columns
