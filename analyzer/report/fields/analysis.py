"""Fields tcp.analysis.*: Wireshark's verdicts on TCP segments, and what they are founded on (flow/tcp/WIRESHARK.md)."""

from __future__ import annotations

from analyzer.batch import Column
from analyzer.flow.fact import Fact, Shown
from analyzer.flow.tcp.verdict import FLAG_MASK, NAMES

from .field import Extract, Field, Layer
from .kinds import FLAGS, INTEGER, PRESENCE, SECONDS
from .transport import at_least

_DOC = {
    "retransmission": "The bytes were sent before",
    "fast_retransmission": "Sent again after duplicate ACKs, without waiting for a timeout",
    "spurious_retransmission": "Sent again although it had been acknowledged",
    "out_of_order": "Arrived behind segments that were sent after it",
    "duplicate_ack": "Says for the second time that the same byte is expected",
    "lost_segment": "The segment before it is not in the capture",
    "ack_lost_segment": "Acknowledges bytes that are not in the capture",
    "keep_alive": "Keep-alive",
    "keep_alive_ack": "Answer to a keep-alive",
    "zero_window": "The sender can take no more bytes",
    "zero_window_probe": "One byte sent into a zero window",
    "zero_window_probe_ack": "Answer to that",
    "window_update": "The sender can take more bytes again",
    "window_full": "Fills the receiver's window",
    "reused_ports": "A new connection between ports that were used before",
    "tfo_syn": "SYN with data (TCP Fast Open)",
    "tfo_ack": "SYN/ACK that accepts the data of the SYN",
    "tfo_ignored": "SYN/ACK that ignores the data of the SYN",
}

_shown = Layer("tcp", at_least(Shown.ANALYSIS))


def _positive(value: Column) -> Column:
    positive: Column = value > 0
    return positive


def _known(value: Column) -> Column:
    known: Column = value != 0
    return known


def _verdict(bits: int) -> Extract:
    """The verdict bits among `bits`, where there is one."""
    return _shown.computed(Fact.VERDICT, by=lambda verdict: verdict & bits, where=_known)


def _number(fact: Fact) -> Extract:
    """A fact of which 0 means that there is none."""
    return _shown.stored(fact, where=_positive)


FIELDS = (
    Field("tcp.analysis.flags", FLAGS, "The verdicts on the segment", _verdict(FLAG_MASK)),
    *(Field(f"tcp.analysis.{name}", PRESENCE, _DOC[name], _verdict(1 << bit)) for bit, name in enumerate(NAMES)),
    Field("tcp.analysis.duplicate_ack_num", INTEGER, "Which duplicate ACK it is, from 1", _number(Fact.DUPLICATE_NUMBER)),
    Field("tcp.analysis.duplicate_ack_frame", INTEGER, "The frame that was the ACK", _number(Fact.DUPLICATE_FRAME)),
    Field("tcp.analysis.acks_frame", INTEGER, "The frame that it acknowledges", _number(Fact.ACKS_FRAME)),
    Field("tcp.analysis.ack_rtt", SECONDS, "Time since that frame", _shown.stored(Fact.ACK_RTT, where=_known)),
    Field("tcp.analysis.initial_rtt", SECONDS, "Time from the last SYN to the ACK of the handshake",
          _shown.stored(Fact.INITIAL_RTT, where=_known)),
    Field("tcp.analysis.rto", SECONDS, "Time since the segment that is sent again", _shown.stored(Fact.RTO, where=_known)),
    Field("tcp.analysis.rto_frame", INTEGER, "The frame of that segment", _number(Fact.RTO_FRAME)),
    Field("tcp.analysis.bytes_in_flight", INTEGER, "Bytes sent and not yet acknowledged", _number(Fact.BYTES_IN_FLIGHT)),
    Field("tcp.analysis.push_bytes_sent", INTEGER, "Bytes sent since the last PSH", _number(Fact.PUSH_BYTES)),
)  # fmt: skip
