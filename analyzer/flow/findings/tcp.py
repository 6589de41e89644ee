"""What Wireshark says that TCP suffered, over the whole capture: one finding for each verdict that a user should know of.

Where the ledger judges what happened (ledger.py), Wireshark's word on losses and windows is a note beside it.
The share of all TCP packets decides how grave a verdict is. A retransmission costs the user at least a round trip; above
LOSS_PROBLEM throughput collapses (RFC 3649 section 1: it falls with the square root of the loss rate).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.finding import Finding, Severity
from analyzer.flow.conversations import Conversations
from analyzer.flow.slots import Slot
from analyzer.flow.tcp.verdict import NAMES

from .evidence import MAX_FRAMES, SHOWN_STREAMS, Evidence

LOSS_PROBLEM: Final = 0.03  #: share of the TCP packets
LOSS_WARNING: Final = 0.001
FEW: Final = 10  #: fewer than this are no problem, whatever their share

#: verdict -> severity where its share is below LOSS_WARNING, from there on, and from LOSS_PROBLEM on
SEVERITIES: Final = {
    "retransmission": (Severity.NOTE, Severity.WARNING, Severity.PROBLEM),
    "lost_segment": (Severity.NOTE, Severity.WARNING, Severity.WARNING),
    "ack_lost_segment": (Severity.NOTE, Severity.WARNING, Severity.WARNING),
    "zero_window": (Severity.WARNING, Severity.WARNING, Severity.WARNING),
    "window_full": (Severity.NOTE, Severity.WARNING, Severity.WARNING),
    "out_of_order": (Severity.NOTE, Severity.NOTE, Severity.WARNING),
    "duplicate_ack": (Severity.NOTE, Severity.NOTE, Severity.WARNING),
    "keep_alive": (Severity.NOTE, Severity.NOTE, Severity.NOTE),
    "reused_ports": (Severity.NOTE, Severity.NOTE, Severity.NOTE),
    "tfo_ignored": (Severity.NOTE, Severity.WARNING, Severity.WARNING),
}
#: verdicts of which the ledger knows better
JUDGED: Final = (
    "retransmission", "lost_segment", "ack_lost_segment", "out_of_order", "duplicate_ack", "zero_window", "window_full",
)  # fmt: skip
#: verdicts that the sentence of another one mentions
DETAILS: Final = {
    "retransmission": ("fast_retransmission", "spurious_retransmission"),
    "zero_window": ("zero_window_probe",),
}


def verdict_findings(
    verdicts: Mapping[str, Evidence],
    packets: int,
    judged: bool = False,
    more: Mapping[str, Mapping[str, int | str]] | None = None,
) -> Iterator[Finding]:
    """One finding for each kind that occurred among so many TCP packets.

    judged: by the ledger, too. more: kind -> what else is known of it.
    """
    for kind, severities in SEVERITIES.items():
        evidence = verdicts.get(kind)
        if not evidence:
            continue
        share = evidence.count / max(packets, 1)
        grade = 0 if share < LOSS_WARNING else 1 if share < LOSS_PROBLEM or evidence.count < FEW else 2
        values: dict[str, int | str] = {"of": packets}
        values |= {name: verdicts[name].count if name in verdicts else 0 for name in DETAILS.get(kind, ())}
        severity = Severity.NOTE if judged and kind in JUDGED else severities[grade]
        yield evidence.finding(kind, severity, "tcp", values | dict((more or {}).get(kind, {})))


def whole_capture(conversations: Conversations) -> dict[str, Evidence]:
    """Each verdict, as the accounts of all conversations have it."""
    counts = conversations.accounts.verdicts.array
    found = {}
    for kind, (times, frames) in conversations.totals().items():
        evidence = found[kind] = Evidence()
        evidence.count = times
        evidence.frames = frames[:MAX_FRAMES]
        bit = NAMES.index(kind)
        evidence.streams.update(_most(conversations, counts[0::2, bit] + counts[1::2, bit]))
    return found


def _most(conversations: Conversations, times: Int64) -> dict[int, int]:
    """Stream -> how often, for the streams in which it was seen most often."""
    slots = np.flatnonzero(times)
    if len(slots) > SHOWN_STREAMS:
        slots = slots[np.argpartition(times[slots], len(slots) - SHOWN_STREAMS)[len(slots) - SHOWN_STREAMS :]]
    numbers = conversations.slots.slots.array[slots, Slot.NUMBER]
    order = np.argsort(numbers)
    return dict(zip(numbers[order].tolist(), times[slots][order].tolist(), strict=True))
