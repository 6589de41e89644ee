"""The table of intervals: what went each way, with a line of bars above that shows all of them at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

from analyzer.flow.throughput import SIDES
from analyzer.report.tables import LineTable, Paint, Row
from analyzer.report.text import count, duration, rate, size

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
PLAIN: Final = " .:-=+*#@"  #: where the terminal cannot show blocks
LABEL: Final = 8
WIDE: Final = 100  #: columns from which on it says what was sent again
COLUMNS: Final = (
    ("time", -12), ("packets", -8), ("client >", -8), ("rate", -11), ("< server", -8), ("rate", -11), ("other", -8),
)  # fmt: skip
UNITS: Final = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")


def bars_for(encoding: str | None) -> str:
    """The characters for bars that this encoding has."""
    try:
        BLOCKS.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return BLOCKS


def sparkline(values: Sequence[int], width: int, bars: str, most: int) -> str:
    """One character for each value, or for the largest of several where there are more values than columns.

    most: the value of the highest bar. Nothing is a blank; what is not nothing is at least the lowest bar.
    """
    columns = max(min(width, len(values)), 1)
    shown = []
    for column in range(columns):
        part = values[column * len(values) // columns : (column + 1) * len(values) // columns]
        value = max(part, default=0)
        shown.append(bars[max(round(value * (len(bars) - 1) / most), 1)] if value and most else bars[0])
    return "".join(shown).rstrip()


def bits(number: int) -> str:
    """920 bit/s, 1.25 Mbit/s"""
    value = float(number)
    for unit in UNITS:
        if value < 999.5 or unit == UNITS[-1]:
            return f"{value:.0f} {unit}" if unit == UNITS[0] else f"{rate(value)} {unit}"
        value /= 1000
    raise AssertionError


class IoTable(LineTable):
    """All intervals at once."""

    def __init__(self, out: TextIO, width: int, paint: Paint, first_ns: int, bars: str) -> None:
        self._width, self._bars, self._first_ns = width, bars, first_ns
        self._again = width >= WIDE
        more = (("sent again", -10),) if self._again else ()
        super().__init__(
            out,
            (*COLUMNS, *more),
            paint,
        )

    def intervals(self, rows: Sequence[Row]) -> None:
        """Write them."""
        if not rows:
            return
        most = max(max(row[f"bytes_{side}"] for side in SIDES) for row in rows)
        peak = max(max(row[f"bits_per_second_{side}"] for side in SIDES) for row in rows)
        for side in SIDES:
            values = [row[f"bytes_{side}"] for row in rows]
            if any(values):
                line = f"{side:<{LABEL}}{sparkline(values, self._width - LABEL, self._bars, most)}"
                self._out.write(self._paint(line, side) + "\n")
        self._out.write(f"{'':{LABEL}}{len(rows):,} x {duration(rows[0]['interval_ns'])}, highest {bits(peak)}\n\n")
        self.write((self._cells(row), "" if any(row[f"packets_{side}"] for side in SIDES) else "quiet") for row in rows)

    def _cells(self, row: Row) -> tuple[str | int, ...]:
        again = row["retransmitted_client"] + row["retransmitted_server"]
        return (
            f"{(row['start_ns'] - self._first_ns) / 1e9:.6f}",
            count(sum(row[f"packets_{side}"] for side in SIDES)),
            *_direction(row, "client"),
            *_direction(row, "server"),
            _size(row["bytes_other"]),
            *((_size(again),) if self._again else ()),
        )


def _direction(row: Row, side: str) -> tuple[str, str]:
    """Bytes and rate; nothing where there is none."""
    octets = row[f"bytes_{side}"]
    return _size(octets), bits(row[f"bits_per_second_{side}"]) if octets else ""


def _size(octets: int) -> str:
    return size(octets) if octets else ""
