"""Fields of UDP and TCP headers, and of the conversation that they belong to."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Table
from analyzer.dissect.transport import tcp
from analyzer.flow.fact import Fact, Shown

from .field import Extract, Field, Layer, Present, both
from .kinds import BOOLEAN, INTEGER, PRESENCE, SECONDS
from .view import View

MASK_32: Final = 0xFFFFFFFF
SYN_OR_FIN: Final = 0x003


def _all(_: View, table: Table) -> Column:
    return np.ones(len(table), bool)


def at_least(level: Shown) -> Present:
    """Segments of which Wireshark shows that much."""

    def present(view: View, table: Table) -> Column:
        shown: Column = view.fact("tcp", Fact.SHOWN) >= level
        return shown

    return present


def _with(bit: int) -> Layer:
    """Segments with an option."""
    return Layer("tcp", lambda view, table: at_least(Shown.ANALYSIS)(view, table) & (table["kinds"] & bit != 0))


_udp, _sctp = Layer("udp", _all), Layer("sctp", _all)
_long_udp = Layer("udp", lambda view, table: table["end"] - table["at"] >= 6)
_numbers, _window = Layer("tcp", at_least(Shown.NUMBERS)), Layer("tcp", at_least(Shown.WINDOW))
_related = Layer("tcp", lambda view, table: at_least(Shown.NUMBERS)(view, table) & (table["quoted"] == 0))
_analyzed = Layer("tcp", lambda view, table: at_least(Shown.WINDOW)(view, table) & (view.fact("tcp", Fact.LENGTH) >= 0))
_times, _options = Layer("tcp", at_least(Shown.TIMES)), Layer("tcp", at_least(Shown.ANALYSIS))
_mss, _shift, _stamps = _with(tcp.MSS_BIT), _with(tcp.SHIFT_BIT), _with(tcp.TIMESTAMPS_BIT)
_ports = Layer("tcp", _all)  # ICMP errors often quote no more than the 8 bytes with the ports
_source, _destination = _ports.octets(0, 2), _ports.octets(2, 2)


def _flag(bit: int) -> Extract:
    return _window.computed("flags", by=lambda flags: flags >> bit & 1)


def _next(seq: Column, length: Column, flags: Column) -> Column:
    following: Column = (seq + length + (flags & SYN_OR_FIN != 0)) & MASK_32
    return following


FIELDS = (
    Field("udp.srcport", INTEGER, "Source port", _udp.octets(0, 2)),
    Field("udp.dstport", INTEGER, "Destination port", _udp.octets(2, 2)),
    Field("udp.port", INTEGER, "Source or destination port", both(_udp.octets(0, 2), _udp.octets(2, 2)), many=True),
    Field("udp.length", INTEGER, "Length of header and payload", _long_udp.stored("length")),
    Field("udp.checksum", INTEGER, "Checksum", _udp.octets(6, 2)),
    Field("udp.stream", INTEGER, "Conversation, numbered from 0", _udp.stored(Fact.STREAM, where=lambda stream: stream >= 0)),
    Field("sctp.srcport", INTEGER, "Source port", _sctp.octets(0, 2)),
    Field("sctp.dstport", INTEGER, "Destination port", _sctp.octets(2, 2)),
    Field("sctp.port", INTEGER, "Source or destination port", both(_sctp.octets(0, 2), _sctp.octets(2, 2)), many=True),
    Field("tcp.srcport", INTEGER, "Source port", _source),
    Field("tcp.dstport", INTEGER, "Destination port", _destination),
    Field("tcp.port", INTEGER, "Source or destination port", both(_source, _destination), many=True),
    Field("tcp.stream", INTEGER, "Conversation, numbered from 0", _numbers.stored(Fact.STREAM)),
    Field("tcp.completeness", INTEGER, "Seen of the conversation before: 1 SYN, 2 SYN/ACK, 4 ACK, 8 data, 16 FIN, 32 RST",
          _numbers.stored(Fact.COMPLETENESS)),
    Field("tcp.len", INTEGER, "Bytes of payload", _numbers.stored(Fact.LENGTH, where=lambda length: length >= 0)),
    Field("tcp.seq", INTEGER, "Sequence number, relative to the first of its direction", _numbers.stored(Fact.SEQ_RELATIVE)),
    Field("tcp.nxtseq", INTEGER, "Sequence number behind it, relative",
          _analyzed.computed(Fact.SEQ_RELATIVE, Fact.LENGTH, "flags", by=_next)),
    Field("tcp.seq_raw", INTEGER, "Sequence number as it stands there", _related.stored("seq_raw")),
    Field("tcp.ack", INTEGER, "Acknowledgment number, relative to the other direction", _window.stored(Fact.ACK_RELATIVE)),
    Field("tcp.ack_raw", INTEGER, "Acknowledgment number as it stands there", _window.stored("ack_raw")),
    Field("tcp.hdr_len", INTEGER, "Header length in bytes", _numbers.stored("hdr_len")),
    Field("tcp.flags", INTEGER, "The 12 flag bits", _window.stored("flags")),
    Field("tcp.flags.ae", BOOLEAN, "Accurate ECN", _flag(8)),
    Field("tcp.flags.cwr", BOOLEAN, "Congestion window reduced", _flag(7)),
    Field("tcp.flags.ece", BOOLEAN, "ECN echo", _flag(6)),
    Field("tcp.flags.urg", BOOLEAN, "Urgent", _flag(5)),
    Field("tcp.flags.ack", BOOLEAN, "Acknowledgment", _flag(4)),
    Field("tcp.flags.push", BOOLEAN, "Push", _flag(3)),
    Field("tcp.flags.reset", BOOLEAN, "Reset", _flag(2)),
    Field("tcp.flags.syn", BOOLEAN, "Synchronize", _flag(1)),
    Field("tcp.flags.fin", BOOLEAN, "Finish", _flag(0)),
    Field("tcp.window_size_value", INTEGER, "Window as it stands there", _window.stored("window")),
    Field("tcp.window_size", INTEGER, "Window in bytes", _window.stored(Fact.WINDOW_SIZE)),
    Field("tcp.window_size_scalefactor", INTEGER, "What the window is multiplied with; -1 unknown, -2 no scaling",
          _window.stored(Fact.WINDOW_SCALE, where=lambda factor: factor != 0)),
    Field("tcp.time_relative", SECONDS, "Time since the first frame of the conversation", _times.stored(Fact.TIME_RELATIVE)),
    Field("tcp.time_delta", SECONDS, "Time since the frame before it in the conversation", _times.stored(Fact.TIME_DELTA)),
    Field("tcp.options.mss_val", INTEGER, "Maximum segment size", _mss.stored("mss")),
    Field("tcp.options.wscale.shift", INTEGER, "Window scale", _shift.stored("shift")),
    Field("tcp.options.wscale.multiplier", INTEGER, "Window scale as a factor",
          _shift.computed("shift", by=lambda shift: 1 << shift.astype("q"))),
    Field("tcp.options.sack_perm", PRESENCE, "SACK permitted", _with(tcp.SACK_PERMITTED_BIT).stored("kinds")),
    Field("tcp.options.sack", PRESENCE, "SACK blocks", _with(tcp.SACK_BIT).stored("kinds")),
    Field("tcp.options.sack.count", INTEGER, "How many SACK blocks", _with(tcp.SACK_BIT).stored("sack_blocks")),
    Field("tcp.options.timestamp.tsval", INTEGER, "Time stamp", _stamps.stored("tsval")),
    Field("tcp.options.timestamp.tsecr", INTEGER, "Time stamp that is echoed", _stamps.stored("tsecr")),
)  # fmt: skip
