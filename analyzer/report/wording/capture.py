"""Sentences about how good the capture is, as the packets of TCP connections show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import duration, plural, size, times

from .hint import Hint
from .phrases import number, of_all

WAYS: Final = {
    "same_place": "at the same place",
    "other_link": "on another link",
    "other_hops": "on the other side of a router",
    "resegmented": "before and after segmentation offload",
}


def _captured_twice(f: Finding) -> str:
    counted = {way: number(f, way) for way in WAYS if number(f, way)}
    if len(counted) > 1:
        how = ": " + ", ".join(f"{count:,} {WAYS[way]}" for way, count in counted.items())
    else:
        how = "".join(f" {WAYS[way]}" for way in counted)
    packets = plural(f.count, "TCP packet is", "TCP packets are")
    return f"{packets} in the capture twice ({of_all(f)}){how}. Such copies are no retransmissions."


def _capture_missed(f: Finding) -> str:
    repairs = number(f, "repairs")
    lost = f" {plural(repairs, 'hole')} had been reported by the receiver before." if repairs else ""
    return (
        f"The capture missed at least {plural(f.count, 'TCP packet')} that arrived ({of_all(f)}, {size(number(f, 'bytes'))}): "
        f"that was no loss in the network.{lost}"
    )


def _captured_out_of_order(f: Finding) -> str:
    packets = plural(f.count, "TCP packet is", "TCP packets are")
    return (
        f"{packets} in the capture in another order than it was sent ({of_all(f)}), as when several queues or interfaces are "
        "read in turn."
    )


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "captured_twice": _captured_twice,
    "capture_missed": _capture_missed,
    "checksum_offload": lambda f: (
        f"{plural(f.count, 'TCP packet was', 'TCP packets were')} captured before the network card filled in the checksum "
        "(offload): a wrong one says nothing there."
    ),
    "bad_checksum": lambda f: (
        f"{plural(f.count, 'TCP packet has', 'TCP packets have')} a wrong checksum (of {number(f, 'of'):,} verified): "
        "damaged on the way, and then dropped by the receiver, unless the card of the sender fills them in later."
    ),
    "clock_jumped": lambda f: (
        f"The clock of the capture jumped forward {times(f.count)}, by up to {duration(number(f, 'largest_ns'))}: "
        "the clocks of the hosts did not."
    ),
    "captured_out_of_order": _captured_out_of_order,
    "network_duplicate": lambda f: f"{plural(f.count, 'TCP packet was', 'TCP packets were')} doubled by the network.",
}

HINTS: Final[dict[str, Hint]] = {
    "captured_twice": Hint(
        "capture",
        "Mirror one direction of each port, or capture on one interface only; the copies are left out of all verdicts here.",
        "A mirror of several ports sees a packet that enters one and leaves another twice.",
    ),
    "capture_missed": Hint(
        "capture",
        "Capture with a larger buffer (-B), a filter or a shorter snap length, or with a tap instead of a mirror port.",
        "Bytes that the receiver acknowledged did arrive (RFC 9293 section 3.4): what lacks them is the capture.",
    ),
    "checksum_offload": Hint(
        "capture",
        "Nothing; to verify checksums capture at the other end.",
        "The network card fills in the checksum behind the capture point (ethtool -k: tx-checksumming).",
    ),
    "bad_checksum": Hint(
        "link",
        "Look for a failing card, cable, memory or driver on the sender's side of the capture point.",
        "The receiver drops such a segment without a word (RFC 9293 section 3.1); it then looks lost.",
    ),
    "clock_jumped": Hint(
        "capture",
        "Believe no duration across these frames; let the clock slew instead of stepping (chrony), and do not suspend the"
        " machine.",
        "Time stamps of TCP count on the hosts' own clocks (RFC 7323 section 5.4): they did not jump.",
    ),
    "captured_out_of_order": Hint(
        "capture",
        "Sort by time (reordercap) where stamps are right; several receive queues without a common clock cannot be sorted.",
        "Cards with several queues (RSS) hand packets to the capture queue by queue.",
    ),
    "network_duplicate": Hint(
        "network",
        "Look for a loop or a bonded link that sends twice; the receivers drop the copies.",
        "IP may duplicate packets; TCP drops what it has (RFC 9293 section 3.10.7.4).",
    ),
}
