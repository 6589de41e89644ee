"""Why tshark shows some fields differently: the one list of it."""

from __future__ import annotations

from typing import Any, Final

from analyzer.fault import Fault
from analyzer.flow.routed import last_destination

from .difference import Difference
from .explanation import Explanation, Frame
from .ours import FIELDS, ipv4

FULL_TCP_HEADER: Final = 20
MINIMUM_HEADER: Final = 20  #: of IPv4
ATM: Final = 19  #: ARP hardware type (RFC 2225)
#: what stands behind the length in a header
BEHIND_HEADER_LENGTH: Final = frozenset(("ip.len", "ip.id", "ip.ttl", "ip.proto", "ip.src", "ip.dst"))
BEHIND_TOTAL_LENGTH: Final = BEHIND_HEADER_LENGTH - {"ip.len"}
BEHIND_DATA_OFFSET: Final = frozenset(("tcp.ack_raw", "tcp.flags", "tcp.window_size_value"))
PSEUDOWIRE: Final = "pwethheuristic"  #: tshark's name for the guess
FAR: Final = "time out of range"
FINE: Final = "fine resolution"
FRACTION: Final = "fraction out of range"
FINEST: Final = 2**64 // 10**9  #: time stamp units per second that tshark can handle
TIME_STAMP: Final = "frame.time_epoch"
#: times between frames
TIMES: Final = frozenset((
    "tcp.time_relative", "tcp.time_delta", "tcp.analysis.ack_rtt", "tcp.analysis.rto",
    "tcp.analysis.initial_rtt",
))  # fmt: skip
#: what a conversation makes of a segment, beside tcp.analysis.*
CONVERSED: Final = frozenset((
    "udp.stream", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.window_size", "tcp.window_size_scalefactor", "tcp.completeness",
    "tcp.time_relative", "tcp.time_delta",
))  # fmt: skip
#: link types with a header that Wireshark takes out: SunATM, ERF, MTP2, LAPD, Bluetooth with direction, PPP with direction, ...
PSEUDO_HEADERS: Final = frozenset((123, 139, 144, 177, 197, 201, 204, 209, 212, 220, 256, 269))
UNREAD_LINKTYPES: Final = frozenset((8, 149))  #: SLIP, private use
#: fields whose rules changed after Wireshark 4.0 (WIRESHARK.md 1.16), and what hangs on them
CHANGED: Final = frozenset((
    "tcp.analysis.flags", "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission",
    "tcp.analysis.spurious_retransmission", "tcp.analysis.out_of_order", "tcp.analysis.rto", "tcp.analysis.rto_frame",
    "tcp.analysis.acks_frame", "tcp.analysis.ack_rtt", "tcp.analysis.ack_lost_segment", "tcp.analysis.lost_segment",
    "tcp.analysis.zero_window_probe", "tcp.analysis.zero_window_probe_ack", "tcp.analysis.keep_alive",
    "tcp.analysis.duplicate_ack", "tcp.analysis.duplicate_ack_num", "tcp.analysis.duplicate_ack_frame",
    "tcp.analysis.bytes_in_flight", "tcp.analysis.push_bytes_sent", "tcp.analysis.initial_rtt",
))  # fmt: skip


def _values(text: str | None) -> list[str]:
    """The values of a field, one for each header that has it."""
    return text.split(",") if text else []


def _some_left_out(fewer: str | None, more: str | None, most: int) -> bool:
    """Whether up to `most` values were left out of `more`, and nothing else was done to it."""
    left, rest = _values(fewer), iter(_values(more))
    missing = len(_values(more)) - len(left)
    return 0 < missing <= most and all(value in rest for value in left)


def _cut_header(difference: Difference, frame: Frame) -> bool:
    protocol = difference.field.partition(".")[0]
    headers = frame.headers(protocol)
    if protocol == "arp":
        return _some_left_out(difference.theirs, difference.ours, sum(bool(header["fault"]) for header in headers))
    unread = [
        header for header in headers if header["fault"] in (Fault.SNAP_LENGTH, Fault.SHORT) and _is_unread(protocol, header)
    ]
    return _some_left_out(difference.ours, difference.theirs, len(unread))


def _is_unread(protocol: str, header: dict[str, Any]) -> bool:
    return all(header[name] is None for name in FIELDS[protocol])


def _atmarp(difference: Difference, frame: Frame) -> bool:
    atm = sum(header["arp.hw.type"] == ATM for header in frame.headers("arp"))
    return difference.field == "arp.opcode" and _some_left_out(difference.theirs, difference.ours, atm)


def _source_route(difference: Difference, frame: Frame) -> bool:
    """tshark shows the end of the route in the place of the next router, and nothing else differs."""
    if difference.field != "ip.dst":
        return False
    whole = [header for header in frame.bytes_of("ip") if len(header) >= MINIMUM_HEADER]
    ends = [last_destination(header[: (header[0] & 0x0F) * 4]) for header in whole]
    own = _values(difference.ours)
    if not any(ends) or len(ends) != len(own):
        return False
    return _values(difference.theirs) == [ipv4(end) if end else shown for end, shown in zip(ends, own, strict=True)]


def _bogus_ip_length(difference: Difference, frame: Frame) -> bool:
    bogus = sum(
        header["carries"] < 0
        and (
            (header["fault"] == Fault.HEADER_LENGTH and difference.field in BEHIND_HEADER_LENGTH)
            or (header["fault"] == Fault.TOTAL_LENGTH and difference.field in BEHIND_TOTAL_LENGTH)
        )
        for header in frame.headers("ip")
    )
    return _some_left_out(difference.theirs, difference.ours, bogus)


def _offload(difference: Difference, frame: Frame) -> bool:
    """Only the zeros differ."""
    ours, theirs = _values(difference.ours), _values(difference.theirs)
    if difference.field != "ip.len" or len(ours) != len(theirs):
        return False
    return all(mine in (other, "0") for mine, other in zip(ours, theirs, strict=True))


def _pseudowire(difference: Difference, frame: Frame) -> bool:
    """What stands around the pseudowire is the same for both."""
    protocol = difference.field.partition(".")[0]
    if PSEUDOWIRE not in frame.protocols or protocol == "frame" or not frame.headers("eth"):
        return False
    outside = frame.protocols[: frame.protocols.index(PSEUDOWIRE)].count(protocol)
    return _values(difference.ours)[:outside] == _values(difference.theirs)[:outside]


def _frame_relay(difference: Difference, frame: Frame) -> bool:
    """A segment or datagram right on Frame Relay: what its own header says is the same for both."""
    protocol = difference.field.partition(".")[0]
    if "fr" not in frame.protocols or protocol not in frame.protocols[frame.protocols.index("fr") :]:
        return False
    return difference.field in CONVERSED or difference.field.startswith("tcp.analysis.")


def _bogus_data_offset(difference: Difference, frame: Frame) -> bool:
    short = sum((header["tcp.hdr_len"] or FULL_TCP_HEADER) < FULL_TCP_HEADER for header in frame.headers("tcp"))
    return difference.field in BEHIND_DATA_OFFSET and _some_left_out(difference.theirs, difference.ours, short)


def _quoted_sequence(difference: Difference, frame: Frame) -> bool:
    """All but the quoted ones are there."""
    own = [str(header["tcp.seq_raw"]) for header in frame.headers("tcp") if not header["quoted"]]
    return difference.field == "tcp.seq_raw" and _values(difference.theirs) == [value for value in own if value != "None"]


def _reckoned(difference: Difference, frame: Frame, explanation: str) -> bool:
    """A time between frames of a stream of which one has a time stamp that this explanation explained."""
    odd = frame.odd_times.get(explanation, ())
    return difference.field in TIMES and any(stream in odd for stream in frame.streams())


def _time_out_of_range(difference: Difference, frame: Frame) -> bool:
    if difference.field == TIME_STAMP:
        return bool(frame.dissection.batch.fault[frame.row] == Fault.TIMESTAMP)
    return _reckoned(difference, frame, FAR)


def _nanoseconds(text: str) -> int:
    """A time as tshark prints it: where the fraction went out of range, it is a number of nanoseconds all the same."""
    whole, _, part = text.lstrip("-").partition(".")
    return int(whole) * 10**9 + int(part)


def _overflow(difference: Difference, frame: Frame) -> bool:
    if difference.field != TIME_STAMP:
        return _reckoned(difference, frame, FRACTION)
    if not difference.ours or not difference.theirs:
        return False
    ours, theirs = _nanoseconds(difference.ours), _nanoseconds(difference.theirs)
    fraction = int(difference.theirs.partition(".")[2])
    return any((ours - value) % 2**32 == 0 for value in (theirs, -theirs, theirs - 2 * fraction))


def _pseudo_header(difference: Difference, frame: Frame) -> bool:
    """tshark's frame is the shorter one."""
    if difference.field not in ("frame.len", "frame.cap_len") or not difference.ours or not difference.theirs:
        return False
    linktype = int(frame.dissection.batch.linktype[frame.row])
    return linktype in PSEUDO_HEADERS and int(difference.theirs) < int(difference.ours)


def _unread_linktype(difference: Difference, frame: Frame) -> bool:
    unread = int(frame.dissection.batch.linktype[frame.row]) in UNREAD_LINKTYPES
    return unread and difference.theirs is None and not difference.field.startswith("frame.")


def _twice_in_frame(difference: Difference, frame: Frame) -> bool:
    """What tshark shows for both is what we have for one of them."""
    segments = [(header["tcp.seq_raw"], header["tcp.ack_raw"]) for header in frame.headers("tcp") if not header["quoted"]]
    if not difference.field.startswith("tcp.analysis.") or len(set(segments)) == len(segments):
        return False
    return bool(difference.theirs) and set(_values(difference.theirs)) <= set(_values(difference.ours))


def _fine_resolution(difference: Difference, frame: Frame) -> bool:
    """The seconds are the same."""
    if difference.field != TIME_STAMP:
        return _reckoned(difference, frame, FINE)
    if not difference.ours or not difference.theirs or frame.interface.resolution <= FINEST:
        return False
    return difference.ours.partition(".")[0] == difference.theirs.partition(".")[0]


def _no_time(difference: Difference, frame: Frame) -> bool:
    return difference.field == "frame.time_epoch" and difference.theirs is None and frame.dissection.batch.time[frame.row] == 0


def _other_rules(difference: Difference, frame: Frame) -> bool:
    return bool(frame.other_rules) and difference.field in CHANGED


VERDICTS: Final[tuple[Explanation[Frame], ...]] = (
    Explanation(
        "cut header",
        "Of a header that is not whole we say nothing (of ARP: no more than its first 8 bytes), tshark says what stands before "
        "the place where it ends (of ARP: nothing).",
        "both",
        _cut_header,
    ),
    Explanation(
        "bogus data offset",
        "A TCP data offset below 5 words: tshark shows nothing that stands behind it in the header, though it is there.",
        "both",
        _bogus_data_offset,
    ),
    Explanation(
        "ATMARP",
        "ARP over ATM has a header of its own (RFC 2225): tshark shows its operation under another name.",
        "both",
        _atmarp,
    ),
    Explanation(
        "source route",
        "An IPv4 source route: tshark shows the end of the route as ip.dst, we the next router, whose address stands there.",
        "both",
        _source_route,
    ),
    Explanation(
        "bogus IP length",
        "An IP header length below 5 words, or a total length below that of the header: tshark shows nothing that stands behind "
        "it in the header, though it is there.",
        "both",
        _bogus_ip_length,
    ),
    Explanation(
        "length left to the hardware",
        "An IP total length of 0 (segmentation offload): tshark shows the length that is there, we the 0 that stands there.",
        "both",
        _offload,
    ),
    Explanation(
        "pseudowire",
        "Nothing says what an MPLS label carries. tshark guesses a control word by known vendors of the addresses behind it, "
        "we by its first bits.",
        "both",
        _pseudowire,
    ),
    Explanation(
        "frame relay",
        "Over Frame Relay tshark counts all that runs on one DLCI as one conversation, whatever the addresses and ports: stream "
        "numbers and verdicts follow from that.",
        "ours",
        _frame_relay,
    ),
    Explanation(
        "quoted sequence number",
        "tshark has no tcp.seq_raw for a header quoted in an ICMP error: it shows the same number as tcp.seq.",
        "both",
        _quoted_sequence,
    ),
    Explanation(
        FAR,
        "The time stamp lies outside 1678-2262 and does not fit 64 bits of nanoseconds; we keep its low 63 bits and say so. "
        "What is reckoned from it differs as well.",
        "theirs",
        _time_out_of_range,
    ),
    Explanation(
        FRACTION,
        "A record says a second or more of microseconds or nanoseconds: tshark has 32 signed bits for them and does not carry. "
        "What is reckoned from it differs as well.",
        "ours",
        _overflow,
    ),
    Explanation(
        "pseudo-header",
        "Frames of this link type begin with some bytes of the capturing system; tshark does not count them.",
        "both",
        _pseudo_header,
    ),
    Explanation(
        "unread link type",
        "tshark does not read this link type: SLIP, or 149, which is for private use and which we read as Apple does (PKTAP).",
        "ours",
        _unread_linktype,
    ),
    Explanation(
        "twice in a frame",
        "One frame holds the same segment twice (802.11 aggregation): tshark keeps one result for both, we one for each.",
        "ours",
        _twice_in_frame,
    ),
    Explanation(
        FINE,
        "Time stamps finer than 1/18,446,744,073 s: tshark's product of their fraction and 10^9 overflows 64 bits. "
        "What is reckoned from it differs as well.",
        "ours",
        _fine_resolution,
    ),
    Explanation(
        "no time",
        "A simple packet block has no time stamp; tshark shows none, we count it as 0 (1970).",
        "both",
        _no_time,
    ),
    Explanation(
        "other rules",
        "This tshark decides by other rules than 4.0, whose verdicts we give: the clock for fast retransmissions and "
        "out-of-order runs from the other side's last packet; a segment inside an unacknowledged one is no longer out of "
        "order; SACK blocks make fast retransmissions too; the RTO counts from the segment that is repeated; accepted probe "
        "bytes and partial acknowledgments are followed. (Older ones: a list of 1,000 segments, no SACK in bytes in flight.)",
        "both",
        _other_rules,
    ),
)


def explain_verdict(difference: Difference, frame: Frame) -> str:
    """Name of the first explanation that holds; empty: none."""
    return next((rule.name for rule in VERDICTS if rule.holds(difference, frame)), "")
