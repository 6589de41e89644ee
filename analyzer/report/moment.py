"""Times as users write them: seconds, ISO 8601, clock times, and spans such as 1h30m. All of it is exact to nanoseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

NS: Final = 1_000_000_000
EPOCH_FROM: Final = 100_000_000  #: a bare number from here on is seconds since 1970, below it seconds since the first frame
DAY: Final = 86_400 * NS
UNITS: Final = {
    "ns": 1, "us": 1_000, "ms": 1_000_000, "s": NS, "sec": NS, "m": 60 * NS, "min": 60 * NS, "h": 3_600 * NS, "d": DAY,
}  # fmt: skip
_DECIMAL: Final = re.compile(r"(-?)([0-9]*)(?:\.([0-9]*))?")
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([a-z]+)\s*")
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]*)?))?")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in a capture: since 1970, since the first frame, or a clock time (UTC) on the day of the first frame."""

    ns: int
    since: str  #: "epoch", "first" or "day"

    def at(self, first_ns: int) -> int:
        """Nanoseconds since 1970, in a capture of which the first frame has this time."""
        if self.since == "epoch":
            return self.ns
        return self.ns + (first_ns if self.since == "first" else first_ns // DAY * DAY)


def moment_of(text: str) -> Moment:
    """1.5, 2m, 1h30m, 500ms: since the first frame; 1714557600.25: since 1970; 12:30, 12:30:05.5: clock; or ISO 8601, in UTC."""
    text = text.strip()
    try:
        if re.fullmatch(r"[0-9]*\.?[0-9]*", text):
            ns = seconds(text)
            return Moment(ns, "first" if ns < EPOCH_FROM * NS else "epoch")
        clock = _CLOCK.fullmatch(text)
        if clock is not None:
            return Moment((int(clock[1]) * 3_600 + int(clock[2]) * 60) * NS + seconds(clock[3] or "0"), "day")
        if _PART.match(text.lower()):
            return Moment(_span(text.lower()), "first")
        return Moment(iso(text), "epoch")
    except (ValueError, KeyError, OverflowError):
        wanted = "1.5 or 2m (since the first frame), 12:30:00, 2024-05-01T12:30:00Z or seconds since 1970"
        raise ValueError(f"{text!r} is no time; write {wanted}") from None


def seconds(text: str) -> int:
    """Seconds with a decimal fraction, as nanoseconds; digits behind the ninth are cut off."""
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise ValueError(text)
    ns = int(match[2] or 0) * NS + int((match[3] or "")[:9].ljust(9, "0"))
    return -ns if match[1] else ns


def iso(text: str) -> int:
    """Nanoseconds since 1970 of an ISO 8601 time; without a time zone it is UTC."""
    whole, _, fraction = text.strip().replace(",", ".").partition(".")
    digits = re.match(r"[0-9]*", fraction)
    assert digits is not None
    zone = fraction[digits.end() :]
    when = datetime.fromisoformat(whole + zone)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * NS + int(digits[0][:9].ljust(9, "0"))


def since_1970(text: str) -> int:
    """Nanoseconds since 1970 of seconds since then, or of an ISO 8601 time."""
    return seconds(text) if _DECIMAL.fullmatch(text) else iso(text)


def _span(text: str) -> int:
    total = position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            raise ValueError(text)
        total += seconds(part[1]) * UNITS[part[2]] // NS
        position = part.end()
    return total
