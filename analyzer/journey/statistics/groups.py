"""Handshakes in groups: of each group and measure how many there were, extremes and percentiles, and how many failed.

Percentiles are interpolated linearly between the two nearest values (numpy.percentile's default) and rounded to a ns. Only
connections that have a value are counted in them; those that failed are counted beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from analyzer.flow.columns import Row
from analyzer.flow.meaning import Key, integer, text, time
from analyzer.journey.outcome import UNDECIDED

from .grouping import GROUPINGS, IN_TIME, Value
from .measures import FAILED, MEASURES, OUTCOMES, UNKNOWN, outcome_of, uncertain, value
from .samples import Samples

MOST_GROUPS: Final = 10_000  #: groups; connections of more are counted, but not measured
MOST_VALUES: Final = 1 << 24  #: values kept of all groups, 128 MiB; when there are more, long series are thinned
SHARES: Final = {"p50_ns": 0.5, "p90_ns": 0.9, "p95_ns": 0.95, "p99_ns": 0.99}
Name = tuple[Value, ...]  #: what a group is called: a value of each grouping

MEASURED: Final = {  #: behind the groupings
    "measure": text(f"what was measured: {', '.join(MEASURES)} (first SYN to first byte of the answer)"),
    "count": integer("connections of the group that have a value of it"),
    "min_ns": time("the least; this and the following null without values"),
    "p50_ns": time("the median"),
    "p90_ns": time("90 of 100 are not longer (interpolated)"),
    "p95_ns": time("95 of 100"),
    "p99_ns": time("99 of 100"),
    "max_ns": time("the longest"),
    "compared": integer("values that the percentiles are of: all; of millions every 2nd, 4th ..."),
    "uncertain": integer("connections whose first byte is uncertain, which is no value of ttfb; 0 for other measures"),
    "slo_missed": integer("connections that missed the objective of this measure; null: there is none"),
    "connections": integer("connections of the group"),
    "failed": integer("of them those that failed: the sum of refused, timeout, reset, tls_alert and tls_incomplete"),
    **{outcome: integer(f"connections with the outcome {outcome}") for outcome in OUTCOMES if outcome != UNDECIDED},
    UNDECIDED: integer("connections of which the capture does not tell the outcome"),
}


class Group:
    """What is known of the connections of a group."""

    def __init__(self) -> None:
        self.connections = 0
        self.uncertain = 0
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self.missed = dict.fromkeys(MEASURES, 0)  #: by measure: how many missed its objective
        self.samples = {measure: Samples() for measure in MEASURES}

    @property
    def failed(self) -> int:
        """Connections that failed."""
        return sum(self.outcomes[outcome] for outcome in FAILED)

    @property
    def known(self) -> int:
        """Connections of which it is known whether they failed."""
        return self.connections - sum(self.outcomes[outcome] for outcome in UNKNOWN)


class Groups:
    """Takes handshakes one by one. Without groupings all are in one group, whose name is empty."""

    def __init__(self, by: Sequence[str] = ()) -> None:
        self.by = tuple(by)
        self.forgotten = 0  #: connections whose group was one too many
        self._of = [GROUPINGS[name].of for name in by]
        self._groups: dict[Name, Group] = {}
        self._kept = 0

    def get(self, name: Name) -> Group | None:
        """A group; None: there is no such group."""
        return self._groups.get(name)

    def add(self, row: Mapping[str, Any], missed: Sequence[str] = ()) -> None:
        """One more connection, and the measures of which it missed the objective."""
        name = tuple(of(row) for of in self._of)
        group = self._groups.get(name)
        if group is None:
            if len(self._groups) == MOST_GROUPS:
                self.forgotten += 1
                return
            group = self._groups[name] = Group()
        group.connections += 1
        group.outcomes[outcome_of(row)] += 1
        group.uncertain += uncertain(row)
        for measure in missed:
            group.missed[measure] += 1
        for measure, samples in group.samples.items():
            found = value(row, measure)
            if found is not None:
                self._kept -= samples.compared
                samples.add(found)
                self._kept += samples.compared
        if self._kept > MOST_VALUES:
            self._thin()

    def connections(self) -> dict[Name, int]:
        """How many connections each group has."""
        return {name: group.connections for name, group in self._groups.items()}

    def rows(self, objectives: Sequence[str] = ()) -> Iterator[Row]:
        """One row per group and measure; the measures that have an objective."""
        for name in in_order(self.by, self.connections()):
            group = self._groups[name]
            for measure, samples in group.samples.items():
                yield {
                    **dict(zip(self.by, name, strict=True)),
                    "measure": measure,
                    "count": samples.count,
                    "min_ns": samples.least if samples.count else None,
                    **dict(zip(SHARES, samples.quantiles(tuple(SHARES.values())), strict=True)),
                    "max_ns": samples.most if samples.count else None,
                    "compared": samples.compared,
                    "uncertain": group.uncertain if measure == "ttfb" else 0,
                    "slo_missed": group.missed[measure] if measure in objectives else None,
                    "connections": group.connections,
                    "failed": group.failed,
                    **group.outcomes,
                }

    def _thin(self) -> None:
        """Halve the series that are longer than the average; the longest one is."""
        every = [samples for group in self._groups.values() for samples in group.samples.values()]
        for samples in every:
            if samples.compared * len(every) > self._kept:
                samples.thin()
        self._kept = sum(samples.compared for samples in every)


def keys(by: Sequence[str]) -> dict[str, Key]:
    """The keys of the rows of groups."""
    return {**{name: GROUPINGS[name].key for name in by}, **MEASURED}


def in_order(by: Sequence[str], connections: Mapping[Name, int]) -> list[Name]:
    """The names of groups in the order of time, or those with the most connections first."""
    in_time = bool(by) and all(name in IN_TIME for name in by)
    return sorted(connections, key=lambda name: (0 if in_time else -connections[name], _sortable(name)))


def _sortable(name: Name) -> tuple[tuple[bool, int, str], ...]:
    """Orders names of groups, whose values may be missing: numbers by their size, those without a value last."""
    return tuple((one is None, one if isinstance(one, int) else 0, str(one)) for one in name)
