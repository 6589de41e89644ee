"""What was captured, where and how well: files, interfaces, what was lost, protocols, the busiest conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from analyzer.report.summary import Summary
from analyzer.report.tables import endpoint
from analyzer.report.text import count, duration, moment, plural, share, size
from analyzer.report.wording.document import FORGOTTEN

from .contents import Facts
from .kept import Row
from .table import Column, Table

MAX_FILES: Final = 20
MAX_INTERFACES: Final = 20
MAX_PROTOCOLS: Final = 60
WHOLE_FRAMES: Final = 65_535  #: a snap length from here on cuts no ordinary frame
PROTOCOLS: Final = (Column("Protocols"), *(Column(title, number=True) for title in ("Packets", "of all", "Bytes", "of all ")))
CONVERSATIONS: Final = (
    Column("Stream"), Column("Client", packet=True), Column("Server", packet=True), Column("Packets", number=True),
    Column("Bytes", number=True), Column("Duration", number=True), Column("Application"),
)  # fmt: skip

Resolve = Callable[[str], str]


def quality(summary: Summary, forgotten: Mapping[str, int], resolve: Resolve) -> tuple[Facts, tuple[Table, ...]]:
    """Facts and tables; `forgotten` says how often there was no room for what."""
    tables = (_protocols(summary), _conversations(summary, resolve))
    missing = (("Not kept", f"{count(times)} {FORGOTTEN[what]}, for want of room") for what, times in forgotten.items())
    return Facts((*_pairs(summary), *missing)), tuple(table for table in tables if table.rows)


def _pairs(summary: Summary) -> Iterator[tuple[str, str]]:
    reader = summary.reader
    for info in reader.files[:MAX_FILES]:
        facts = (info.format, info.compression or "", "" if info.size is None else size(info.size))
        name = "standard input" if info.path == "-" else info.path
        yield "File", f"{name} ({', '.join(fact for fact in facts if fact)})"
    if len(reader.files) > MAX_FILES:
        yield "Files", f"and {plural(len(reader.files) - MAX_FILES, 'more file')}"
    if summary.start_ns is not None and summary.end_ns is not None:
        yield "Time", f"{moment(summary.start_ns, 6)} to {moment(summary.end_ns, 6)} UTC, {duration(summary.duration_ns)}"
    interfaces = [one for one in reader.interfaces if one.linktype >= 0 and (one.name or one.description)]
    for one in interfaces[:MAX_INTERFACES]:
        snap = f", at most {count(one.snap_length)} bytes of each frame" if 0 < one.snap_length < WHOLE_FRAMES else ""
        yield "Interface", f"{one.description or one.name}{snap}"
    if summary.captured_bytes < summary.bytes:
        part = share(summary.captured_bytes, summary.bytes)
        yield "Captured", f"{size(summary.captured_bytes)} of {size(summary.bytes)} ({part})"
    else:
        yield "Captured", f"every byte of every frame, {size(summary.bytes)}"
    for damage in reader.damage:
        yield "Damage", f"{damage.file}: {damage.reason} (after {count(damage.frame)} frames, at byte {count(damage.offset)})"


def _protocols(summary: Summary) -> Table:
    """Each way from the link layer up. A step that all packets go on from in one way is no row of its own."""
    every = summary.protocols()
    passed = {path[:-1] for path, (packets, _) in every.items() if every.get(path[:-1], (0,))[0] == packets}
    found = sorted((item for item in every.items() if item[0] not in passed), key=lambda item: (-item[1][0], item[0]))
    rows = [
        [" / ".join(path), count(packets), share(packets, summary.packets), size(octets), share(octets, summary.bytes)]
        for path, (packets, octets) in found
    ]
    return Table("protocols", "Protocols", PROTOCOLS, rows[:MAX_PROTOCOLS], len(rows), "summary")


def _conversations(summary: Summary, resolve: Resolve) -> Table:
    rows = [_conversation(row, resolve) for row in summary.busiest()]
    return Table("conversations", "Busiest conversations", CONVERSATIONS, rows, sum(summary.conversations.values()), "flows")


def _conversation(row: Row, resolve: Resolve) -> list[str]:
    client, server = (endpoint(row[side], row[f"{side}_port"], resolve) for side in ("client", "server"))
    return [
        f"{row['protocol']} {row['stream']}", client, server, count(row["packets_client"] + row["packets_server"]),
        size(row["bytes_client"] + row["bytes_server"]), duration(row["duration_ns"]), row.get("application") or "",
    ]  # fmt: skip
