"""The summary as one screen for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analyzer.capture.rows import NO_LINKTYPE
from analyzer.dissect import stack

from . import wording
from .finding_lines import explained, fitted, worst_first
from .machine import terminal_safe
from .summary import Row, Summary
from .tables import Paint, Resolve, application, endpoint
from .text import SECOND, columns, count, duration, listed, moment, plural, rate, share, shortened, size, wrapped
from .wording.verdict import verdict

MAX_PROTOCOLS: Final = 16  #: lines of the protocol tree
MAX_FILES: Final = 5  #: files that are named
MAX_INTERFACES: Final = 4  #: that are named
NAME_WIDTH: Final = 28  #: columns of the name of an interface
WHOLE_FRAMES: Final = 65_535  #: a snap length from here on cuts no ordinary frame
NARROWEST: Final = 76  #: columns; a smaller terminal wraps
WIDEST: Final = 120  #: longer lines are hard to read
NARROW: Final = 84  #: columns that conversations need without their application
WIDE: Final = 100  #: from here on conversations have all of their columns
MIN_HOST: Final = 12
HEADINGS: Final = ("", "", "", "packets", "bytes", "duration", "", "")
LABEL: Final = 9  #: columns of the labels in the margin


def plain(text: str, style: str) -> str:
    """No colours."""
    return text


def screen(summary: Summary, resolve: Resolve, width: int = 80, paint: Paint = plain, explain: bool = False) -> Iterator[str]:
    """The lines; with `explain` findings stand layer by layer, each with its cost, what to do about it and what to read."""
    width = min(max(width, NARROWEST), WIDEST)
    findings = summary.findings()
    yield from _capture(summary, width, paint)
    if findings:
        said = fitted(terminal_safe(" ".join(verdict(findings, (), ()))), width - LABEL)
        yield from wrapped(said, width, f"{'Verdict':<{LABEL}}", " " * LABEL)
    if summary.packets:
        yield from _protocols(summary, width, paint)
        yield from _conversations(summary, resolve, width, paint)
    yield ""
    yield from (explained if explain else worst_first)(summary, findings, resolve, width, paint)


def _capture(summary: Summary, width: int, paint: Paint) -> Iterator[str]:
    reader = summary.reader
    for info in reader.files[:MAX_FILES]:
        facts = [info.format, info.compression or "", size(info.size) if info.size is not None else ""]
        about = ", ".join(fact for fact in facts if fact)
        name = terminal_safe("standard input" if info.path == "-" else info.path)
        yield f"{paint(shortened(name, width - len(about) - 2), 'title')}  {about}"
    if len(reader.files) > MAX_FILES:
        yield f"and {plural(len(reader.files) - MAX_FILES, 'more file')}"
    if not summary.packets:
        yield _line("Packets", "none", width)
        return
    snap = max((interface.snap_length for interface in reader.interfaces), default=0)
    cut = summary.captured_bytes < summary.bytes
    limit = f", at most {snap:,} of each frame" if cut and 0 < snap < WHOLE_FRAMES else ""
    kept = f" ({size(summary.captured_bytes)} of them captured{limit})" if cut else ""
    yield _line("Packets", f"{_kinds(summary)}{_interfaces(summary)}, {size(summary.bytes)}{kept}", width)
    seconds = summary.duration_ns / SECOND
    if summary.start_ns is None or summary.end_ns is None:
        return
    start, end = moment(summary.start_ns), moment(summary.end_ns)
    if start[:10] == end[:10]:
        end = end[11:]
    yield _line("Time", f"{start} to {end} UTC, {duration(summary.duration_ns)}", width)
    if seconds > 0:
        yield _line("Rate", f"{rate(summary.packets / seconds)} packets/s, {size(summary.bytes / seconds)}/s", width)


def _kinds(summary: Summary) -> str:
    """How many frames of which link types, and blocks that no interface captured."""
    blocks = summary.linktypes.get(NO_LINKTYPE, 0)
    links = listed([wording.LINKS.get(kind) or _link_name(kind) for kind in summary.linktypes if kind != NO_LINKTYPE])
    frames = f"{count(summary.packets - blocks)} {links} frames" if links else ""
    return listed([part for part in (frames, plural(blocks, "pcapng block") if blocks else "") if part])


def _interfaces(summary: Summary) -> str:
    """Where they were captured, if the capture says so."""
    names = [
        shortened(terminal_safe(one.description or one.name), NAME_WIDTH)
        for one in summary.reader.interfaces
        if one.linktype >= 0
    ]
    known = list(dict.fromkeys(name for name in names if name))
    return f" on {', '.join(known[:MAX_INTERFACES])}{', ...' if len(known) > MAX_INTERFACES else ''}" if known else ""


def _line(label: str, text: str, width: int) -> str:
    return "\n".join(wrapped(text, width, f"{label:<{LABEL}}", " " * LABEL))


def _link_name(kind: int) -> str:
    dissector = stack.LINKTYPE.get(kind)
    return dissector.NAME if dissector is not None else stack.linktype_name(kind)


def _protocols(summary: Summary, width: int, paint: Paint) -> Iterator[str]:
    """The tree of protocols. Layers without a choice share a line; the rarest lines are left out where there are too many."""
    found = summary.protocols()
    children: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for path in found:
        children.setdefault(path[:-1], []).append(path)
    lines: list[tuple[str, int, int]] = []

    def descend(path: tuple[str, ...], depth: int) -> None:
        for child in sorted(children.get(path, ()), key=lambda one: -found[one][0]):
            packets, octets = found[child]
            names = [child[-1]]
            while len(below := children.get(child, [])) == 1 and found[below[0]][0] == packets:
                child = below[0]
                names.append(child[-1])
            lines.append(("  " * depth + terminal_safe(" / ".join(names)), packets, octets))
            descend(child, depth + 1)

    descend((), 0)
    least = sorted((packets for _, packets, _ in lines), reverse=True)[MAX_PROTOCOLS - 1] if len(lines) > MAX_PROTOCOLS else 0
    shown = [line for line in lines if line[1] >= least]
    hidden = len(lines) - len(shown)
    rows: list[tuple[str, ...]] = [("Protocols", "packets", "", "bytes", "")]
    rows += [
        (
            shortened(name, width - 34),
            count(packets),
            share(packets, summary.packets),
            size(octets),
            share(octets, summary.bytes),
        )
        for name, packets, octets in shown
    ]
    yield ""
    first, *rest = columns(rows, "<>>>>")
    yield paint(first, "title")
    yield from rest
    if hidden:
        yield paint(f"and {plural(hidden, 'rarer line')}", "quiet")


def _conversations(summary: Summary, resolve: Resolve, width: int, paint: Paint) -> Iterator[str]:
    """The busiest ones."""
    rows = summary.busiest()
    if not rows:
        return
    total = " and ".join(f"{count(number)} {name.upper()}" for name, number in summary.conversations.items() if number)
    every = sum(summary.conversations.values())
    title = f"Busiest of {total} conversations" if every > len(rows) else f"Conversations ({total})"
    wide = width >= WIDE
    cells = [_conversation(row, resolve, width) for row in rows]
    rest = width - sum(max(len(line[i]) for line in (*cells, HEADINGS)) + 2 for i in (0, 3, 4, 5, *((6, 7) if wide else ())))
    client = min(max(len(line[1]) for line in cells), max(rest // 2 - 2, MIN_HOST))
    for line in cells:
        line[1] = shortened(line[1], client)
        line[2] = "> " + shortened(line[2], max(rest - client - 4, MIN_HOST))
    first, *lines = columns([HEADINGS, *cells], "<<<>>><<")
    yield ""
    yield paint(title + first[len(title) :], "title")
    yield from lines
    spoken = _applications(summary)
    if spoken:
        yield from wrapped(f"They speak {spoken}.", width)


def _applications(summary: Summary) -> str:
    """How many conversations speak what: http (12 TCP), dns (3 TCP, 20 UDP)"""
    found: dict[str, list[str]] = {}
    for transport, applications in summary.applications.items():
        for name, times in applications.items():
            found.setdefault(name, []).append(f"{times:,} {transport.upper()}")
    return listed([f"{name} ({', '.join(counts)})" for name, counts in found.items()])


def _conversation(row: Row, resolve: Resolve, width: int) -> list[str]:
    """Stream, client, server, packets, bytes, duration; state, application and the client's port only where there is room."""
    client, server = (endpoint(row[side], row[f"{side}_port"], resolve) for side in ("client", "server"))
    wide = width >= WIDE
    return [
        f"{row['protocol']} {row['stream']}", client if wide else client.rpartition(":")[0], server,
        count(row["packets_client"] + row["packets_server"]), size(row["bytes_client"] + row["bytes_server"]),
        duration(row["duration_ns"]), row.get("state", "") if wide else "", application(row, width - NARROW) if wide else "",
    ]  # fmt: skip
