"""The events of a batch as rows: one for each verdict on each segment.

A fast or spurious retransmission is two rows, since Wireshark sets two fields; so there are as many rows of a kind as
frames that the display filter `tcp.analysis.<kind>` finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from analyzer.flow.fact import Fact
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.verdict import COUNTED, NAMES, Verdict

_COUNTED_MASK = (1 << COUNTED) - 1
_COMMON = (("seq", Fact.SEQ_RELATIVE), ("ack", Fact.ACK_RELATIVE), ("len", Fact.LENGTH), ("window_size", Fact.WINDOW_SIZE))
_OF_KIND = {
    Verdict.RETRANSMISSION: (("rto_ns", Fact.RTO), ("rto_frame", Fact.RTO_FRAME)),
    Verdict.DUPLICATE_ACK: (
        ("duplicate_ack_num", Fact.DUPLICATE_NUMBER),
        ("duplicate_ack_frame", Fact.DUPLICATE_FRAME),
    ),
}


def events(analysis: TcpAnalysis) -> Iterator[dict[str, Any]]:
    """Rows for the batch that `analysis.update` was called with last."""
    facts = analysis.facts
    verdicts = facts[Fact.VERDICT]
    for i in np.flatnonzero(verdicts & _COUNTED_MASK).tolist():
        side = int(facts[Fact.SIDE][i])
        client = analysis.conversations.client(side >> 1)
        for bit, kind in enumerate(NAMES):
            if not verdicts[i] >> bit & 1:
                continue
            row: dict[str, Any] = {
                "frame": int(facts[Fact.FRAME][i]),
                "time_ns": int(facts[Fact.TIME][i]),
                "stream": int(facts[Fact.STREAM][i]),
                "direction": "client" if side & 1 == client else "server",
                "kind": kind,
            }
            row |= {name: int(facts[fact][i]) for name, fact in _COMMON}
            for name, fact in _OF_KIND.get(Verdict(1 << bit), ()):
                if kind == "duplicate_ack" or facts[fact][i]:
                    row[name] = int(facts[fact][i])
            yield row
