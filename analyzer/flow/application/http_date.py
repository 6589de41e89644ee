"""Dates in HTTP fields (RFC 9110 section 5.6.7): the preferred form and the two obsolete ones that recipients must accept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FORMS: Final = (
    re.compile(r"[a-z]{3}, (?P<day>\d\d) (?P<month>[a-z]{3}) (?P<year>\d{4}) (?P<time>\d\d:\d\d:\d\d) (?:gmt|utc)", re.ASCII),
    re.compile(r"[a-z]{6,9}, (?P<day>\d\d)-(?P<month>[a-z]{3})-(?P<year>\d\d) (?P<time>\d\d:\d\d:\d\d) gmt", re.ASCII),
    re.compile(r"[a-z]{3} (?P<month>[a-z]{3}) (?P<day>[ \d]\d) (?P<time>\d\d:\d\d:\d\d) (?P<year>\d{4})", re.ASCII),
)
PIVOT: Final = 70  #: two-digit years from here on are of the last century; the rule says "50 years from now", which moves
CACHED: Final = 1024  #: dates that are remembered: responses of the same second share theirs


@lru_cache(CACHED)
def seconds(text: str) -> int | None:
    """Since 1970; None: no date."""
    for form in FORMS:
        found = form.fullmatch(text.strip().lower())
        if found is None:
            continue
        if found["month"] not in MONTHS:
            return None
        month = MONTHS.index(found["month"]) + 1
        year = int(found["year"])
        if year < 100:
            year += 1900 if year >= PIVOT else 2000
        hour, minute, second = map(int, found["time"].split(":"))
        try:
            return int(datetime(year, month, int(found["day"]), hour, minute, min(second, 59), tzinfo=UTC).timestamp())
        except ValueError:
            return None
    return None
