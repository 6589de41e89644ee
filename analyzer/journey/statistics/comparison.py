"""Two captures compared, group by group: a (before) and b (after), each with its handshakes in groups.

Of each measure the medians are compared, with a confidence interval of their difference (median_interval.py), and what is
decided follows from the ranks of all values (rank_test.py), corrected for the number of comparisons (many_tests.py):

- too few samples: one side has fewer than FEWEST values.
- slower, faster: values of b are larger, smaller, at the corrected level LEVEL, and it matters: neither is the effect
  negligible while the medians are less than MATTERS apart.
- no difference: none of that. It does not prove that there is none: with few values only a large one is seen.

The share of connections that failed is compared as well (exact_test.py): more failures, fewer failures. Connections of which
the begin or the end is missing neither failed nor succeeded, and are not counted there.

A group that one capture alone has is left out where the other had more groups than are kept: it may have had this one, too.

All of this takes connections as independent of each other. Those of one burst are not quite: they shared one queue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analyzer.flow.columns import Row
from analyzer.flow.meaning import Key, integer, text, time

from .exact_test import fisher
from .grouping import GROUPINGS
from .groups import Group, Groups, Name, in_order
from .many_tests import corrected
from .measures import MEASURES
from .median_interval import difference
from .rank_test import SIZES, effect, ranked
from .samples import Samples

LEVEL: Final = 0.02  #: probability with which anything is told of two captures that do not differ
FEWEST: Final = 10  #: values of each side without which nothing is decided: their ranks cannot say anything rare
MATTERS: Final = 0.05  #: difference of the medians, as a part of the earlier one, that matters whatever the effect size
DIGITS: Final = 4  #: significant digits of probabilities and effects in rows
FAILURES: Final = "failures"  #: what the rows of failures have as their measure
SLOWER: Final = "slower"
FASTER: Final = "faster"
MORE: Final = "more failures"
FEWER: Final = "fewer failures"
DECIDED: Final = (SLOWER, FASTER, MORE, FEWER)  #: something differs
SAME: Final = "no difference"
TOO_FEW: Final = "too few samples"


def _number(meaning: str) -> Key:
    """A number with a fraction."""
    return Key("number", "", meaning)


COMPARED: Final = {  #: behind the groupings
    "measure": text(f"what is compared: {', '.join(MEASURES)}; or {FAILURES}: the share of connections that failed"),
    "only_in": text("a or b: the other capture has no connection of this group, nothing is compared; null: both have"),
    "count_a": integer("values in the first capture; for failures: connections of which the outcome is known"),
    "count_b": integer("the same of the second"),
    "median_a_ns": time("median of the first; this and the following null for failures, and where there is no value"),
    "median_b_ns": time("median of the second"),
    "difference_ns": time("by how much the second is longer, below 0: shorter"),
    "low_ns": time("lower end of the 95 % confidence interval of the difference of the medians; null: too few values"),
    "high_ns": time("upper end"),
    "failed_a": integer("connections of the first that failed; null for other measures than failures"),
    "failed_b": integer("the same of the second"),
    "cliffs_delta": _number("effect size: share of pairs in which the second is longer, less that in which it is shorter"),
    "effect": text("the same in a word: negligible, small, medium or large"),
    "p_value": _number("probability of a difference like this by chance: Mann-Whitney; for failures Fisher's exact test"),
    "p_corrected": _number("the same corrected for the number of comparisons (Benjamini-Hochberg)"),
    "decision": text(f"{', '.join(DECIDED)}, {SAME} or {TOO_FEW}; null: the group is in one capture only"),
}


def keys(by: Sequence[str]) -> dict[str, Key]:
    """The keys of the rows of a comparison."""
    return {**{name: GROUPINGS[name].key for name in by}, **COMPARED}


@dataclass(slots=True)
class _Tested:
    """A row, and what its test says; it waits for those of the others."""

    row: Row
    probability: float
    matters: bool
    larger: str  #: what is decided if b has more
    smaller: str
    delta: float


def compare(a: Groups, b: Groups) -> list[Row]:
    """One row per group and measure, those with the most connections first; measures that no side has are left out."""
    rows: list[Row] = []
    tested: list[_Tested] = []
    for name in _names(a, b):
        for made in _group(dict(zip(a.by, name, strict=True)), a.get(name), b.get(name)):
            rows.append(made.row if isinstance(made, _Tested) else made)
            if isinstance(made, _Tested):
                tested.append(made)
    for one, probability in zip(tested, corrected([one.probability for one in tested]), strict=True):
        one.row["p_corrected"] = _rounded(probability)
        if probability <= LEVEL and one.matters:
            one.row["decision"] = one.larger if one.delta > 0 else one.smaller
    return rows


def _names(a: Groups, b: Groups) -> list[Name]:
    """The groups of both in their order, then those that only one has for certain."""
    of_a, of_b = a.connections(), b.connections()
    both = in_order(a.by, {name: of_a[name] + of_b[name] for name in of_a.keys() & of_b.keys()})
    only_a = [] if b.forgotten else [name for name in in_order(a.by, of_a) if name not in of_b]
    only_b = [] if a.forgotten else [name for name in in_order(a.by, of_b) if name not in of_a]
    return [*both, *only_a, *only_b]


def _group(named: Row, a: Group | None, b: Group | None) -> Iterator[Row | _Tested]:
    """The rows of a group, of which one may be missing on a side."""
    only = "b" if a is None else "a" if b is None else None
    for measure in MEASURES:
        sides = [Samples() if group is None else group.samples[measure] for group in (a, b)]
        if sides[0].count or sides[1].count:
            yield _measure(_row(named, measure, only, sides[0].count, sides[1].count), sides[0], sides[1])
    counts = [(0, 0) if group is None else (group.failed, group.known) for group in (a, b)]
    (failed_a, all_a), (failed_b, all_b) = counts
    row = _row(named, FAILURES, only, all_a, all_b)
    row |= {"failed_a": None if a is None else failed_a, "failed_b": None if b is None else failed_b}
    if only is None and min(all_a, all_b) < FEWEST:
        row["decision"] = TOO_FEW
    elif only is None:
        row["decision"] = SAME
        if 0 < failed_a + failed_b < all_a + all_b:
            probability = fisher(failed_a, all_a, failed_b, all_b)
            row["p_value"] = _rounded(probability)
            yield _Tested(row, probability, True, MORE, FEWER, failed_b / all_b - failed_a / all_a)
            return
    yield row


def _measure(row: Row, a: Samples, b: Samples) -> Row | _Tested:
    """Complete the row of a measure."""
    ascending = a.ascending(), b.ascending()
    if not a.count or not b.count:
        row |= {"median_a_ns": a.quantiles((0.5,))[0], "median_b_ns": b.quantiles((0.5,))[0]}
    else:
        medians = difference(*ascending)
        row |= {
            "median_a_ns": medians.median_a, "median_b_ns": medians.median_b, "difference_ns": medians.between,
            "low_ns": medians.low, "high_ns": medians.high,
        }  # fmt: skip
    if row["only_in"] is not None:
        return row
    if min(a.count, b.count) < FEWEST:
        row["decision"] = TOO_FEW
        return row
    found = ranked(*ascending)
    row |= {
        "cliffs_delta": _rounded(found.delta), "effect": effect(found.delta), "p_value": _rounded(found.probability),
        "decision": SAME,
    }  # fmt: skip
    matters = abs(found.delta) >= SIZES[0][0] or abs(medians.between) >= MATTERS * abs(medians.median_a)
    return _Tested(row, found.probability, matters, SLOWER, FASTER, found.delta)


def _row(named: Row, measure: str, only: str | None, count_a: int, count_b: int) -> Row:
    """A row without any result."""
    row: Row = {**named, **dict.fromkeys(COMPARED)}
    row |= {"measure": measure, "only_in": only, "count_a": count_a, "count_b": count_b}
    return row


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
