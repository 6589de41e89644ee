"""Everything that a report is made of, gathered while a capture is read once: it may be a pipe.

Make the pipeline with `applications` and `verdicts`, then call `read`. Everything that grows with the capture is bounded: of
journeys, handshakes and stalls the weightiest are kept, of the others the first, and all are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.batch import Column
from analyzer.dissect.application.dns.message import DnsMessage
from analyzer.dissect.application.stream import Message
from analyzer.dissect.application.tls.following import Record
from analyzer.dissect.application.tls.message import TlsMessage
from analyzer.finding import Finding
from analyzer.flow.application import dns, tls
from analyzer.flow.application.message_spans import MessageSpans
from analyzer.flow.application.selected import SelectedFrames
from analyzer.flow.chosen import Chosen
from analyzer.flow.findings.ledger import LedgerFindings
from analyzer.flow.stalls import found_stalls
from analyzer.flow.tcp.ledger.connections import Verdicts
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.stall_rows import Found
from analyzer.flow.tcp.ledger.stall_rows import rows as stall_rows
from analyzer.journey.connection import Connection
from analyzer.journey.gather import WANTED, Gather
from analyzer.journey.handshakes import handshake_row
from analyzer.journey.journey import Journey
from analyzer.journey.journeys import RACE_LOST, Journeys
from analyzer.journey.looked_up import looked_up
from analyzer.journey.lookup import Lookup, Lookups
from analyzer.journey.statistics.groups import Groups
from analyzer.journey.statistics.measures import FAILED
from analyzer.journey.who import WHO
from analyzer.report.graphs.connection_graphs import ConnectionGraphs
from analyzer.report.summary import Summary
from analyzer.report.wording.verdict import verdict

from .bars import bad, failed
from .kept import First, Row, Weightiest
from .questions import Questions
from .sessions import Sessions

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection, Pipeline

MOST_JOURNEYS: Final = 200  #: bars of the waterfall
MOST_HANDSHAKES: Final = 200
MOST_DISTRIBUTED: Final = 20_000  #: handshakes whose distribution is drawn: the first ones
MOST_STALLS: Final = 200
MOST_WAITING: Final = 50_000  #: journeys that are put in order at a time; of one race all are mostly among them
MOST_TOLD: Final = 500_000  #: journeys that the verdict hears of: some 400 MiB
#: what the verdict wants to know of every journey; of the slowest one it gets the whole row
TOLD: Final = ("kind", "outcome", "duration_ns", *(f"waited_{who}_ns" for who in WHO))
#: protocols whose messages are to be made: those of the summary, and the encrypted records that journeys count
PROTOCOLS: Final = WANTED | {"websocket", "sse"}
GROUPED_BY: Final = ("server", "server_port")


class Gathered:
    """What a report says, as facts. After `read` everything may be asked."""

    def __init__(self, anonymized: bool = False) -> None:
        self.anonymized = anonymized  #: the capture is, so that the report says it
        self.journeys = Weightiest(MOST_JOURNEYS, lambda row: (bad(row), row["duration_ns"]))
        self.handshakes = Weightiest(MOST_HANDSHAKES, _slowness)
        self.distributed = First(MOST_DISTRIBUTED)
        self.stalls = Weightiest(MOST_STALLS, lambda row: row["duration_ns"] or 0)
        self.groups = Groups(GROUPED_BY)
        self.questions = Questions()
        self.sessions = Sessions()
        self.graphs = ConnectionGraphs()
        self.slowest: Row | None = None  #: journey
        self.requests = 0  #: journeys that are requests of HTTP
        self.failures = 0  #: journeys that failed
        self.waited: Counter[str] = Counter()  #: ns of all journeys, by who was waited for
        self.verdicts = Verdicts(True, self._judged, self._message)
        self._gather = Gather()
        self._journeys = Journeys()
        self._waiting: list[Journey] = []
        self._told: list[Row] = []
        self._untold = 0
        self._slowest_told = -1  #: where the slowest one is in it
        self._lookups = Lookups()
        self._ledger = LedgerFindings()
        self._spans = MessageSpans()
        self._dns, self._tls = dns.Rows(), tls.Rows()
        self._given: list[tuple[int, Connection | None, list[Found]]] = []
        self._over = False  #: all batches were read
        self._chosen = Chosen()
        self._selected: SelectedFrames | None = None
        self._summary: Summary | None = None

    @property
    def summary(self) -> Summary:
        """The capture as a whole."""
        assert self._summary is not None
        return self._summary

    def read(self, pipeline: Pipeline, batches: Iterable[tuple[Dissection, Column | None]]) -> None:
        """Read all batches, each with a mask of its selected frames."""
        self._summary = Summary(pipeline, self._ledger)
        self._gather.bind(pipeline.tcp, None if pipeline.messages is None else pipeline.messages.labels[0])
        for dissection, mask in batches:
            self._chosen.update(pipeline.walk, pipeline.tcp.facts, pipeline.udp.facts, mask)
            self._gather.update(dissection.batch)
            if mask is not None:
                self._selected = self._selected or SelectedFrames()
                self._selected.add(dissection.batch, mask)
            self.summary.update(dissection, mask)
            self._take()
        self._over = True
        self._gather.end()
        self.summary.finish()
        failures = self._journeys.lookups.failures()
        self._travelled(one for one in failures if self._counts(one.query_frame or 0) or self._counts(one.end_frame))

    @property
    def forgotten(self) -> dict[str, int]:
        """What there was no room for: key of wording.document.FORGOTTEN -> how many."""
        found = {
            "messages": self._gather.forgotten,
            "lookups": self._journeys.lookups.forgotten,
            "attempts": self._journeys.forgotten,
            "requests": self._journeys.forgotten_requests,
            "groups": self.groups.forgotten,
            "journeys": self._untold,
        }
        return {what: times for what, times in found.items() if times}

    @cached_property
    def findings(self) -> list[Finding]:
        """Everything that is wrong, worst first."""
        return self.summary.findings()

    @cached_property
    def verdict(self) -> list[str]:
        """The whole in at most three sentences."""
        return verdict(self.findings, self._told, self.distributed.rows)

    def at(self, ns: int) -> str:
        """A time since the first frame, in seconds."""
        start = self.summary.start_ns
        return "" if start is None else f"{(ns - start) / 1e9:.6f}"

    def _counts(self, frame: int) -> bool:
        return self._selected is None or frame in self._selected

    def _message(self, message: Message) -> None:
        """Each message, before its connection is judged."""
        self._gather.add(message)
        if isinstance(message, Record):
            return
        self._spans.add(message)
        if self._ledger.verdicts.messages is not None:
            self._ledger.verdicts.messages(message)
        if isinstance(message, DnsMessage):
            for row in self._dns.rows(message):
                self._lookups.row(row)
                self._journeys.lookups.row(row)
                if self._counts(row["last_frame"]):
                    self.questions.add(row)
        elif isinstance(message, TlsMessage):
            for row in self._tls.rows(message):
                if self._counts(row["last_frame"]):
                    self.sessions.add(row)

    def _judged(self, judged: Judged) -> None:
        """Each connection, or part of a very long one."""
        if judged.troubled and self._ledger.verdicts.judged is not None:  # what the summary sees, too
            self._ledger.verdicts.judged(judged)
        stalls = list(found_stalls(judged, self._spans))
        connection = self._gather.judged(judged)
        stream = judged.trace.stream
        chosen = self._is_chosen(stream)
        if chosen:
            self.graphs.judged(judged)
        if not self._over and (stalls or connection is not None):
            self._given.append((stream, connection, stalls))  # a frame of this very batch may be selected
        elif chosen:
            self._connection(connection, stalls)

    def _is_chosen(self, stream: int) -> bool:
        """Whether a frame of the connection is selected, as far as the capture was read."""
        return bool(self._chosen.among("tcp", np.array([stream], np.int64))[0])

    def _take(self) -> None:
        """What was given since."""
        given, self._given = self._given, []
        for stream, connection, stalls in given:
            if self._is_chosen(stream):
                self._connection(connection, stalls)

    def _connection(self, connection: Connection | None, stalls: list[Found]) -> None:
        self.stalls.extend(stall_rows(stalls))
        if connection is None:
            return
        if not connection.again:
            row = handshake_row(connection, looked_up(connection, self._lookups))
            self.handshakes.add(row)
            self.distributed.add(row)
            self.groups.add(row)
        self._waiting += self._journeys.of(connection)
        if len(self._waiting) >= MOST_WAITING:
            self._travelled()

    def _tell(self, row: Row) -> None:
        """A journey to the verdict."""
        room = len(self._told) < MOST_TOLD
        self._untold += not room
        slower = self.slowest is None or row["duration_ns"] > self.slowest["duration_ns"]
        if slower and row["outcome"] != RACE_LOST:
            if self.slowest is not None and room:
                self._told[self._slowest_told] = _short(self.slowest)
            self._slowest_told = len(self._told) if room else self._slowest_told
            self._told[self._slowest_told : self._slowest_told + 1] = [row]
            self.slowest = row
        elif room:
            self._told.append(_short(row))

    def _travelled(self, failures: Iterable[Lookup] = ()) -> None:
        """The journeys that wait, as rows."""
        waiting, self._waiting = self._waiting, []
        for row in self._journeys.rows(waiting, failures):
            self.journeys.add(row)
            self._tell(row)
            self.requests += row["kind"] == "request"
            self.failures += failed(row)
            if row["race"] != "lost":  # its time is part of the one that won
                self.waited.update({who: row[f"waited_{who}_ns"] for who in WHO})


def _short(row: Row) -> Row:
    return {key: row[key] for key in TOLD}


def _slowness(row: Row) -> tuple[bool, int]:
    """Failed ones first, then those that took longest until there was an answer, or a connection."""
    first = row["first_byte_likely_ns"] or (row["connect_ns"] or 0) + (row["tls_ns"] or 0)
    return row["outcome"] in FAILED, first
