"""Times of certificates (RFC 5280 section 4.1.2.5): UTCTime and GeneralizedTime, also in the forms that ITU-T X.680 has besides.

The profile wants seconds and Z. Older certificates leave the seconds out, have parts of a second, or name a zone (+0100).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from .der import GENERALIZED_TIME, UTC_TIME

PIVOT: Final = 50  #: a UTCTime of year 50 or later is in the 20th century

_FORM: Final = re.compile(rb"(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:[.,]\d{1,9})?)?(?:Z|([+-])(\d\d)(\d\d))", re.ASCII)
LENGTHS: Final = {UTC_TIME: 13, GENERALIZED_TIME: 15}  #: of the form that the profile wants
_DIGITS_OF_YEAR: Final = {UTC_TIME: 2, GENERALIZED_TIME: 4}


def moment(tag: int, value: bytes) -> tuple[datetime | None, bool]:
    """In UTC, without parts of a second, None where it is no time of the calendar; and whether the profile allows its form."""
    form = _FORM.fullmatch(value)
    if form is None or len(form[1]) != _DIGITS_OF_YEAR.get(tag):
        return None, False
    year = int(form[1])
    if tag == UTC_TIME:
        year += 1900 if year >= PIVOT else 2000
    try:
        local = datetime(year, int(form[2]), int(form[3]), int(form[4]), int(form[5]), int(form[6] or 0), tzinfo=UTC)
        if form[7] is None:
            return local, len(value) == LENGTHS[tag]
        ahead = timedelta(hours=int(form[8]), minutes=int(form[9]))
        return local.replace(tzinfo=timezone(-ahead if form[7] == b"-" else ahead)).astimezone(UTC), False
    except (ValueError, OverflowError):
        return None, False


def in_words(when: datetime) -> str:
    """ISO 8601."""
    return f"{when.year:04d}-{when:%m-%dT%H:%M:%S}Z"
