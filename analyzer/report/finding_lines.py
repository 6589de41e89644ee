"""Findings as lines for people: the worst first on one screen, or all of them layer by layer with what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from analyzer.finding import Finding

from . import wording
from .machine import terminal_safe
from .summary import Summary
from .tables import Paint, Resolve
from .text import numbers, plural, shortened, wrapped

MAX_FINDINGS: Final = 15  #: findings that are written out
MAX_FRAMES: Final = 6  #: frame numbers of each
MAX_FILES: Final = 5  #: files that are named
LABEL: Final = 9  #: columns of the severity
MARGIN: Final = " " * (LABEL + 4)  #: before the sentence: number and severity
WORDS: Final = 7  #: columns of the words before cost, advice and reading
EXPLAINED: Final = (("costs", wording.cost), ("do", wording.advice), ("learn", wording.learn))
#: layer -> protocols of which the capture must have one before anything can be said about it; none: any frame will do
PROTOCOLS: Final = {
    "network": ("ip", "ipv6"),
    "name": ("dns",),
    "connection": ("tcp",),
    "transport": ("tcp",),
    "tls": ("tls", "dtls"),
    "application": ("http", "http2", "websocket", "sse", "dns"),
}


def fitted(text: str, width: int) -> str:
    """The same with shortened words where one alone is wider than a line: names in packets may be of any length."""
    return " ".join(shortened(word, width) for word in text.split(" "))


def worst_first(summary: Summary, findings: Sequence[Finding], resolve: Resolve, width: int, paint: Paint) -> Iterator[str]:
    """Number, severity, sentence, frames, filter."""
    if not findings:
        yield paint("Nothing is wrong", "title") + " that this program knows of."
        return
    yield paint("Findings, worst first", "title")
    for number, finding in enumerate(findings[:MAX_FINDINGS], 1):
        yield from _finding(summary, number, finding, resolve, width, paint)
    if len(findings) > MAX_FINDINGS:
        yield paint(f"and {plural(len(findings) - MAX_FINDINGS, 'more finding')}: --explain lists all of them", "quiet")


def explained(summary: Summary, findings: Sequence[Finding], resolve: Resolve, width: int, paint: Paint) -> Iterator[str]:
    """Each layer with the question that it answers, and what was found there."""
    present = {name for path in summary.protocols() for name in path}
    present |= {name for names in summary.applications.values() for name in names}
    apart = False
    for key, layer in wording.LAYERS.items():
        found = [(number, one) for number, one in enumerate(findings, 1) if wording.layer(one) == key]
        if found and not apart:
            yield ""
        yield paint(layer.question, "title") + ("" if found else f" {_fine(key, layer.fine, present, summary.packets)}")
        for number, finding in found:
            yield from _finding(summary, number, finding, resolve, width, paint)
            for label, text in EXPLAINED:
                if text(finding):
                    before = f"{MARGIN}{label + ':':<{WORDS}}"
                    yield from wrapped(terminal_safe(text(finding)), width, before, MARGIN + " " * WORDS)
        apart = bool(found)
        if apart:
            yield ""


def _fine(key: str, fine: str, present: set[str], packets: int) -> str:
    needed = PROTOCOLS.get(key, ())
    if not packets or (needed and not present.intersection(needed)):
        return "The capture has nothing of it."
    return fine


def _finding(summary: Summary, number: int, finding: Finding, resolve: Resolve, width: int, paint: Paint) -> Iterator[str]:
    label = wording.SEVERITIES[finding.severity]
    sentence = fitted(terminal_safe(wording.sentence(finding, resolve, summary.several)), width - len(MARGIN))
    first, *rest = wrapped(sentence, width, MARGIN, MARGIN)
    yield f"{number:>2}  " + paint(f"{label:<{LABEL}}", label) + first[len(MARGIN) :]
    yield from rest
    for proof in _proofs(summary, finding, width - len(MARGIN)):
        both = MARGIN + "   ".join(part for part in proof if part)
        for line in [both] if len(both) <= width else [MARGIN + part for part in proof]:  # a filter is never broken
            if line.strip():
                yield paint(line, "quiet")


def _proofs(summary: Summary, finding: Finding, width: int) -> Iterator[tuple[str, str]]:
    """The first frames that show it, and a filter; of each file where there are several."""
    if not summary.several:
        yield _frames(finding.frames, finding), terminal_safe(wording.display_filter(finding))
        return
    files = summary.frames_in_files(finding)
    filters = wording.filters_of_files(finding, files)
    for file, frames in list(files.items())[:MAX_FILES]:
        text = _frames(frames, finding)
        yield f"{shortened(terminal_safe(file), width - len(text) - 2)}: {text}", filters.get(file, "")
    if len(files) > MAX_FILES:
        yield f"and in {plural(len(files) - MAX_FILES, 'more file')}", ""


def _frames(frames: Sequence[int], finding: Finding) -> str:
    if not frames:
        return ""
    text = numbers(frames, MAX_FRAMES)
    more = ", ..." if finding.count > len(finding.frames) and not text.endswith(", ...") else ""
    return f"{'frame' if len(frames) == 1 else 'frames'} {text}{more}"
