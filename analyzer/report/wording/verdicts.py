"""Words for our verdicts on TCP segments and for what ended stalls, as tables and sentences have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

KINDS: Final = {
    "retransmission": "resent",
    "reordered": "reordered",
    "late_original": "late original",
    "network_duplicate": "copied by the network",
    "capture_duplicate": "captured twice",
    "gap_open": "gap",
    "keep_alive": "keep-alive",
    "window_probe": "window probe",
    "old_ack": "old ACK",
    "duplicate_ack": "duplicate ACK",
    "duplicate_data_received": "data came twice",
}
TRIGGERS: Final = {  #: what made a sender send again, or ended a stall
    "syn_timer": "SYN timer",
    "synack_timer": "SYN/ACK timer",
    "rto": "timeout",
    "rto_recovery": "after timeout",
    "fast_retransmit": "fast",
    "fast_recovery": "fast recovery",
    "tlp": "tail loss probe",
    "unknown": "reason unknown",
}
BRIEF: Final = {**TRIGGERS, "tlp": "probe", "fast_recovery": "recovery"}  #: the same where there is little room
NEEDS: Final = {
    "needed": "needed",
    "needless_crossing": "ACK on its way",
    "needless": "needless",
    "premature": "premature",
    "unknown": "need unknown",
}
HOLES: Final = {
    "reordering": "reordering",
    "lost_upstream": "lost before here",
    "lost_downstream": "lost behind here",
    "capture_loss": "not captured",
    "filler_missed": "repair not captured",
    "unresolved": "never filled",
}
REPAIRS: Final = {
    "syn_timer": "repaired by the SYN timer",
    "synack_timer": "repaired by the SYN/ACK timer",
    "rto": "repaired by timeout",
    "rto_recovery": "repaired after a timeout",
    "fast_retransmit": "repaired by fast retransmit",
    "fast_recovery": "repaired in fast recovery",
    "tlp": "repaired by a tail loss probe",
}
MESSAGES: Final = {  #: protocol -> what its messages from client and from server are called
    "http": ("request", "answer"),
    "dns": ("query", "answer"),
    "tls": ("TLS message", "TLS message"),
    "websocket": ("WebSocket frame", "WebSocket frame"),
    "sse": ("event", "event"),
}


def verdict(row: Mapping[str, Any], brief: bool = False) -> str:
    """Our verdict in the columns of a TCP event: resent, fast, needed; `?` where only timing speaks for it."""
    triggers = BRIEF if brief else TRIGGERS
    kind = row["verdict"]
    if kind is None:
        return ""
    words = [KINDS.get(kind, kind)]
    if row["trigger"]:
        words.append(triggers.get(row["trigger"], row["trigger"]))
    if row["need"]:
        words.append(NEEDS.get(row["need"], row["need"]))
    if kind == "gap_open" and row["hole_cause"]:
        words.append(HOLES.get(row["hole_cause"], row["hole_cause"]))
    return ", ".join(words) + ("?" if row["confidence"] == "low" else "")


def messages(protocol: str, direction: str, count: int) -> str:
    """What messages of a protocol, sent by client or server, are called: answer; answers."""
    noun = MESSAGES.get(protocol, ("message", "message"))[direction == "server"]
    return noun if count == 1 else "queries" if noun == "query" else f"{noun}s"
