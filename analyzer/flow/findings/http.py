"""What went wrong in HTTP, and what it costs, found in the rows.

- *server and client errors*: 5xx and 4xx. 401 and 407 without credentials before are how authentication begins: not counted.
- *slow*: the first byte of the response came SLOW_NS and later after the last of the request. A 1xx is no response here.
- *unanswered*: the capture has a whole request and no final response to it.
- *retried*: the same request again on a new connection, after no answer or after one that means "try again".
- *uncompressed*: text that the client would have taken compressed (see flow/application/negotiation.py).
- *no Vary*: a shared cache may hand the compressed body to clients that cannot read it.
- *cut*: the connection ended in order before the announced end of a message, all bytes of which were captured.
- *ambiguous*: Content-Length beside Transfer-Encoding: two programs may see different messages in it (RFC 9112 section 11.2).
- *malformed*: heads and chunks that break the rules otherwise; too long ones, which were not read to their end.
- *not modified*: 304, with the bytes that need not be sent again, where an earlier response shows how many these are.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Final

from analyzer.finding import Finding, Severity
from analyzer.flow.application.http import IDEMPOTENT
from analyzer.flow.application.rows import Row

from .evidence import Evidence

SLOW_NS: Final = 1_000_000_000
CHALLENGES: Final = (401, 407)  #: "who are you?"
AGAIN: Final = frozenset((408, 425, 429, 500, 502, 503, 504))  #: answers after which clients try again
SWITCHING: Final = 101
MAX_WAITING: Final = 1 << 16  #: requests that wait for a response; the oldest counts as unanswered no more
MALFORMED: Final = frozenset(("field", "length", "coding", "chunk", "long_head"))  #: flaws


class HttpFindings:
    """Call `update` with each row of `http`. most: requests that wait for their response; None: MAX_WAITING."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most or MAX_WAITING
        self._responses = self._finals = 0
        self._server, self._client, self._slow, self._retried = Evidence(), Evidence(), Evidence(), Evidence()
        self._uncompressed, self._no_vary, self._cut = Evidence(), Evidence(), Evidence()
        self._ambiguous, self._malformed, self._not_modified = Evidence(), Evidence(), Evidence()
        self._statuses: tuple[Counter[int], Counter[int]] = (Counter(), Counter())  #: 4xx, 5xx
        self._flaws: Counter[str] = Counter()
        self._slowest = self._waited_ns = self._plain_bytes = self._saved = self._saved_known = 0
        self._attempts = self._unsafe = 0
        self._shortest = self._longest = -1  #: time between attempts
        self._between_ns = 0  #: all of it
        self._waiting: OrderedDict[tuple[int, int], int] = OrderedDict()  #: (stream, frame) -> requests
        self._forgotten = 0  #: requests for which there was no room

    def update(self, row: Row) -> None:
        """Look at a row."""
        if row["flaws"]:
            self._look_at_flaws(row)
        if row["message"] == "request":
            self._request(row)
        else:
            self._response(row)

    def _request(self, row: Row) -> None:
        if row["frame"] is not None:
            if len(self._waiting) >= self._most:
                self._waiting.popitem(last=False)
                self._forgotten += 1
            key = (row["stream"], row["frame"])
            self._waiting[key] = self._waiting.get(key, 0) + 1
        if "attempt" in row and (row["previous_status"] is None or row["previous_status"] in AGAIN):
            self._retried.one(row["last_frame"], row["stream"])
            since = row["since_previous_ns"]
            self._attempts = max(self._attempts, row["attempt"])
            self._shortest = since if self._shortest < 0 else min(self._shortest, since)
            self._longest = max(self._longest, since)
            self._between_ns += since
            self._unsafe += row["method"] not in IDEMPOTENT and "idempotency_key" not in row

    def _response(self, row: Row) -> None:
        status = row["status"]
        self._responses += 1
        if status < 200 and status != SWITCHING:
            return
        self._finals += 1
        key = (row["stream"], row["request_frame"])
        if key in self._waiting:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
        if status >= 500:
            self._server.one(row["last_frame"], row["stream"])
            self._statuses[1][status] += 1
        elif status >= 400 and status not in CHALLENGES:
            self._client.one(row["last_frame"], row["stream"])
            self._statuses[0][status] += 1
        waited = row["time_to_first_byte_ns"]
        if waited is not None and waited >= SLOW_NS and status != SWITCHING:
            self._slow.one(row["last_frame"], row["stream"])
            self._slowest = max(self._slowest, waited)
            self._waited_ns += waited
        if row.get("compression") == "missed":
            self._uncompressed.one(row["last_frame"], row["stream"])
            self._plain_bytes += row["body_bytes"]
        if row.get("vary_missing"):
            self._no_vary.one(row["last_frame"], row["stream"])
        if status == 304:
            self._not_modified.one(row["last_frame"], row["stream"])
            self._saved += row.get("saved_bytes") or 0
            self._saved_known += row.get("saved_bytes") is not None

    def _look_at_flaws(self, row: Row) -> None:
        flaws = row["flaws"]
        if "cut_body" in flaws and not row["missing_bytes"]:
            self._cut.one(row["last_frame"], row["stream"])
        if "both_lengths" in flaws:
            self._ambiguous.one(row["last_frame"], row["stream"])
        found = MALFORMED.intersection(flaws)
        if found:
            self._malformed.one(row["last_frame"], row["stream"])
            self._flaws.update(found)

    def forgotten(self) -> dict[str, int]:
        """What had no room: thing -> how many."""
        return {"unanswered HTTP request": self._forgotten}

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        if self._server:
            yield self._server.finding("http_server_error", Severity.PROBLEM, "tcp", self._errors(1))
        unanswered = self._unanswered()
        if unanswered:
            yield unanswered.finding("http_unanswered", Severity.WARNING, "tcp")
        if self._cut:
            yield self._cut.finding("http_cut", Severity.PROBLEM, "tcp")
        if self._client:
            yield self._client.finding("http_client_error", Severity.WARNING, "tcp", self._errors(0))
        if self._slow:
            values: dict[str, int | str] = {"of": self._finals, "longest_ns": self._slowest, "least_ns": SLOW_NS}
            yield self._slow.finding("http_slow", Severity.WARNING, "tcp", values, self._waited_ns)
        if self._retried:
            values = {
                "attempts": self._attempts, "shortest_ns": self._shortest, "longest_ns": self._longest, "unsafe": self._unsafe,
            }  # fmt: skip
            yield self._retried.finding("http_retried", Severity.WARNING, "tcp", values, self._between_ns)
        if self._ambiguous:
            yield self._ambiguous.finding("http_ambiguous", Severity.WARNING, "tcp")
        if self._malformed:
            flaws = ", ".join(flaw for flaw, _ in self._flaws.most_common())
            yield self._malformed.finding("http_malformed", Severity.WARNING, "tcp", {"flaws": flaws})
        if self._no_vary:
            yield self._no_vary.finding("http_no_vary", Severity.WARNING, "tcp")
        if self._uncompressed:
            yield self._uncompressed.finding("http_uncompressed", Severity.NOTE, "tcp", {"bytes": self._plain_bytes})
        if self._not_modified:
            values = {"bytes": self._saved, "known": self._saved_known}
            yield self._not_modified.finding("http_not_modified", Severity.NOTE, "tcp", values)

    def _errors(self, kind: int) -> dict[str, int | str]:
        statuses = ", ".join(f"{status} x {times}" for status, times in self._statuses[kind].most_common())
        return {"of": self._finals, "statuses": statuses}

    def _unanswered(self) -> Evidence:
        evidence = Evidence()
        for (stream, frame), times in sorted(self._waiting.items(), key=lambda item: item[0][1]):
            for _ in range(times):
                evidence.one(frame, stream)
        return evidence
