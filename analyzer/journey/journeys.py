"""Rows of journeys: what a user waited for, from the name lookup to the last byte of the answer, with every phase.

One row per request of HTTP that can be read, one per other connection, and one per name lookup that failed. The rows of a
connection that was tried in vain (race.py) are kept, so that nothing is hidden, with race = "lost": their time is part of the
journey that was made instead, and must not be counted twice. The lookup belongs to the journey of the attempt that was used.

With a selection: journeys of connections that have a selected frame, and lookups of which the first or last frame is selected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from analyzer.batch import Batch, Column
from analyzer.dissect.application.stream import Place
from analyzer.flow.application.selected import SelectedFrames
from analyzer.flow.columns import Row
from analyzer.journey.ahead import ahead
from analyzer.journey.connection import Connection
from analyzer.journey.gather import GatheredRows, ReadsMessages
from analyzer.journey.journey import Journey, journeys
from analyzer.journey.journey_keys import HEADERS, JOURNEY, JOURNEY_KEYS
from analyzer.journey.lookup import Lookup, Lookups
from analyzer.journey.phase import CONNECT, LOOKUP, PHASES, REQUEST, Phase
from analyzer.journey.race import Attempt, Race, races
from analyzer.journey.who import WHO

__all__ = ["JOURNEY", "JOURNEY_KEYS", "JourneyRows", "Journeys"]

MOST_WAITING: Final = 200_000  #: journeys that wait in memory to be put in order; more come in several runs
MOST_ATTEMPTS: Final = 200_000  #: connections that are looked at for races at a time
NOTHING: Final[dict[str, object]] = dict.fromkeys(JOURNEY)
RACE_LOST: Final = "race_lost"
LOOKUP_FAILED: Final = "lookup_failed"
BEGINS: Final = frozenset((CONNECT, REQUEST))  #: phases with which a connection, or a request on it, begins
LASTED: Final = {name: f"{name}_ns" for name in PHASES}  #: keys of rows
WAITED: Final = {who: f"waited_{who}_ns" for who in WHO}
UNUSED: Final[Row] = {**dict.fromkeys(LASTED.values()), **dict.fromkeys(WAITED.values(), 0)}  #: without any phase
OWN_FAILURES: Final = frozenset(("refused", "reset", "timeout"))  #: outcomes that a lost attempt keeps


class Journeys:
    """Hand it every connection; `lookups` gets the DNS messages."""

    def __init__(self, headers: bool = False, lookups: Lookups | None = None) -> None:
        self.lookups = lookups or Lookups()
        self.forgotten = 0  #: attempts that there was no room for, so that races may not be seen
        self.forgotten_requests = 0  #: those of connections with too many
        self.forgotten_waits = 0  #: of connections that stood still too often
        self._headers = headers
        self._attempts: list[Attempt] = []
        self._made = 0

    def of(self, connection: Connection) -> list[Journey]:
        """The journeys of a connection."""
        self.forgotten_requests += connection.forgotten
        self.forgotten_waits += connection.forgotten_waits
        found = list(journeys(connection, self.lookups))
        tried = found[0].attempt if found else None
        if tried is not None:
            if len(self._attempts) < MOST_ATTEMPTS:
                self._attempts.append(tried)
            else:
                self.forgotten += 1
        return found

    def rows(self, found: Iterable[Journey], failed: Iterable[Lookup] = ()) -> Iterator[Row]:
        """Rows by the begin of the journeys; what was raced until now is taken into account."""
        by_stream = {attempt.stream: race for race in races(self._attempts) for attempt in race.attempts}
        self._attempts.clear()
        made = [self._row(journey, by_stream.get(journey.row["stream"])) for journey in found]
        fields: Row = {key: [] for key in HEADERS} if self._headers else {}
        made += (_failed(lookup) | fields for lookup in failed)
        made.sort(key=lambda row: (row["start_ns"], row["phases"][0]["first_frame"] if row["phases"] else 0))
        for row in made:
            self._made += 1
            row["number"] = self._made
            yield row

    def _row(self, journey: Journey, race: Race | None) -> Row:
        attempt = journey.attempt
        if race is None or attempt is None:
            race = attempt = None
        lost = race is not None and attempt is not race.used
        phases = journey.phases
        lookup = journey.lookup
        if journey.opens and lookup is not None and not lost:
            first = lookup if race is None else race.attempts[0].lookup
            phases = [*ahead(first, race, journey.begin), *phases]
        row: Row = {**NOTHING, **journey.row, **_lookup(lookup, phases), **_totals(phases)}
        row["phases"] = [phase.row() for phase in phases]
        if journey.first_byte is not None:
            row["first_byte_likely_ns"] = max(0, journey.first_byte.time - row["start_ns"])
            row["first_byte_ns"] = row["first_byte_likely_ns"] if row["first_byte_certain"] else None
        if journey.server is not None:
            row["server_ns"] = journey.server.estimate
            row["server_least_ns"], row["server_most_ns"] = journey.server.least, journey.server.most
        if race is not None and attempt is not None:
            row["race"] = "lost" if lost else "won" if race.won else None
            row["race_streams"] = [other.stream for other in race.attempts if other is not attempt]
            if lost and not (row["outcome"] in OWN_FAILURES and race.failed_before(attempt)):
                row["outcome"] = RACE_LOST
        else:
            row["race_streams"] = []
        row["host"] = row["host"] or row["dns_name"]
        row["filter"] = _filter(row)
        if not self._headers:
            for key in HEADERS:
                del row[key]
        return row


def _lookup(lookup: Lookup | None, phases: list[Phase]) -> Row:
    if lookup is None:
        return {"dns_state": "none", "dns_tried": [], "dns_chain": []}
    waited = bool(phases) and phases[0].name == LOOKUP
    state = "failed" if lookup.failed else "waited" if waited else "cached"
    return {
        "dns_state": state,
        "dns_name": lookup.name,
        "dns_tried": list(lookup.tried),
        "dns_chain": list(lookup.chain),
        "dns_frame": lookup.answer_frame,
        "dns_server": lookup.server,
        "dns_queries": lookup.queries,
        "dns_error": lookup.failed,
    }


def _totals(phases: list[Phase]) -> Row:
    """What adds up."""
    start, end = phases[0].start_ns, phases[-1].end_ns
    row: Row = {"start_ns": start, "end_ns": end, "duration_ns": end - start}
    row |= UNUSED
    for phase in phases:
        key = LASTED[phase.name]
        row[key] = (row[key] or 0) + phase.duration_ns
        for who, waited in phase.waited.items():
            row[WAITED[who]] += waited
    return row


def _failed(lookup: Lookup) -> Row:
    """The row of a lookup that failed."""
    phases = ahead(lookup, None, Place(lookup.end_frame, lookup.end_ns or 0))
    return {
        **NOTHING,
        "kind": "lookup",
        "client": lookup.client,
        "server": lookup.server,
        "application": lookup.protocol,
        "encrypted": False,
        "host": lookup.name,
        "outcome": LOOKUP_FAILED,
        "reused": False,
        **_lookup(lookup, phases),
        **_totals(phases),
        "phases": [phase.row() for phase in phases],
        "first_byte_certain": False,
        "race_streams": [],
        "filter": f"frame.number in {{{', '.join(map(str, sorted({phases[0].first_frame, phases[-1].last_frame})))}}}",
    }


def _filter(row: Row) -> str:
    """The packets of the journey; all of the connection where it is the only one, with its lookup."""
    own = f"tcp.stream == {row['stream']}"
    phases = row["phases"]
    if row["reused"] or (row["exchange"] == 1 and row["response_frame"] is not None and row["kind"] == "request"):
        first = next((phase["first_frame"] for phase in phases if phase["phase"] in BEGINS), phases[0]["first_frame"])
        own += f" and frame.number >= {first} and frame.number <= {phases[-1]['last_frame']}"
    streams = row["race_streams"] if row["race"] == "won" else []
    if phases[0]["phase"] != LOOKUP and not streams:
        return own
    others = [f"tcp.stream == {stream}" for stream in streams]
    if phases[0]["phase"] == LOOKUP:
        frames = sorted({phases[0]["first_frame"], row["dns_frame"] or 0, phases[0]["last_frame"]} - {0})
        others.append(f"frame.number in {{{', '.join(map(str, frames))}}}")
    return " or ".join((f"({own})" if " and " in own else own, *others))


class JourneyRows:
    """Make the pipeline with `verdicts` and the applications `wanted`, then read it once."""

    def __init__(self, headers: bool = False) -> None:
        self._journeys = Journeys(headers)
        self._found = GatheredRows(self._journeys.of, headers=headers)
        self._found.gather.dns.append(self._journeys.lookups.message)
        self.verdicts = self._found.verdicts
        self.wanted = self._found.wanted

    @property
    def forgotten(self) -> dict[str, int]:
        """What there was no room for: key of cli.journeys.FORGOTTEN -> how many."""
        made = self._journeys
        found = {
            "messages": self._found.gather.forgotten,
            "requests": made.forgotten_requests,
            "lookups": made.lookups.forgotten,
            "attempts": made.forgotten,
            "waits": made.forgotten_waits,
        }
        return {what: times for what, times in found.items() if times}

    def read(self, pipeline: ReadsMessages, batches: Iterable[tuple[Batch, Column | None]]) -> Iterator[Row]:
        """The rows by the begin of the journeys, of batches with masks of what is selected."""
        selected = SelectedFrames()
        found = self._found.read(pipeline, selected.noting(batches))
        while True:
            run = list(islice(found, MOST_WAITING))
            if len(run) < MOST_WAITING:
                break
            yield from self._journeys.rows(run)
        failed = self._journeys.lookups.failures()
        chosen = (one for one in failed if selected.whole or (one.query_frame or 0) in selected or one.end_frame in selected)
        yield from self._journeys.rows(run, chosen)
