"""Sentences about the capture itself and about what the network and TCP did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import duration, listed, plural, times

from .hint import Hint
from .phrases import number, of_all


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


def _offload(f: Finding) -> str:
    proof = number(f, "no_total_length")
    why = "captured where the network card splits or joins packets (offload)" if proof else "offload, jumbo frames or loopback"
    frames = plural(f.count, "frame is", "frames are")
    return f"{frames} longer than an Ethernet frame, up to {number(f, 'largest'):,} bytes: {why}."


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
    "cut_frames": lambda f: f"{plural(f.count, 'frame')} cut by the capture ({of_all(f)}): the rest cannot be analyzed.",
    "clock_set_back": lambda f: f"The clock was set back {times(f.count)}, by up to {duration(number(f, 'largest_ns'))}.",
    "unreadable_time": lambda f: f"{plural(f.count, 'frame has', 'frames have')} a time stamp outside the years 1678 to 2262.",
    "offload": _offload,
    "interface_drops": lambda f: (
        f"{f.values['interface']} dropped {plural(f.count, 'packet')} while capturing"
        + (", before the frames that are named." if f.frames else ".")
    ),
    "conversations_evicted": _conversations_evicted,
    "forgotten": lambda f: (
        f"No room was left for {plural(f.count, str(f.values['what']))}: what depends on that may be missing or wrong."
    ),
}

HINTS: Final[dict[str, Hint]] = {
    "damage": Hint(
        "capture",
        "Capture again, or copy the file again; everything before the damage was analyzed.",
        "A file is damaged where a record's length cannot be right or the file ends inside one: a full disk, a killed tcpdump.",
    ),
    "retransmission": Hint(
        "transport",
        "Nothing for its own sake: see which of them were needed (analyzer tcp) and what had to wait (analyzer stalls).",
        "Wireshark's tcp.analysis.retransmission: bytes that were sent before, whatever the reason (RFC 9293 section 3.8).",
    ),
    "lost_segment": Hint(
        "transport",
        "See whether the bytes come later (reordering, repair) or were acknowledged without being captured.",
        "Wireshark's tcp.analysis.lost_segment: a sequence number above the next expected one.",
    ),
    "ack_lost_segment": Hint(
        "capture",
        "Capture nearer to the host, with a larger buffer (-B) or a shorter snap length (-s): the capture drops packets.",
        "An ACK of bytes that nobody saw proves that they passed somewhere else (RFC 9293 section 3.4).",
    ),
    "zero_window": Hint(
        "transport",
        "Look at the program that receives: it does not read fast enough.",
        "Zero windows and probes (RFC 9293 section 3.8.6.1).",
    ),
    "window_full": Hint(
        "transport",
        "If the receiver is not slow, let its buffer grow (window scale, autotuning): it limits the rate to window per RTT.",
        "Throughput is at most window / RTT (RFC 7323 section 1.1).",
    ),
    "out_of_order": Hint(
        "transport",
        "Look for parallel ways (link bundles, ECMP, several queues) that split one connection.",
        "Wireshark tells reordering from retransmission by time alone; how much reordering there is: RFC 4737.",
    ),
    "duplicate_ack": Hint(
        "transport",
        "Nothing for its own sake: each one says that something came out of its order behind a hole.",
        "Duplicate ACKs and fast retransmit (RFC 5681 section 3.2).",
    ),
    "keep_alive": Hint(
        "transport",
        "Nothing, unless there are very many: then the interval is short.",
        "TCP keep-alives (RFC 9293 section 3.8.4): off by default, and then every 2 hours at most.",
    ),
    "reused_ports": Hint(
        "connection",
        "Nothing, unless connections are refused or delayed: then spread them over more ports or addresses, or keep them open.",
        "TIME-WAIT keeps old segments out of a new connection (RFC 9293 section 3.6, RFC 6191).",
    ),
    "tfo_ignored": Hint(
        "connection",
        "See whether Fast Open is on at the server, and whether a middlebox strips the option.",
        "Data in the SYN needs a cookie that the server knows (RFC 7413 section 4.1).",
    ),
    "cut_frames": Hint(
        "capture",
        "Capture without a snap length (-s 0) where payloads matter.",
        "The snap length is how many bytes of each frame a capture keeps (pcap-savefile(5)).",
    ),
    "clock_set_back": Hint(
        "capture",
        "Believe no duration across these frames; let the clock slew instead of stepping while capturing (chrony, ntpd -x).",
        "NTP steps a clock that is off by more than some 128 ms (RFC 5905 section 11.3).",
    ),
    "unreadable_time": Hint(
        "capture",
        "See which program wrote the file: the time stamps are in another unit or damaged.",
        "Files of libpcap count seconds in 32 bits, pcapng units of if_tsresol in 64 bits.",
    ),
    "offload": Hint(
        "capture",
        "Count bytes, not packets; to see what is on the wire turn it off (ethtool -K IF tso off gso off gro off lro off).",
        "Segmentation offload: the card cuts large segments behind the capture point and joins small ones before it.",
    ),
    "interface_drops": Hint(
        "capture",
        "Capture with a larger buffer (-B), a filter or a shorter snap length: what was dropped looks like loss.",
        "The kernel counts what did not fit into the buffer of the capture (pcap_stats(3), pcapng isb_ifdrop and isb_osdrop).",
    ),
    "conversations_evicted": Hint(
        "capture",
        "Give more memory (--memory), or read less at once (a filter, a shorter part).",
        "Conversations are remembered until the memory budget is reached; then those that were silent longest leave.",
    ),
    "forgotten": Hint(
        "capture",
        "Read a smaller part of the capture (-c, -Y) where this matters.",
        "Everything that grows with the traffic has a limit, so that no traffic can exhaust the memory.",
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
