"""The table of two captures compared: a line per group, and below it one per measure with what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from analyzer.journey.statistics.comparison import DECIDED, FAILURES, FASTER, FEWER
from analyzer.report.tables import Paint, Resolve, Row
from analyzer.report.tables.groups import MEASURED, name
from analyzer.report.text import columns, count, duration, share, wrapped
from analyzer.report.wording.difference import sentence, signed, told, whole

WIDE: Final = 100  #: columns from which on it has the interval
WIDEST: Final = 130  #: and from which on the effect and its probability
MOST_SENTENCES: Final = 10  #: the table has the others
INDENT: Final = "  "


def difference(rows: Sequence[Row], by: Sequence[str], resolve: Resolve, width: int, paint: Paint) -> str:
    """What differs in sentences, and the table below them, in at most `width` columns if that is not too small."""
    found = told(rows)
    lines = [paint(line, "title") for line in wrapped(whole(rows), width)]
    for row in found[:MOST_SENTENCES]:
        lines += [paint(line, _style(row)) for line in wrapped(sentence(row, name(row, by, resolve)), width, "- ", INDENT)]
    if len(found) > MOST_SENTENCES:
        lines.append(f"- and {count(len(found) - MOST_SENTENCES)} more, see below")
    if rows:
        lines += ["", *_table(rows, by, resolve, width, paint)]
    return "".join(f"{line}\n" for line in lines)


def _table(rows: Sequence[Row], by: Sequence[str], resolve: Resolve, width: int, paint: Paint) -> Iterator[str]:
    cells = [_titles(width), *(_cells(row, width) for row in rows)]
    title, *lines = columns(cells, "<" + ">" * (len(cells[0]) - 2) + "<", INDENT)
    yield paint(title, "title")
    numbered = groupby(zip(rows, lines, strict=True), lambda pair: tuple(pair[0][grouping] for grouping in by))
    for _, of_group in numbered:
        pairs = list(of_group)
        row = pairs[0][0]
        only = f" (only in {row['only_in'].upper()})" if row["only_in"] else ""
        yield paint(name(row, by, resolve) + only, "note")
        yield from (paint(line, _style(row)) for row, line in pairs)


def _titles(width: int) -> tuple[str, ...]:
    titles = ["", "A", "median", "B", "median", "difference"]
    if width >= WIDE:
        titles.append("95 % interval")
    if width >= WIDEST:
        titles += ["effect", "p"]
    return (*titles, "")


def _cells(row: Row, width: int) -> tuple[str, ...]:
    failures = row["measure"] == FAILURES
    if failures:
        values = [_failed(row["failed_a"], row["count_a"]), _failed(row["failed_b"], row["count_b"])]
    else:
        values = ["" if row[key] is None else duration(row[key]) for key in ("median_a_ns", "median_b_ns")]
    moved = row["difference_ns"]
    cells = [
        "failed" if failures else MEASURED[row["measure"]],
        count(row["count_a"]),
        values[0],
        count(row["count_b"]),
        values[1],
    ]
    cells.append("" if moved is None else signed(moved))
    if width >= WIDE:
        cells.append("" if row["low_ns"] is None else f"{signed(row['low_ns'])} to {signed(row['high_ns'])}")
    if width >= WIDEST:
        cells.append("" if row["effect"] is None else f"{row['effect']} {row['cliffs_delta']:+.2f}")
        cells.append("" if row["p_corrected"] is None else f"{row['p_corrected']:.2g}")
    return (*cells, row["decision"] or "")


def _failed(failed: int | None, connections: int) -> str:
    return "" if failed is None or not connections else share(failed, connections)


def _style(row: Row) -> str:
    if row["decision"] not in DECIDED:
        return ""
    return "note" if row["decision"] in (FASTER, FEWER) else "problem"
