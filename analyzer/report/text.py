"""Numbers, times and tables as people read them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def count(number: int) -> str:
    """1234567 -> 1,234,567"""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """1 packet, 2 packets; `many` where an s is not enough."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def times(number: int) -> str:
    """once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def size(octets: float) -> str:
    """Bytes with three digits: 999 B, 1.23 kB, 45.6 MB (powers of 1000)."""
    value = float(octets)
    for unit in BYTE_UNITS:
        if value < 999.5 or unit == BYTE_UNITS[-1]:
            return f"{value:.0f} B" if unit == "B" else f"{_three_digits(value)} {unit}"
        value /= 1000
    raise AssertionError


def rate(number: float) -> str:
    """Three digits, or the whole number when it has more."""
    return f"{number:,.0f}" if number >= 99.95 else _three_digits(number)


def duration(nanoseconds: int) -> str:
    """820 ns, 1.25 ms, 3.01 s, 2 min 5 s, 3 h 20 min, 4 d 2 h."""
    if nanoseconds < 0:
        return "-" + duration(-nanoseconds)
    for unit, factor in (("ns", 1), ("us", 1_000), ("ms", 1_000_000)):
        if nanoseconds < 999.5 * factor:
            return f"{nanoseconds} ns" if factor == 1 else f"{_three_digits(nanoseconds / factor)} {unit}"
    if nanoseconds < 119.5 * SECOND:
        return f"{_three_digits(nanoseconds / SECOND)} s"
    seconds = round(nanoseconds / SECOND)
    for unit, below, factor, lower in (("min", "s", 60, 1), ("h", "min", 3600, 60), ("d", "h", 86400, 3600)):
        if seconds < 120 * 60 * (24 if unit == "h" else 1) or unit == "d":
            rest = seconds % factor // lower
            return f"{seconds // factor:,} {unit}" + (f" {rest} {below}" if rest else "")
    raise AssertionError


def moment(nanoseconds: int, digits: int = 3) -> str:
    """UTC, with parts of a second cut off (not rounded: it must never lie behind the frame). Outside the calendar: seconds."""
    try:
        when = EPOCH + timedelta(seconds=nanoseconds // SECOND)
    except OverflowError:
        return f"{nanoseconds / SECOND:.{digits}f} s since 1970"
    return f"{when:%Y-%m-%d %H:%M:%S}.{nanoseconds % SECOND:09d}"[: 20 + digits]


def share(part: int, whole: int) -> str:
    """A percentage that is 0 or 100 only if it is exactly that."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if percent < 0.1:
        return "<0.1 %"
    if part != whole and percent > 99.9:
        return ">99.9 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == int(percent) else f"{percent:.1f} %"


def numbers(values: Sequence[int], most: int = 8) -> str:
    """4, 9, 12, ...; a run of neighbours as 4-9."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][1] + 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    parts = [str(a) if a == b else f"{a}-{b}" if b > a + 1 else f"{a}, {b}" for a, b in runs]
    return ", ".join(parts[:most]) + (", ..." if len(parts) > most else "")


def columns(rows: Iterable[Sequence[str]], align: str, indent: str = "", gap: str = "  ") -> list[str]:
    """Lines of aligned cells; `align` has < or > per column."""
    cells = [list(row) for row in rows]
    widths = [max((len(row[i]) for row in cells), default=0) for i in range(len(align))]
    return [
        (indent + gap.join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True))).rstrip()
        for row in cells
    ]


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """The text in lines of at most `width` characters; a word that is longer stays whole."""
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def shortened(text: str, width: int) -> str:
    """The text, or its two ends around an ellipsis; a port at its end stays whole."""
    if len(text) <= width:
        return text
    if width < 8:
        return text[:width]
    tail = max((width - 3) // 3, len(text) - text.rfind(":") if ":" in text[-6:] else 0)
    return f"{text[: width - 3 - tail]}...{text[len(text) - tail :]}"


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
