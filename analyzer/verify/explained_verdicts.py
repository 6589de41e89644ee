"""Why tshark shows some fields differently: the one list of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analyzer.fault import Fault

from .difference import Difference
from .explanation import Explanation, Frame

FULL_TCP_HEADER: Final = 20
MINIMUM_HEADER: Final = 20  #: of IPv4
IPV6_HEADER: Final = 40
HOP_BY_HOP: Final = 0
ROUTING: Final = 43
DESTINATION_OPTIONS: Final = 60
ROUTES: Final = frozenset((131, 137))  #: IPv4 options: loose and strict source route
ATM: Final = 19  #: ARP hardware type (RFC 2225)
FRACTION: Final = "fraction out of range"
FINEST: Final = 2**64 // 10**9  #: time stamp units per second that tshark can handle
TIMES: Final = frozenset((
    "frame.time_epoch", "tcp.time_relative", "tcp.time_delta", "tcp.analysis.ack_rtt", "tcp.analysis.rto",
    "tcp.analysis.initial_rtt",
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


def _values(text: str | None) -> int:
    return text.count(",") + 1 if text else 0


def _cut_header(difference: Difference, frame: Frame) -> bool:
    protocol = difference.field.partition(".")[0]
    return _values(difference.theirs) != _values(difference.ours) and any(
        header["fault"] in (Fault.SNAP_LENGTH, Fault.SHORT) or (protocol == "arp" and header["fault"])
        for header in frame.headers(protocol)
    )


def _atmarp(difference: Difference, frame: Frame) -> bool:
    return difference.field.startswith("arp.") and any(header["arp.hw.type"] == ATM for header in frame.headers("arp"))


def _source_route(difference: Difference, frame: Frame) -> bool:
    if difference.field not in ("ip.dst", "tcp.stream", "udp.stream"):
        return False
    if any(ROUTES.intersection(_option_kinds(header)) for header in frame.bytes_of("ip")):
        return True
    return any(_has_routing_header(header) for header in frame.bytes_of("ipv6"))


def _option_kinds(header: bytes) -> Iterator[int]:
    """Kinds of the options of an IPv4 header (RFC 791 section 3.1)."""
    at, stop = MINIMUM_HEADER, min((header[0] & 0x0F) * 4, len(header)) if header else 0
    while at < stop and header[at] != 0:
        yield header[at]
        at += 1 if header[at] == 1 else max(header[at + 1] if at + 1 < stop else 0, 2)


def _has_routing_header(header: bytes) -> bool:
    """Whether an IPv6 header is followed by a routing header, maybe behind options (RFC 8200 section 4.1)."""
    at, following = IPV6_HEADER, header[6] if len(header) >= IPV6_HEADER else 0
    while following in (HOP_BY_HOP, DESTINATION_OPTIONS) and at + 2 <= len(header):
        following, at = header[at], at + 8 * (header[at + 1] + 1)
    return following == ROUTING


def _bogus_ip_length(difference: Difference, frame: Frame) -> bool:
    return _values(difference.theirs) < _values(difference.ours) and any(
        header["fault"] in (Fault.HEADER_LENGTH, Fault.TOTAL_LENGTH) and header["carries"] < 0 for header in frame.headers("ip")
    )


def _offload(difference: Difference, frame: Frame) -> bool:
    return difference.field == "ip.len" and any(header["ip.len"] == 0 for header in frame.headers("ip"))


def _pseudowire(difference: Difference, frame: Frame) -> bool:
    return "pwethheuristic" in frame.protocols


def _frame_relay(difference: Difference, frame: Frame) -> bool:
    return "fr" in frame.protocols and difference.field.startswith(("tcp.", "udp.stream"))


def _bogus_data_offset(difference: Difference, frame: Frame) -> bool:
    return _values(difference.theirs) < _values(difference.ours) and any(
        (header["tcp.hdr_len"] or 0) < FULL_TCP_HEADER for header in frame.headers("tcp")
    )


def _quoted_sequence(difference: Difference, frame: Frame) -> bool:
    quoted = [header for header in frame.headers("tcp") if header["quoted"] and header["tcp.seq_raw"] is not None]
    return difference.field == "tcp.seq_raw" and _values(difference.theirs) + len(quoted) == _values(difference.ours)


def _time_out_of_range(difference: Difference, frame: Frame) -> bool:
    return difference.field in TIMES and frame.far_times


def _nanoseconds(text: str) -> int:
    """A time as tshark prints it: where the fraction went out of range, it is a number of nanoseconds all the same."""
    whole, _, part = text.lstrip("-").partition(".")
    return int(whole) * 10**9 + int(part)


def _overflow(difference: Difference, frame: Frame) -> bool:
    if difference.field != "frame.time_epoch" or not difference.ours or not difference.theirs:
        return False
    ours, theirs = _nanoseconds(difference.ours), _nanoseconds(difference.theirs)
    fraction = int(difference.theirs.partition(".")[2])
    return any((ours - value) % 2**32 == 0 for value in (theirs, -theirs, theirs - 2 * fraction))


def _pseudo_header(difference: Difference, frame: Frame) -> bool:
    batch = frame.dissection.batch
    return difference.field in ("frame.len", "frame.cap_len") and int(batch.linktype[frame.row]) in PSEUDO_HEADERS


def _unread_linktype(difference: Difference, frame: Frame) -> bool:
    return int(frame.dissection.batch.linktype[frame.row]) in UNREAD_LINKTYPES and difference.theirs is None


def _twice_in_frame(difference: Difference, frame: Frame) -> bool:
    segments = [(header["tcp.seq_raw"], header["tcp.ack_raw"]) for header in frame.headers("tcp") if not header["quoted"]]
    return difference.field.startswith("tcp.analysis.") and len(set(segments)) < len(segments)


def _fine_resolution(difference: Difference, frame: Frame) -> bool:
    interfaces = frame.dissection.batch.interfaces
    return difference.field in TIMES and any(interface.resolution > FINEST for interface in interfaces)


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
        "A source route or routing header: tshark takes the last destination for that of the packet, we the next one. Stream "
        "numbers follow from that, also those of later streams.",
        "theirs",
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
        "time out of range",
        "The time stamp lies outside 1678-2262 and does not fit 64 bits of nanoseconds; we keep its low 63 bits and say so. "
        "What is reckoned from it differs as well.",
        "theirs",
        _time_out_of_range,
    ),
    Explanation(
        FRACTION,
        "A record says a second or more of microseconds or nanoseconds: tshark has 32 signed bits for them and does not carry.",
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
        "fine resolution",
        "Time stamps finer than 1/18,446,744,073 s: tshark's product of their fraction and 10^9 overflows 64 bits.",
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
