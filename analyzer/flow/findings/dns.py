# cython: language_level=3
"""What went wrong when names were resolved, found in the rows of `dns`. Of multicast DNS and LLMNR only malformed messages count.

- *no answer*: a query without any, although DNS messages go on for PATIENCE_NS and longer, or the host asks the same again;
  repeats from the same port are no queries of their own.
  Their cost is the time until the latest repeat, or until the host asked from another port within GIVE_UP_NS.
- *slow*: the first answer took SLOW_NS and longer, repeats included: the user waited for it.
- *repeated*: queries that were sent again because no answer came in time.
- *unsolicited*: responses without a query: it was not captured, or somebody answers who was not asked or what was not asked.
- *rcode*: responses that are errors, by what they say.
- *truncated*: answers too big for UDP; the retry over TCP costs from the truncated answer to the one over TCP.
- *not cached*: a host asks again for what it was told, although the TTL (time to live) says that it still holds.
- *short TTL*: a host asks again and again, MANY times and more, because the TTL is SHORT_TTL seconds at most.
- *malformed*: messages that could not be read in every part.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Final

from analyzer.finding import Finding, Severity
from analyzer.flow.application.rows import Row

from .evidence import Evidence
from .split_horizon import SplitHorizon

PATIENCE_NS: Final = 2_000_000_000
SLOW_NS: Final = 200_000_000
GIVE_UP_NS: Final = 10_000_000_000  #: who asks again later did not wait meanwhile (two attempts of 5 s are usual)
SHORT_TTL: Final = 30
MANY: Final = 10
MAX_WAITING: Final = 65_536  #: queries that an answer is awaited for
MAX_LOOKUPS: Final = 65_536  #: (host, name, type) of which the last answer is remembered
MAX_NAMES: Final = 1_000  #: names that are counted for each finding
SHOWN_NAMES: Final = 3
SECOND_NS: Final = 1_000_000_000
SEVERITIES: Final = {"NXDOMAIN": Severity.NOTE, "SERVFAIL": Severity.PROBLEM, "REFUSED": Severity.PROBLEM}  #: others: warning


class _Named:
    """Evidence, the names that it is about, those with most of it first, and the largest number that it has."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self.names: Counter[str] = Counter()
        self.largest = self.total = 0
        self.transport = ""

    def add(self, row: Row, number: int = 0) -> None:
        self.place(row["last_frame"], row["stream"], row["transport"], _name(row), number)

    def place(self, frame: int, stream: int, transport: str, name: str, number: int = 0) -> None:
        if transport != self.transport:
            self.transport = "both" if self.transport else transport
        self.evidence.one(frame, -1 if self.transport == "both" else stream)
        times = self.names.get(name, 0)
        if times or len(self.names) < MAX_NAMES:
            self.names[name] = times + 1
        self.total += number
        if number > self.largest:
            self.largest = number

    def finding(self, kind: str, severity: Severity, cost_ns: int = 0, **values: int | str) -> Finding:
        """As a finding; it cost `cost_ns`, or else the sum of the numbers."""
        cost = cost_ns or self.total or None
        names = ", ".join(name for name, _ in self.names.most_common(SHOWN_NAMES))
        values = {"names": names, "more_names": max(0, len(self.names) - SHOWN_NAMES), **values}
        if self.largest:
            values["longest_ns"] = self.largest
        transport = "" if self.transport == "both" else self.transport
        found = self.evidence.finding(kind, severity, transport, values, cost)
        return found if transport else Finding(kind, severity, found.count, found.frames, values=values, cost_ns=cost)


class DnsFindings:
    """Call `update` with each row. most: queries, and answers, that are remembered; None: MAX_WAITING and MAX_LOOKUPS."""

    def __init__(self, most: int | None = None) -> None:
        self._most_waiting = most or MAX_WAITING
        self._most_lookups = most or MAX_LOOKUPS
        self._forgotten = 0
        self._queries = self._responses = 0
        # ordered: of a plain dict, finding the oldest takes long once many others were taken out
        #: frame of a query -> time, stream, transport, name
        self._waiting: OrderedDict[int, tuple[int, int, str, str]] = OrderedDict()
        self._open: OrderedDict[tuple[str, str, int], int] = OrderedDict()  #: (host, name, type) -> frame of the latest query
        #: frame of a query that was asked again from another port -> how long its answer was waited for until then; 0: unknown
        self._given_up: dict[int, int] = {}
        self._latest_ns = 0
        self._slow, self._repeated, self._truncated, self._malformed = _Named(), _Named(), _Named(), _Named()
        self._not_cached, self._short_ttl, self._unsolicited = _Named(), _Named(), _Named()
        self._retries = 0
        self._retry_ns = self._retries_ns = 0  #: the longest, and all
        self._repeated_ns: dict[int, int] = {}  #: frame of a waiting query -> how long after it its latest repeat came
        self._waited_ns = 0  #: the same of those that were answered
        self._rcodes: dict[str, _Named] = {}
        #: key as in `_open` -> time of the answer, TTL, times asked again
        self._lookups: OrderedDict[tuple[str, str, int], tuple[int, int, int]] = OrderedDict()
        self._split = SplitHorizon()

    def forgotten(self) -> dict[str, int]:
        """What had no room: thing -> how many."""
        return {"DNS query or lookup": self._forgotten, "DNS answer to compare": self._split.forgotten}

    def update(self, row: Row) -> None:
        """Look at a row."""
        if row.get("malformed"):
            self._malformed.add(row)
        if row["protocol"] != "dns" or row["response"] is None:
            return
        if row["time_ns"] > self._latest_ns:
            self._latest_ns = row["time_ns"]
        if row["response"]:
            self._response(row)
        else:
            self._query(row)

    def _query(self, row: Row) -> None:
        self._queries += 1
        if row["retransmission"]:
            first = self._waiting.get(row.get("repeats_frame", 0))
            self._repeated.add(row)
            if first is not None:
                self._repeated_ns[row["repeats_frame"]] = row["time_ns"] - first[0]
            return
        if len(self._waiting) >= self._most_waiting:
            self._forgotten += 1
            self._answered(next(iter(self._waiting)))
        name = _name(row)
        self._waiting[row["last_frame"]] = (row["time_ns"], row["stream"], row["transport"], name)
        if "truncated_frame" not in row and len(row["questions"]) == 1:
            self._asked_again(row, (row["client"], name.lower(), row["questions"][0]["type"]))

    def _answered(self, frame: int | None) -> None:
        if frame is not None:
            self._waiting.pop(frame, None)
            self._given_up.pop(frame, None)
            self._waited_ns += self._repeated_ns.pop(frame, 0)

    def _asked_again(self, row: Row, key: tuple[str, str, int]) -> None:
        before = self._open.pop(key, None)
        if before is not None and before in self._waiting:
            waited = row["time_ns"] - self._waiting[before][0]
            self._given_up[before] = waited if waited <= GIVE_UP_NS else 0
        if len(self._open) >= self._most_waiting:
            self._open.popitem(last=False)
        self._open[key] = row["last_frame"]
        known = self._lookups.get(key)
        if known is None:
            return
        since, ttl, times = known
        if row["time_ns"] - since < ttl * SECOND_NS:
            self._not_cached.add(row)
        elif ttl <= SHORT_TTL:
            self._lookups[key] = (since, ttl, times + 1)
            if times + 1 >= MANY:
                self._short_ttl.add(row)

    def _response(self, row: Row) -> None:
        self._answered(row["query_frame"])
        if row["retransmission"]:
            return
        self._responses += 1
        if row["query_frame"] is None:
            self._unsolicited.add(row)
        took = row.get("response_time_ns")
        if took is not None and took >= SLOW_NS:
            self._slow.add(row, took)
        if row["rcode_name"] != "NOERROR":
            self._rcodes.setdefault(row["rcode_name"], _Named()).add(row)
        if "truncated" in row["flags"] and row["transport"] == "udp":
            self._truncated.add(row)
        elif len(row["questions"]) == 1 and row["opcode"] == 0 and row["query_frame"] is not None:
            if "addresses" in row:
                self._remember(row)
            self._split.update(row)
        if "retry_cost_ns" in row:
            self._retries += 1
            self._retry_ns = max(self._retry_ns, row["retry_cost_ns"])
            self._retries_ns += row["retry_cost_ns"]

    def _remember(self, row: Row) -> None:
        """What a host was told, until when it holds: as long as the shortest-lived record of the answer."""
        key = (row["client"], _name(row).lower(), row["questions"][0]["type"])
        times = self._lookups.pop(key, (0, 0, 0))[2]
        if len(self._lookups) >= self._most_lookups:
            self._lookups.popitem(last=False)
        self._lookups[key] = (row["time_ns"], min([record["ttl"] or 0 for record in row["answers"]]), times)

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        unanswered = _Named()
        for frame, (sent, stream, transport, name) in self._waiting.items():
            if self._latest_ns - sent >= PATIENCE_NS or frame in self._given_up:
                waited = max(self._given_up.get(frame, 0), self._repeated_ns.get(frame, 0))
                unanswered.place(frame, stream, transport, name, waited)
        if unanswered.evidence:
            yield unanswered.finding("dns_no_answer", Severity.PROBLEM, of=self._queries)
        for name, those in self._rcodes.items():
            yield those.finding("dns_rcode", SEVERITIES.get(name, Severity.WARNING), rcode=name, of=self._responses)
        if self._slow.evidence:
            yield self._slow.finding("dns_slow", Severity.WARNING, of=self._responses)
        if self._repeated.evidence:
            yield self._repeated.finding("dns_repeated", Severity.WARNING, self._waited_ns, of=self._queries)
        if self._unsolicited.evidence:
            yield self._unsolicited.finding("dns_unsolicited", Severity.NOTE, of=self._responses)
        if self._truncated.evidence:
            longest = {"longest_ns": self._retry_ns} if self._retries else {}
            yield self._truncated.finding(
                "dns_truncated", Severity.NOTE, self._retries_ns, of=self._responses, retries=self._retries, **longest
            )
        if self._not_cached.evidence.count >= MANY:
            yield self._not_cached.finding("dns_not_cached", Severity.NOTE, of=self._queries)
        if self._short_ttl.evidence:
            yield self._short_ttl.finding("dns_short_ttl", Severity.NOTE, of=self._queries, ttl=SHORT_TTL)
        if self._malformed.evidence:
            yield self._malformed.finding("dns_malformed", Severity.WARNING, of=self._queries + self._responses)
        yield from self._split.findings()


def _name(row: Row) -> str:
    return str(row["questions"][0]["name"]) if row["questions"] else ""
