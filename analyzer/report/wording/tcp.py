"""Sentences about why TCP segments were sent again, and what had to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import duration, listed, plural, size, times

from .hint import Hint
from .phrases import number, of_all
from .verdicts import REPAIRS, messages

ONE_SEGMENT: Final = 1460  #: missing bytes up to this were one segment (Ethernet)
REPAIRED: Final = {
    "fast": "by fast retransmit",
    "timeout": "by timeout",
    "after_timeout": "in the recovery after one",
    "probe": "by a tail loss probe",
    "handshake": "by the timer of the handshake",
}
WHY: Final = {
    "had_arrived": "had arrived before",
    "crossing": "had arrived, and the ACK was on its way",
    "premature": "came after all, only later",
}


def _loss(f: Finding) -> str:
    segments = plural(f.count, "TCP segment was", "TCP segments were")
    return f"{segments} lost and sent again ({of_all(f)} of the TCP packets){_how(f)}.{_where(f)}"


def _how(f: Finding) -> str:
    """What repaired the losses."""
    named = {name: number(f, name) for name in REPAIRED if number(f, name)}
    if not named:
        return ""
    if f.count in named.values():
        return f", {'all ' if f.count > 1 else ''}{REPAIRED[next(iter(named))]}"
    parts = [f"{count:,} {REPAIRED[name]}" for name, count in named.items()]
    others = f.count - sum(named.values())
    if others:
        parts.append(f"{others:,} for reasons that the capture does not show")
    return f": {listed(parts)}"


def _where(f: Finding) -> str:
    """On which side of the capture point they were lost."""
    before, behind = number(f, "upstream"), number(f, "downstream")
    if before and behind:
        return f" Lost before the capture point: {before:,}, behind it: {behind:,}."
    return f" Lost {'before' if before else 'behind'} the capture point." if before or behind else ""


def _needless(f: Finding) -> str:
    named = {name: number(f, name) for name in WHY if number(f, name)}
    segments = plural(f.count, "TCP segment was", "TCP segments were")
    if f.count in named.values():
        return f"{segments} sent again needlessly: {_originals(f.count)} {WHY[next(iter(named))]}."
    parts = [f"{count:,} {WHY[name]}" for name, count in named.items()]
    return f"{segments} sent again needlessly: of the originals {listed(parts)}."


def _originals(count: int) -> str:
    return "the original" if count == 1 else "the originals"


def _reordering(f: Finding) -> str:
    latest = number(f, "latest_ns")
    late = f", up to {duration(latest)} late" if latest else ""
    segments = plural(f.count, "TCP segment was", "TCP segments were")
    return f"{segments} overtaken on the way ({of_all(f)} of the TCP packets){late}."


def _head_of_line(f: Finding) -> str:
    if f.count == 1:
        return f"Head-of-line stall: {stalled(f)}."
    total = duration(number(f, "total_ns"))
    return f"{f.count:,} head-of-line stalls, {total} in all. The longest: {stalled(f)} (stream {number(f, 'stream')})."


def stalled(f: Finding) -> str:
    """server's 14 kB answer (or: 14 kB of server's answer) waited 212 ms behind one lost segment, repaired by timeout"""
    lasted = number(f, "duration_ns")
    waited = f"waited {duration(lasted)}" if lasted >= 0 else "still waited at the end"
    direction = str(f.values["direction"])
    held = size(number(f, "bytes_held"))
    waiting = number(f, "victim_count")
    noun = messages(str(f.values["victim_protocol"]), direction, waiting) if waiting else ""
    whole = number(f, "bytes_held") + number(f, "missing_bytes") >= number(f, "victim_bytes")
    if waiting == 1 and not whole:
        return f"{held} of {direction}'s {noun} {waited} behind {_hole(f)}"
    what = f"{held} of data" if not waiting else f"{held} {noun}" if waiting == 1 else f"{held} ({waiting:,} {noun})"
    return f"{direction}'s {what} {waited} behind {_hole(f)}"


def _hole(f: Finding) -> str:
    cause, holes, missing = str(f.values["cause"]), number(f, "hole_count"), number(f, "missing_bytes")
    need = f.values.get("need")
    late = cause == "reordering" or need == "premature"
    became = "late" if late else "lost" if cause in REPAIRS and need == "needed" else "missing"
    if missing <= holes * ONE_SEGMENT:
        what = f"one {became} segment" if holes == 1 else f"{holes:,} {became} segments"
    else:
        what = f"{became} data of {size(missing)}" + (f" in {holes:,} holes" if holes > 1 else "")
    return f"{what}, {REPAIRS[cause]}" if cause in REPAIRS else what


def _tail_loss(f: Finding) -> str:
    unseen, unanswered = number(f, "at_least"), number(f, "unanswered")
    if f.count == 1 and unanswered:
        return f"The last data was sent again {times(unanswered)} within {duration(number(f, 'waited_ns'))} and never answered."
    least = "at least " if unseen else ""
    took = f"{least}{duration(number(f, 'waited_ns'))}"
    if f.count == 1:
        text = f"Once no answer came to the last data before a pause: it took {took} until a timer sent it again."
    else:
        text = f"{times(f.count).capitalize()} no answer came to the last data before a pause until a timer sent it again. "
        text += f"That took {took} in all{_longest(f)}."
    if unanswered:
        text += f" Some data was sent again {times(unanswered)} and never answered."
    if not unseen:
        return text
    copies = "The first copy" if f.count == 1 else plural(unseen, "first copy", "first copies")
    return f"{text} {copies} had not passed the capture point: when it was sent is unknown."


def _longest(f: Finding) -> str:
    waited, longest = number(f, "waited_ns"), number(f, "longest_ns")
    return f", {duration(longest)} the longest" if longest < waited else ""


def _window_closed(f: Finding) -> str:
    waited, asked = number(f, "waited_ns"), number(f, "asked")
    text = f"A receiver's window closed {times(f.count)} (zero window): its program had not read what had come."
    parts = [f"waited {duration(waited)}{_longest(f)}"] if waited else []
    parts += [f"asked {times(asked)} whether it may go on"] if asked else []
    return f"{text} The sender {listed(parts)}." if parts else text


def _window_limit(f: Finding) -> str:
    had = "had to wait" if f.count == 1 else f"had to wait {times(f.count)}"
    return (
        f"A sender {had} for room in the receiver's window, {duration(number(f, 'waited_ns'))}{' in all' if f.count > 1 else ''}"
        f"{_longest(f)}."
    )


def _nagle(f: Finding) -> str:
    total = duration(number(f, "waited_ns"))
    return (
        f"{times(f.count).capitalize()} a small segment waited for a delayed ACK, {total} in all: Nagle's algorithm against "
        "delayed ACKs. TCP_NODELAY at its sender ends that."
    )


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "loss": _loss,
    "needless_retransmission": _needless,
    "retransmission_unclear": lambda f: (
        f"{plural(f.count, 'TCP segment was', 'TCP segments were')} sent again, and the capture does not show whether "
        f"{'it' if f.count == 1 else 'they'} had to be."
    ),
    "reordering": _reordering,
    "head_of_line": _head_of_line,
    "tail_loss": _tail_loss,
    "window_closed": _window_closed,
    "window_limit": _window_limit,
    "nagle_delayed_ack": _nagle,
}

HINTS: Final[dict[str, Hint]] = {
    "loss": Hint(
        "transport",
        "Find the link that loses: compare the counters of interfaces along the way on the named side of the capture point;"
        " on Wi-Fi the radio, at a bottleneck a queue that is too short.",
        "Loss detection and recovery (RFC 6675, RFC 8985); the rate falls with the square root of the loss (RFC 3649 section 1).",
    ),
    "needless_retransmission": Hint(
        "transport",
        "See whether round trips vary much (queues that fill, Wi-Fi, delayed ACKs): the timer or the reordering threshold was"
        " too small.",
        "Spurious retransmissions: D-SACK (RFC 2883), Eifel (RFC 3522), F-RTO (RFC 5682).",
    ),
    "retransmission_unclear": Hint(
        "transport",
        "Capture at the sender or at the receiver: there it can be told.",
        "Without D-SACK or time stamps nobody sees whether the first copy arrived (RFC 3708).",
    ),
    "reordering": Hint(
        "transport",
        "Look for parallel ways (link bundles, ECMP, several queues, Wi-Fi retries) that split one connection.",
        "Three duplicate ACKs are taken for loss (RFC 5681 section 3.2); RACK waits a part of the round trip instead (RFC 8985).",
    ),
    "head_of_line": Hint(
        "transport",
        "Remove the loss that the stall waits for (see the findings of loss); where single losses cannot be avoided, use"
        " several connections or HTTP/3.",
        "TCP delivers in order: bytes behind a hole wait (head-of-line blocking; RFC 9114 section 1.1).",
    ),
    "tail_loss": Hint(
        "transport",
        "Remove the loss; a sender with tail loss probes (RACK-TLP) repeats after two round trips instead of a timeout.",
        "Nothing follows the last segment that could show its loss: only a timer repairs it (RFC 8985 section 7, RFC 6298).",
    ),
    "window_closed": Hint(
        "transport",
        "Look at the program that receives: it does not read; its CPU, disk or a lock, not the network.",
        "A zero window says: I have no room (RFC 9293 section 3.8.6.1).",
    ),
    "window_limit": Hint(
        "transport",
        "Let the receiver's buffer grow (Linux: tcp_rmem, no SO_RCVBUF), or shorten the round trip; check that the window"
        " scale is not stripped.",
        "Throughput is at most window / RTT (RFC 7323 section 1.1).",
    ),
    "nagle_delayed_ack": Hint(
        "transport",
        "Set TCP_NODELAY at the sender of the small segments, or write each message at once.",
        "Nagle's algorithm (RFC 896) holds a small segment until the ACK that the peer delays (RFC 1122 section 4.2.3.2).",
    ),
}
