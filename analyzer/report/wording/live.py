"""What is said of a capture that is growing: what happened to interfaces and files, what was lost, and which keys there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from analyzer.live.snapshot import Counters, Snapshot
from analyzer.report.text import count, duration, listed, plural, share, size

#: what a kind of event is called at the begin of a line
KINDS: Final = {"statistics": "traffic", "writing": "file"}

PANES: Final = {
    "handshakes": "Handshakes", "journeys": "Journeys", "stalls": "Stalls", "findings": "Findings", "notices": "Notices",
}  # fmt: skip
#: what a pane says as long as it has nothing
EMPTY: Final = {
    "handshakes": "No TCP connection has been opened yet.",
    "journeys": "Nobody has asked for anything yet.",
    "stalls": "No bytes had to wait for lost ones yet.",
    "findings": "Nothing is wrong that this program knows of.",
    "notices": "Nothing has happened to interfaces and files.",
}
WAITING: Final = "No packet has come yet."
SILENT: Final = "Nobody is speaking."
NO_MATCH: Final = "No conversation matches the filter."
FORGOTTEN: Final = "Nothing is known of this conversation any more."
TOO_SMALL: Final = "The terminal is too small."
UTC: Final = "times are UTC"

#: key, what it does in a word or two, and in a sentence; the most important first
KEYS: Final = (
    ("q", "end", "end the capture and print the summary; Ctrl-C does the same"),
    ("?", "keys", "show these keys, and hide them"),
    ("Enter", "open", "open the conversation that is selected; Esc or Backspace closes it"),
    ("/", "filter", "show only conversations, handshakes and journeys with a text in addresses, ports, names ..."),
    ("s", "sort", "sort by the next column; S reverses, 1 to 8 choose a column"),
    ("p", "pause", "hold the display, not the capture; p or space goes on"),
    ("Tab", "pane", "show the next pane below: handshakes, journeys, stalls, findings, notices; Shift-Tab goes back"),
    ("z", "zoom", "give the pane the room of the conversations, too"),
    ("j k", "select", "select a conversation, as the arrows, Home and End do; in a pane that fills the screen: scroll"),
    ("PgUp PgDn", "scroll", "scroll the pane, or the conversation that is open"),
)
TYPING: Final = (("Enter", "accept"), ("Esc", "clear"))
OPENED: Final = (("Esc", "close"), ("j k", "scroll"), ("p", "pause"), ("?", "keys"), ("q", "end"))
FULL: Final = (("z", "smaller"), ("j k", "scroll"), ("Tab", "pane"), ("p", "pause"), ("?", "keys"), ("q", "end"))
NO_KEYS: Final = "Ctrl-C ends the capture"

LINK_EVENTS: Final = {
    "down": "{interface} is down", "up": "{interface} is up", "removed": "{interface} was removed",
    "added": "{interface} was added", "renamed": "{interface} is now called {new_name}",
}  # fmt: skip
FILE_EVENTS: Final = {
    "opened": "writing {file}", "closed": "{file} is complete", "deleted": "{file} was deleted, as the ring is full",
    "stopped": "{file} is not written any further",
}  # fmt: skip
WITHDRAWN: Final = "what was said of it is not true after all"
#: where the line has the time of the row that is meant
WITHDRAWN_OF_THEN: Final = "what was said of it with this time is not true after all"


def happened(row: Mapping[str, Any]) -> str:
    """What happened to an interface or a file, of which the row is."""
    text = {**LINK_EVENTS, **FILE_EVENTS}[row["what"]].format_map(row)
    return f"{text}: {row['reason']}" if row.get("reason") else text


def dropped(counters: Counters) -> str:
    """12 packets dropped: 10 by the kernel, 2 by the interface; empty if none were."""
    parts = {
        "by the kernel": counters.dropped_kernel, "by the interface": counters.dropped_interface, "here": counters.dropped_here,
    }  # fmt: skip
    total = sum(parts.values())
    where = listed([f"{count(number)} {who}" for who, number in parts.items() if number])
    return f"{plural(total, 'packet')} dropped: {where}" if total else ""


def caps(counters: Counters) -> list[str]:
    """What there was no room for."""
    said = {
        "{} given up for want of memory": plural(counters.evicted, "conversation") if counters.evicted else "",
        "{} judged early for want of memory": plural(counters.judged_early, "connection") if counters.judged_early else "",
        "{} without rows, too many at once": plural(counters.not_detailed, "connection") if counters.not_detailed else "",
    }
    return [text.format(number) for text, number in said.items() if number]


def captured(end: Snapshot) -> list[str]:
    """How a capture went that is over: how much there was, what was lost, what was written."""
    counters = end.counters
    lines = [
        f"Captured {plural(counters.packets, 'packet')} ({size(counters.bytes)}) on {end.title} in {duration(end.running_ns)}."
    ]
    lost = dropped(counters)
    if lost:
        every = counters.packets + counters.dropped_kernel + counters.dropped_interface + counters.dropped_here
        part = share(every - counters.packets, every)
        lines.append(f"{lost} ({part}). What is missing there is the capture's own loss, not the network's.")
    lines += [f"{text}." for text in caps(counters)]
    if counters.written_bytes:
        lines.append(f"Written: {plural(counters.written_packets, 'packet')}, {size(counters.written_bytes)}.")
    return lines


def kept_for_report(path: str) -> str:
    """Packets are written, since the report reads them again."""
    return f"the packets are kept in {path} until the report is made (-w FILE keeps them)"


def cut_short(reason: str) -> str:
    """The capture ended without anybody wanting it."""
    return f"the capture ended early: {reason}"
