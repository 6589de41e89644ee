"""What was gathered, arranged: which sections a report has, and what stands in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from analyzer.report import wording
from analyzer.report.text import count, duration, moment, numbers, plural, size
from analyzer.report.wording import document as words
from analyzer.report.wording.journeys import WHO

from .contents import Contents, Figure, Found, Layer, Section, Share
from .gathered import Gathered
from .kept import Row
from .pictures import connections, distributions
from .quality import quality
from .questions import questions_table
from .sessions import certificates_table, sessions_table
from .timings import handshakes, percentiles
from .waterfall import waterfall

MAX_FRAMES: Final = 12  #: frame numbers of a finding

Resolve = Callable[[str], str]


def arranged(gathered: Gathered, resolve: Resolve = str) -> Contents:
    """The contents; addresses as `resolve` names them."""
    return Contents(
        title=_title(gathered),
        about=tuple(_about(gathered)),
        verdict=gathered.verdict,
        figures=tuple(_figures(gathered)),
        shares=tuple(_shares(gathered)),
        sections=tuple(_sections(gathered, resolve)),
    )


def _title(gathered: Gathered) -> str:
    paths = [info.path for info in gathered.summary.reader.files]
    first = "standard input" if paths[0] == "-" else paths[0].rsplit("/", 1)[-1]
    return first if len(paths) == 1 else f"{first} and {plural(len(paths) - 1, 'more file')}"


def _about(gathered: Gathered) -> Iterator[str]:
    summary = gathered.summary
    if summary.start_ns is not None and summary.end_ns is not None:
        start, end = moment(summary.start_ns), moment(summary.end_ns)
        yield f"Captured {start} to {end[11:] if start[:10] == end[:10] else end} UTC"
    if gathered.anonymized:
        yield words.ANONYMIZED


def _figures(gathered: Gathered) -> Iterator[Figure]:
    summary = gathered.summary
    yield Figure("Packets", count(summary.packets), size(summary.bytes))
    yield Figure("Duration", duration(summary.duration_ns))
    conversations = summary.conversations
    yield Figure("Connections", count(conversations.get("tcp", 0)), _beside(conversations.get("udp", 0)))
    journeys = gathered.journeys
    others = plural(journeys.total, "journey") if journeys.total != gathered.requests else ""
    yield Figure("Requests", count(gathered.requests), others)
    slowest = gathered.slowest
    if slowest is not None:
        yield Figure("Slowest", duration(slowest["duration_ns"] or 0), slowest["host"] or slowest["server"] or "")
    yield Figure("Failed", count(gathered.failures), problem=gathered.failures > 0)


def _beside(conversations: int) -> str:
    return f"TCP, and {plural(conversations, 'UDP conversation')}" if conversations else "TCP"


def _shares(gathered: Gathered) -> Iterator[Share]:
    total = sum(gathered.waited.values())
    for who, ns in sorted(gathered.waited.items(), key=lambda item: -item[1]):
        if ns:
            yield Share(who, WHO[who].name, ns, 100 * ns / total)


def _sections(gathered: Gathered, resolve: Resolve) -> Iterator[Section]:
    title, lead = words.FINDINGS
    yield Section("findings", title, lead if gathered.findings else words.NOTHING_FOUND, layers=tuple(_layers(gathered, resolve)))
    title, lead, hint = words.JOURNEYS
    falls = waterfall(gathered.journeys.rows, gathered.journeys.total)
    if falls.bars:
        yield Section("journeys", title, lead, hint, waterfall=falls)
    else:
        yield Section("journeys", title, words.NO_JOURNEYS)
    if gathered.handshakes.total:
        title, lead = words.HANDSHAKES
        kept = gathered.handshakes
        tables = (percentiles(gathered.groups.rows(), resolve), handshakes(kept.rows, kept.total, gathered.at, resolve))
        yield Section("handshakes", title, lead, pictures=distributions(gathered.distributed.rows), tables=tables)
    groups = connections(gathered.graphs)
    if groups:
        title, lead, hint = words.CONNECTIONS
        yield Section("connections", title, lead, hint, groups=groups)
    if gathered.questions.total:
        title, lead = words.NAMES
        yield Section("dns", title, lead, tables=(questions_table(gathered.questions, gathered.at, resolve),))
    security = tuple(one for one in (sessions_table(gathered.sessions), certificates_table(gathered.sessions)) if one.rows)
    if security:
        title, lead = words.SECURITY
        yield Section("tls", title, lead, tables=security)
    title, lead = words.QUALITY
    facts, quality_tables = quality(gathered.summary, gathered.forgotten, resolve)
    yield Section("capture", title, lead, facts=facts, tables=quality_tables)


def _layers(gathered: Gathered, resolve: Resolve) -> Iterator[Layer]:
    found: dict[str, list[Found]] = {}
    for number, finding in enumerate(gathered.findings, 1):
        row = gathered.summary.finding_row(number, finding)
        text = wording.sentence(finding, resolve, gathered.summary.several)
        found.setdefault(row["layer"], []).append(Found(row, text, wording.cost(finding), _frames(row), tuple(_filters(row))))
    for layer, about in wording.LAYERS.items():
        yield Layer(layer, words.LAYERS[layer], about.question, about.fine, found.get(layer, ()))


def _frames(row: Row) -> str:
    frames: Sequence[int] = row["frames"]
    if not frames:
        return ""
    more = ", ..." if row["count"] > len(frames) <= MAX_FRAMES else ""
    return f"{'Frame' if len(frames) == 1 else 'Frames'} {numbers(frames, MAX_FRAMES)}{more}"


def _filters(row: Row) -> Iterator[tuple[str, str]]:
    if row["filter"]:
        yield "", row["filter"]
    yield from (row.get("filters") or {}).items()
