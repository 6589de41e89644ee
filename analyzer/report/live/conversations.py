"""The pane of conversations: those that spoke lately, sorted, filtered, one of them selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from analyzer.live.snapshot import Talking
from analyzer.report.machine import terminal_safe
from analyzer.report.text import count, duration, rate, shortened, size

from .line import Line, clipped, padded

SILENT_NS: Final = 5_000_000_000  #: after such a silence a conversation is shown as quiet
PORTS: Final = 100  #: columns of the pane from which on the client's port is shown, too
GAP: Final = 2
MIN_ENDS: Final = 16  #: columns of client and server
MAX_ENDS: Final = 76  #: more would tear the line apart
NOW: Final = "now"  #: behind the number of stalls of a conversation that is stalled


class Column(NamedTuple):
    """One of the pane."""

    title: str
    width: int  #: at least; below 0: to the right
    cell: Callable[[Talking], str]
    least: int  #: columns of the pane from which on it is there


class Sort(NamedTuple):
    """An order of conversations."""

    title: str  #: of the column, if it has one
    key: Callable[[Talking], float | str]
    falling: bool = True


def _rtt(one: Talking) -> str:
    return "" if one.rtt_ns is None else duration(one.rtt_ns)


def _resent(one: Talking) -> str:
    return count(one.retransmissions) if one.protocol == "tcp" else ""


def _stalls(one: Talking) -> str:
    if one.protocol != "tcp":
        return ""
    return count(one.stalls) if not one.stalled else f"{count(one.stalls)} {NOW}" if one.stalls else NOW


#: behind client and server
COLUMNS: Final = (
    Column("stream", -6, lambda one: str(one.stream), 110),  # as the panes below call it
    Column("protocol", 8, lambda one: one.application or one.protocol.upper(), 70),
    Column("state", 11, lambda one: one.state.replace("_", " "), 124),
    Column("pkts/s", -6, lambda one: rate(one.packets_per_s), 66),
    Column("bytes/s", -7, lambda one: size(one.bytes_per_s), 0),
    Column("bytes", -7, lambda one: size(one.bytes), 96),
    Column("RTT", -7, _rtt, 40),
    Column("resent", -6, _resent, 56),
    Column("stalls", -6, _stalls, 56),
    Column("stalled", -7, lambda one: duration(one.stalled_ns) if one.stalled_ns else "", 110),
    Column("age", -8, lambda one: duration(one.age_ns), 140),
    Column("silent", -7, lambda one: duration(one.silent_ns), 140),
)
#: in the order of their number keys
SORTS: Final = (
    Sort("bytes/s", lambda one: one.bytes_per_s),
    Sort("pkts/s", lambda one: one.packets_per_s),
    Sort("bytes", lambda one: one.bytes),
    Sort("RTT", lambda one: -1 if one.rtt_ns is None else one.rtt_ns),
    Sort("resent", lambda one: one.retransmissions),
    Sort("stalls", lambda one: (one.stalled << 62) + one.stalled_ns),
    Sort("age", lambda one: one.age_ns, False),
    Sort("server", lambda one: named(one), False),
)
Key = tuple[str, int]  #: protocol and stream


def named(one: Talking) -> str:
    """The server: by name where it has one."""
    return f"{one.name}:{one.server.rpartition(':')[2]}" if one.name else one.server


def matches(needle: str, words: Iterable[object]) -> bool:
    """Whether one of the words holds what the user is looking for, in whatever case."""
    wanted = needle.casefold()
    return not wanted or any(wanted in str(word).casefold() for word in words)


def chosen(conversations: Iterable[Talking], needle: str, sort: int, reverse: bool) -> list[Talking]:
    """The conversations that the filter lets pass, sorted."""
    found = [
        one for one in conversations
        if matches(needle, (f"{one.protocol} {one.stream}", one.client, one.server, one.name, one.application, one.state))
    ]  # fmt: skip
    found.sort(key=lambda one: (one.protocol, one.stream))
    order = SORTS[sort]
    found.sort(key=order.key, reverse=order.falling != reverse)
    return found


def pane(found: Sequence[Talking], selected: Key | None, sort: int, width: int, rows: int) -> list[Line]:
    """A line of titles and at most `rows` of conversations: those around the selected one."""
    place = next((i for i, one in enumerate(found) if (one.protocol, one.stream) == selected), 0)
    first = max(min(place - rows // 2, len(found) - rows), 0)
    shown = found[first : first + rows]
    columns = [column for column in COLUMNS if width >= column.least]
    cells = [[terminal_safe(column.cell(one)) for column in columns] for one in shown]
    widths = [
        max(abs(column.width), *(len(line[i]) for line in cells)) if cells else abs(column.width)
        for i, column in enumerate(columns)
    ]
    widths = [min(cells, abs(column.width)) if column.width > 0 else cells for column, cells in zip(columns, widths, strict=True)]
    room = min(max(width - sum(cells + GAP for cells in widths), MIN_ENDS), MAX_ENDS)
    ends = [_ends(one, width) for one in shown]
    client = min(max([len("client"), *(len(name) for name, _ in ends)]), max((room - 3) // 2, 1))
    title = f"{'client':<{client}} > server"
    titles: Line = [(f"{title:<{room}}"[:room], _title_style("server", sort))]
    for column, cells_wide in zip(columns, widths, strict=True):
        titles += [("  ", ""), (_aligned(column, column.title, cells_wide), _title_style(column.title, sort))]
    lines = [titles]
    for number, (one, (near, far), texts) in enumerate(zip(shown, ends, cells, strict=True), first):
        both = f"{padded(shortened(near, client), client)} > {shortened(far, room - client - 3)}"
        line: Line = [(padded(both, room), "")]
        for column, text, cells_wide in zip(columns, texts, widths, strict=True):
            line += [("  ", ""), (_aligned(column, text, cells_wide), _style(column.title, one))]
        if number == place:
            line = [(text, "alarm" if style == "problem" else "selected") for text, style in clipped(line, width, "selected")]
        elif one.silent_ns >= SILENT_NS:
            line = [(text, style or "quiet") for text, style in line]
        lines.append(line)
    return lines


def _ends(one: Talking, width: int) -> tuple[str, str]:
    client = one.client if width >= PORTS else one.client.rpartition(":")[0]
    return terminal_safe(client), terminal_safe(named(one))


def _aligned(column: Column, text: str, width: int) -> str:
    return f"{text:>{width}}" if column.width < 0 else padded(shortened(text, width), width)


def _title_style(title: str, sort: int) -> str:
    return "current" if SORTS[sort].title == title else "title"


def _style(title: str, one: Talking) -> str:
    """What is to be seen at once."""
    if title in ("stalls", "stalled") and one.stalled:
        return "problem"
    if title in ("resent", "stalls"):
        return "warning" if (one.retransmissions if title == "resent" else one.stalls) else "quiet"
    return ""
