"""Sentences about the capture itself and about what the network and TCP did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.fault import Fault
from analyzer.finding import Finding
from analyzer.report.text import duration, listed, plural, times

from .phrases import number, of_all, streams_in_words, was

FAULTS: Final = {
    Fault.SHORT: "cut off by the layer around it",
    Fault.HEADER_LENGTH: "its own length cannot be right",
    Fault.TOTAL_LENGTH: "the length of what follows does not fit",
    Fault.VERSION: "the version is wrong",
    Fault.OPTIONS: "its options end in the middle of one",
    Fault.DEPTH: "nested too deeply",
    Fault.CHAIN: "too many headers in a chain",
    Fault.FIELD: "a value is forbidden",
}


def _retransmission(f: Finding) -> str:
    parts = (("fast_retransmission", "fast"), ("spurious_retransmission", "spurious"))
    how = [f"{number(f, name):,} {word}" for name, word in parts if number(f, name)]
    kinds = f", {' and '.join(how)}" if how else ""
    segments = "1 TCP segment as retransmission" if f.count == 1 else f"{f.count:,} TCP segments as retransmissions"
    return f"Wireshark marks {segments} ({of_all(f)} of the TCP packets{kinds})."


def _lost_segment(f: Finding) -> str:
    return f"Wireshark marks {plural(f.count, 'gap')} in TCP data: what came before was lost, comes later or was not captured."


def _ack_lost_segment(f: Finding) -> str:
    return f"Wireshark marks {plural(f.count, 'ACK')} of data that came later or is not in the capture."


def _zero_window(f: Finding) -> str:
    probes = number(f, "zero_window_probe")
    asked = f", and {plural(probes, 'probe')} of one" if probes else ""
    return f"Wireshark marks {plural(f.count, 'TCP segment')} with a zero window{asked}."


def _fill(f: Finding) -> str:
    return "fills" if f.count == 1 else "fill"


def _keep_alive(f: Finding) -> str:
    marked = f"Wireshark marks {plural(f.count, 'keep-alive')}"
    if not f.values.get("judged"):
        return f"{marked}: on idle connections, or probes of a closed window."
    kept, asked = number(f, "kept_alive"), number(f, "asked")
    if kept == f.count and not asked:
        return f"{marked}, on idle connections."
    found = [plural(kept, "keep-alive")] if kept else []
    found += [plural(asked, "probe of a closed window", "probes of a closed window")] if asked else []
    return f"{marked}. By all evidence {'there is none' if not found else f'that is {listed(found)}'}."


def _refused(f: Finding) -> str:
    return f"{plural(f.count, 'connection')}{_servers(f)} {was(f)} refused: the SYN was answered with RST."


def _unanswered(f: Finding) -> str:
    waited = f", waited up to {duration(number(f, 'longest_ns'))}" if number(f, "longest_ns") else ""
    return f"{plural(f.count, 'connection')}{_servers(f)} got no answer at all ({plural(number(f, 'syns'), 'SYN')}{waited})."


def _connect_repeated(f: Finding) -> str:
    longest = duration(number(f, "longest_ns"))
    most = "up to " if f.count > 1 else ""
    return f"{plural(f.count, 'connection')}{_servers(f)} opened only after several attempts, in {most}{longest}."


def _aborted(f: Finding) -> str:
    return f"{plural(f.count, 'connection')}{_servers(f)} {was(f)} aborted by RST without a FIN."


def _one_sided(f: Finding) -> str:
    return f"{plural(f.count, 'connection')} in one direction only: the other was not captured, so losses cannot be judged."


def _mid_capture(f: Finding) -> str:
    return f"{plural(f.count, 'connection')} {was(f)} open already: without the handshake, window sizes may be wrong."


def _servers(f: Finding) -> str:
    if not f.values.get("servers"):
        return ""
    others = number(f, "other_servers")
    least = "at least " if f.values.get("not_asked") else ""
    more = f" and {least}{plural(others, 'other server')}" if others else " and maybe others" if least else ""
    return f" to {f.values['servers']}{more}"


def _address_conflict(f: Finding) -> str:
    least = "more than " if f.values.get("more") else ""
    return f"{f.values['address']} is claimed by {least}{plural(f.count, 'MAC address', 'MAC addresses')}: {f.values['macs']}."


def _quoted(f: Finding) -> str:
    verb = "It concerns" if f.count == 1 else "They concern"
    return f" {verb} {f.protocol.upper()} {streams_in_words(f)}." if f.streams else ""


def _offload(f: Finding) -> str:
    proof = number(f, "no_total_length")
    why = "captured where the network card splits or joins packets (offload)" if proof else "offload, jumbo frames or loopback"
    frames = plural(f.count, "frame is", "frames are")
    return f"{frames} longer than an Ethernet frame, up to {number(f, 'largest'):,} bytes: {why}."


def _malformed(f: Finding) -> str:
    protocol = f.values["protocol"]
    why = FAULTS.get(Fault[str(f.values["fault"]).upper()], "cannot be right")
    return f"{plural(f.count, f'malformed {protocol} header')}: {why}."


def _conversations_evicted(f: Finding) -> str:
    unknown = number(f, "unknown")
    early = f" Of {plural(unknown, 'connection')} it is not known whether an answer came." if unknown else ""
    return (
        f"{plural(f.count, 'conversation')} forgotten for want of memory: streams and verdicts may differ from Wireshark's."
        + early
    )


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "damage": lambda f: (
        f"{f.values['file'] or 'The capture'} is damaged: {f.values['reason']} (after {plural(number(f, 'frame'), 'frame')})."
    ),
    "refused": _refused,
    "unanswered": _unanswered,
    "connect_repeated": _connect_repeated,
    "aborted": _aborted,
    "one_sided": _one_sided,
    "mid_capture": _mid_capture,
    "retransmission": _retransmission,
    "lost_segment": _lost_segment,
    "ack_lost_segment": _ack_lost_segment,
    "zero_window": _zero_window,
    "window_full": lambda f: f"Wireshark marks {plural(f.count, 'TCP segment')} that {_fill(f)} the receiver's window.",
    "out_of_order": lambda f: (
        f"Wireshark marks {plural(f.count, 'TCP segment')} as out of order ({of_all(f)} of the TCP packets)."
    ),
    "duplicate_ack": lambda f: f"Wireshark marks {plural(f.count, 'duplicate ACK')}: something was missing, or came twice.",
    "keep_alive": _keep_alive,
    "reused_ports": lambda f: f"{plural(f.count, 'new connection uses', 'new connections use')} the ports of an earlier one.",
    "tfo_ignored": lambda f: f"{plural(f.count, 'server')} ignored the data in a Fast Open SYN.",
    "unreachable": lambda f: f"{plural(f.count, 'ICMP message')}: the destination is unreachable.{_quoted(f)}",
    "time_exceeded": lambda f: f"{plural(f.count, 'packet')} went too far or in a circle (ICMP time exceeded).{_quoted(f)}",
    "packet_too_big": lambda f: f"{plural(f.count, 'packet was', 'packets were')} too big for a link on the way.{_quoted(f)}",
    "redirected": lambda f: f"{plural(f.count, 'ICMP redirect')}: a router knows a better way.{_quoted(f)}",
    "address_conflict": _address_conflict,
    "fragments_missing": lambda f: f"{plural(f.count, 'IP datagram')} never became complete: fragments are missing.",
    "fragments_disagree": lambda f: f"{plural(f.count, 'IP fragment')} with other bytes than an overlapping one.",
    "malformed": _malformed,
    "too_deep": lambda f: f"{plural(f.count, 'header')} nested too deeply to be read.",
    "cut_frames": lambda f: f"{plural(f.count, 'frame')} cut by the capture ({of_all(f)}): the rest cannot be analyzed.",
    "clock_set_back": lambda f: f"The clock was set back {times(f.count)}, by up to {duration(number(f, 'largest_ns'))}.",
    "unreadable_time": lambda f: f"{plural(f.count, 'frame has', 'frames have')} a time stamp outside the years 1678 to 2262.",
    "offload": _offload,
    "interface_drops": lambda f: f"{f.values['interface']} dropped {plural(f.count, 'packet')} while capturing.",
    "conversations_evicted": _conversations_evicted,
    "forgotten": lambda f: (
        f"No room was left for {plural(f.count, str(f.values['what']))}: what depends on that may be missing or wrong."
    ),
}

#: kinds that a field shows as such, with all of their frames; others are shown by stream or frame number
FILTERS: Final = {
    "cut_frames": "frame.cap_len < frame.len",
    **{
        kind: f"tcp.analysis.{kind}"
        for kind in (
            "retransmission", "lost_segment", "ack_lost_segment", "zero_window", "window_full", "out_of_order", "duplicate_ack",
            "keep_alive", "reused_ports", "tfo_ignored",
        )
    },
}  # fmt: skip
