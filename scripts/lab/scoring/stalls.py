"""Our stalls against the arrivals at the receiver and against the application's own receive times.

A stall is recognised by its bytes: what is missing and held in one true stall is missing in no other. Where the analyzer has
an interval per hole (without SACK) its intervals of one true stall are taken together, from the first start to the last end.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .frames import role_of

LONG = 2_000_000  #: ns; a shorter stall that is missed is not counted as missed
CLOSE = 1_000_000  #: ns


@dataclass
class Stalls:
    """The counts of one role, with or without SACK."""

    true: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)  #: those that are long
    missed_short: int = 0
    false: list[str] = field(default_factory=list)
    by_arrival: list[int] = field(default_factory=list)  #: ns, error of each duration
    by_application: list[int] = field(default_factory=list)

    def add(self, other: Stalls) -> None:
        """Take in other counts."""
        self.true += other.true
        self.found += other.found
        self.missed_short += other.missed_short
        for name in ("missed", "false", "by_arrival", "by_application"):
            getattr(self, name).extend(getattr(other, name))


def score(run: dict[str, Any], point: str, rows: list[dict[str, Any]]) -> dict[tuple[str, bool], Stalls]:
    """One capture."""
    found: dict[tuple[str, bool], Stalls] = defaultdict(Stalls)
    sack, file = bool(run["sack"]), run["points"][point]["file"]
    used: set[int] = set()
    for truth in run["stalls"]:
        stalls = found[role_of(point, truth["direction"]), sack]
        fitting = [at for at, row in enumerate(rows) if _same(truth, row)]
        used.update(fitting)
        if truth["duration_ns"] is None:
            continue
        stalls.true += 1
        closed = [rows[at] for at in fitting if rows[at].get("end_ns") is not None]
        if not closed:
            what = _named(file, truth, "held_to")
            if truth["duration_ns"] > LONG:
                stalls.missed.append(what)
            else:
                stalls.missed_short += 1
            continue
        stalls.found += 1
        duration = max(row["end_ns"] for row in closed) - min(row["start_ns"] for row in closed)
        stalls.by_arrival.append(abs(duration - truth["duration_ns"]))
        if run["application_waits"] and truth["application_ns"]:
            stalls.by_application.append(abs(duration - (truth["application_ns"] - truth["start_ns"])))
    for at, row in enumerate(rows):
        if at not in used:
            found[role_of(point, row["direction"]), sack].false.append(_named(file, row, "missing_to"))
    return found


def _named(file: str, row: dict[str, Any], to: str) -> str:
    duration = (row.get("duration_ns") or 0) / 1e6
    return f"{file}: {row['direction']} {duration:.2f} ms, bytes {row['missing_from']}-{row[to]}"


def _same(truth: dict[str, Any], row: dict[str, Any]) -> bool:
    if (row["direction"], row["stream"]) != (truth["direction"], truth["stream"]):
        return False
    low, high = row.get("missing_from"), row.get("missing_to")
    return low is not None and high is not None and low < truth["held_to"] and high > truth["missing_from"]


def spread(errors: list[int]) -> str:
    """Median, 90 % and largest in ms, and the share under 1 ms."""
    if not errors:
        return "-"
    ordered = sorted(errors)
    share = sum(error < CLOSE for error in errors) / len(errors)
    ninety = ordered[int(0.9 * (len(ordered) - 1))]
    return f"{median(ordered) / 1e6:.3f} / {ninety / 1e6:.3f} / {ordered[-1] / 1e6:.3f}  {share:.1%} < 1 ms"
