"""Service level objectives: how long a measure may take, of every connection or of a percentile of all.

`connect=100ms` is met by a connection whose value is not above the limit; `p95:connect=100ms` by a capture in which the 95th
percentile is not. A connection that failed misses the objectives of the phase that it did not finish, and of those behind it,
however short its life was: the user never got there. In detail:

- connect: a SYN was sent, and the connection never stood (refused, timeout, reset).
- tls: the same, or TLS had begun and never finished (reset, tls_alert, tls_incomplete). A connection that never stood misses it
  although nobody can know whether it would have spoken TLS: an objective must not be met by a server that is down.
- ttfb: the first SYN was captured, and the connection failed without a first byte.
- dns and the round trips have no such rule: without a value they are neither met nor missed.

Whether a connection failed is said in outcome.py. One whose TLS handshake was going on when the capture ended is among them.
A connection that did not fail and has no value (no TLS, no request, an uncertain first byte) is not judged. In a percentile, a
connection that failed counts as slower than every other one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from .measures import FAILED, MEASURES, value
from .samples import Samples

UNITS: Final = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
FORM: Final = re.compile(r"(?:p([0-9]{1,2}(?:\.[0-9]{1,6})?|100):)?(\w+)=([0-9]{1,12}(?:\.[0-9]{1,9})?)(ns|us|µs|μs|ms|s)")
MOST_KEPT: Final = 1 << 20  #: values of a percentile objective; of more, every 2nd, 4th ... is kept
EXAMPLES: Final = "connect=100ms,p95:tls=0.2s"


class Objective(NamedTuple):
    """One of them."""

    text: str  #: as the user wrote it
    measure: str
    limit_ns: int
    share: Fraction | None = None  #: below which part of all connections the percentile lies; None: every connection is judged


def parse(texts: Sequence[str]) -> list[Objective]:
    """The objectives in these texts, each alone or several joined by commas. ValueError: a text has no meaning."""
    found = [_one(part.strip()) for text in texts for part in text.split(",")]
    asked = [(objective.measure, objective.share) for objective in found]
    for objective, one in zip(found, asked, strict=True):
        if asked.count(one) > 1:
            raise ValueError(f"{objective.text!r}: there are two objectives of the same")
    return found


def _one(text: str) -> Objective:
    matched = FORM.fullmatch(text)
    if matched is None:
        raise ValueError(f"{text!r} is no objective such as {EXAMPLES} (units: ns, us, ms, s)")
    percentile, measure, number, unit = matched.groups()
    if measure not in MEASURES:
        raise ValueError(f"{measure!r} is nothing to have an objective of; there are {', '.join(MEASURES)}")
    share = None if percentile is None else Fraction(percentile) / 100
    return Objective(text, measure, round(Fraction(number) * UNITS[unit]), share)


def never_reached(row: Mapping[str, Any], measure: str) -> bool:
    """The connection failed, and therefore has no value (see above)."""
    if row["outcome"] not in FAILED:
        return False
    tried = row["syn_frame"] is not None
    stood = any(row[key] is not None for key in ("connect_ns", "client_hello_frame", "first_request_ns"))
    if measure == "connect":
        return tried and not stood
    if measure == "tls":
        return row["client_hello_frame"] is not None or (tried and not stood)
    return measure == "ttfb" and tried and row["first_byte_likely_ns"] is None


class Result:
    """How an objective fared."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.judged = 0  #: connections that were compared with it
        self.missed = 0  #: of them those above the limit, or failed
        self.failed = 0  #: of those the failed ones
        self.worst_ns: int | None = None  #: the longest value that missed it
        self.worst_stream: int | None = None
        self._samples = Samples()

    def add(self, row: Mapping[str, Any]) -> bool:
        """One more connection: whether it missed the limit."""
        found = value(row, self.objective.measure)
        failed = found is None and never_reached(row, self.objective.measure)
        if found is None and not failed:
            return False
        self.judged += 1
        self.failed += failed
        if found is not None and self.objective.share is not None:
            self._add(found)
        if found is not None and found <= self.objective.limit_ns:
            return False
        self.missed += 1
        if found is not None and (self.worst_ns is None or found > self.worst_ns):
            self.worst_ns, self.worst_stream = found, row["stream"]
        return True

    def percentile_ns(self) -> int | None:
        """The value that a percentile objective is about; None: so many failed that there is none, or nothing was judged."""
        share = self.objective.share
        place = None if share is None or not self.judged else (self.judged - 1) * share
        if place is None or place > self._samples.count - 1:
            return None
        # of the connections that did not fail, the same place
        return self._samples.quantiles((float(place / (self._samples.count - 1)) if self._samples.count > 1 else 0.0,))[0]

    @property
    def met(self) -> bool:
        """Whether it was met; also where there was nothing to judge."""
        if self.objective.share is None or not self.judged:
            return not self.missed
        found = self.percentile_ns()
        return found is not None and found <= self.objective.limit_ns

    def _add(self, found: int) -> None:
        self._samples.add(found)
        if self._samples.compared > MOST_KEPT:
            self._samples.thin()


class Objectives:
    """All of them."""

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self.results = [Result(objective) for objective in objectives]
        self.each = [result.objective.measure for result in self.results if result.objective.share is None]

    def judge(self, row: Mapping[str, Any]) -> list[str]:
        """The measures of which the connection missed the objective that every connection has."""
        missed = [result.objective for result in self.results if result.add(row)]
        return [objective.measure for objective in missed if objective.share is None]

    @property
    def met(self) -> bool:
        """Whether all were met."""
        return all(result.met for result in self.results)
