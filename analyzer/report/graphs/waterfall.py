"""Requests as a browser's network panel shows them: a line each, and where the time of each went, from left to right.

Made of rows of journeys. A phase has the colour of what it is; one in which most of the time was the repair of lost packets has a
cross. Behind the bar stands how long it took in all, and what went wrong.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from analyzer.report.text import duration, listed, shortened
from analyzer.report.wording import graphs as say
from analyzer.report.wording.journeys import PHASES, WHO

from .axes import Clock
from .graph import Axis, Cells, Graph, Kind, Mark, Series, Shape

Row = Mapping[str, Any]

MOST: Final = 50  #: lines
ROOM_BEHIND: Final = 1.1  #: how far the axis goes on, for what is said of the last line
FAILED_NS: Final = 1_000_000_000  #: a failure is as interesting as so much waiting
KEPT: Final = 1_000  #: rows that are compared at a time
LABEL: Final = 40  #: characters of one
HEADERS: Final = ("request", "start", "duration", "where the time went", "outcome")
#: phase of a journey -> style word
STYLES: Final = {
    "lookup": "lookup", "race": "race", "connect": "connect", "proxy": "proxy", "starttls": "starttls", "tls": "tls",
    "client": "client_time", "request": "request", "wait": "wait", "receive": "receive",
}  # fmt: skip
LOST: Final = ("loss_repair", "head_of_line")
FINE: Final = ("complete", None)


def waterfall(rows: Iterable[Row]) -> Graph:
    """Of rows of journeys; of too many those that failed or took longest."""
    count = 0
    chosen: list[Row] = []
    for row in rows:
        count += 1
        chosen.append(row)
        if len(chosen) == KEPT:
            chosen = heapq.nlargest(MOST, chosen, key=_interest)
    chosen = heapq.nlargest(MOST, chosen, key=_interest)
    chosen.sort(key=lambda row: (row["start_ns"], row["end_ns"]))
    begin = min((row["start_ns"] for row in chosen), default=0)
    clock = Clock(begin, max((row["end_ns"] for row in chosen), default=begin), "time since the first of these began")
    series = [_phases(word, chosen, clock) for word in STYLES]
    series.append(_lost(chosen, clock))
    return Graph(
        name="waterfall",
        title="Requests and where their time went",
        x=replace(clock.axis, most=(clock.axis.most or 0) * ROOM_BEHIND),
        y=Axis("", kind=Kind.CATEGORY, labels=tuple(shortened(label(row), LABEL) for row in chosen)),
        series=tuple(one for one in series if len(one)),
        marks=tuple(_mark(row, place, clock) for place, row in enumerate(chosen)),
        notes=say.waterfall_notes(count - len(chosen), bool(len(series[-1]))),
        headers=clock.headed(HEADERS),
        rows=tuple(_cells(row, clock) for row in chosen),
    )


def _interest(row: Row) -> int:
    return (row["duration_ns"] or 0) + FAILED_NS * (row["outcome"] not in FINE)


def label(row: Row) -> str:
    """GET www.example.org/index.html; example.org (TLS); lookup of example.org"""
    host = row["host"] or row["server"] or ""
    if row["kind"] == "lookup":
        return f"lookup {row['dns_name'] or host}"
    if row["kind"] == "request" and row["method"]:
        target = row["target"] or ""
        if "://" in target:
            host, target = "", _short(target)
        return f"{row['method']} {host}{target}"
    return f"{host} ({row['application']})" if row["application"] else host


def _short(target: str) -> str:
    """The target of a request to a proxy without its scheme."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return target
    return f"{parts.netloc}{parts.path}"


def _phases(word: str, rows: Sequence[Row], clock: Clock) -> Series:
    name = PHASES[word].name
    found = [(place, phase) for place, row in enumerate(rows) for phase in row["phases"] or () if phase["phase"] == word]
    start = np.array([phase["start_ns"] for _, phase in found], np.int64)
    end = np.array([phase["end_ns"] for _, phase in found], np.int64)
    places = np.array([place for place, _ in found], np.float64)
    texts = [_said(name, phase) for _, phase in found]
    return Series(name, STYLES[word], Shape.BARS, clock.at(start), places, clock.at(end), texts=texts)


def _said(name: str, phase: Row) -> str:
    waited = sorted((phase.get("waited") or {}).items(), key=lambda part: -part[1])
    parts = [f"{WHO[who].name} {duration(took)}" for who, took in waited if took]
    frames = f"frames {phase['first_frame']} to {phase['last_frame']}" if phase.get("first_frame") else ""
    return "\n".join(line for line in (f"{name}: {duration(phase['duration_ns'])}", listed(parts), frames) if line)


def _lost(rows: Sequence[Row], clock: Clock) -> Series:
    """Where the repair of losses took most of a phase."""
    found = [(place, phase) for place, row in enumerate(rows) for phase in row["phases"] or () if phase.get("who") in LOST]
    middle = np.array([(phase["start_ns"] + phase["end_ns"]) // 2 for _, phase in found], np.int64)
    places = np.array([place for place, _ in found], np.float64)
    texts = [_said(PHASES[phase["phase"]][1], phase) for _, phase in found]  # not all of the phase need be loss
    return Series("lost packets", "loss_mark", Shape.POINTS, clock.at(middle), places, texts=texts)


def _mark(row: Row, place: int, clock: Clock) -> Mark:
    return Mark(clock.point(row["end_ns"]), " ".join((duration(row["duration_ns"]), *_outcome(row))), float(place))


def _outcome(row: Row) -> tuple[str, ...]:
    """What went wrong; of HTTP its status."""
    status = (str(row["status"]),) if row["status"] is not None and row["status"] >= 300 else ()
    return status if row["outcome"] in FINE else (*status, str(row["outcome"]).replace("_", " "))


def _cells(row: Row, clock: Clock) -> Cells:
    parts: dict[str, int] = {}
    for phase in row["phases"] or ():
        parts[phase["phase"]] = parts.get(phase["phase"], 0) + phase["duration_ns"]
    spent = ", ".join(f"{PHASES[word].name} {duration(took)}" for word, took in parts.items())
    outcome = " ".join(word for word in (str(row["status"] or ""), str(row["outcome"] or "").replace("_", " ")) if word)
    return (label(row), clock.cell(row["start_ns"]), duration(row["duration_ns"]), spent, outcome)
