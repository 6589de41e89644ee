"""One connection out of the parts in which it is judged, and the messages on it."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.dissect.application.stream import Place
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.rtt_account import nearer
from analyzer.flow.tcp.ledger.rtt_rows import samples_of
from analyzer.flow.tcp.ledger.verdict import Need
from analyzer.flow.tcp.ledger.wait_rows import waits_of
from analyzer.flow.tcp.ledger.waits import Wait
from analyzer.journey.connection import Connection, Exchange, Opened, Secured
from analyzer.journey.encrypted import exchange
from analyzer.journey.exchanges import TUNNEL, plain
from analyzer.journey.extent import extents
from analyzer.journey.opened import Endings, opened
from analyzer.journey.outcome import outcome
from analyzer.journey.payload import Payload, payload
from analyzer.journey.rounds import round_trips
from analyzer.journey.secured import Handshake
from analyzer.journey.talk import Talk

MOST_WAITS: Final = 1 << 15  #: phases of a connection that are kept: the longest ones, where it has more
MOST_REPEATS: Final = 4_096  #: of the client's data that are kept, the first ones
MOST_SAMPLES: Final = 4_096  #: round trips that are kept: every second one, then every fourth, where there are more
TURNS_OF_DATA: Final = 2  #: of the client behind a ServerHello: its own last flight, and something after an answer to that
NEEDED: Final = int(Need.NEEDED)
NOWHERE: Final = Ends(0, ("", ""), (0, 0))


class Parts:
    """Add all parts, then ask for the connection."""

    def __init__(self, first: Judged, detail: bool) -> None:
        trace = first.trace
        self._detail = detail
        self._stream = trace.stream
        self._first = self._last = Place(int(trace.frame[0]), int(trace.time[0]))
        self._opened = Opened()
        self._endings = Endings()
        self._needed_again: list[int] = []
        self._said: Payload | None = None
        self._position = first.position
        self._ends = NOWHERE
        self._both = False  #: both directions were captured
        self._sent = [0, 0]  #: by direction: the offset behind all that it sent
        self._acked = [0, 0]  #: by direction: how much of that was acknowledged
        self._spoke = [0, 0]  #: by direction: the latest frame with payload
        self._waits: list[Wait] = []
        self._samples: Int64 = np.empty((2, 0), np.int64)
        self._forgotten_waits = 0

    def add(self, judged: Judged) -> None:
        """The next part."""
        trace, last = judged.trace, judged.settled
        if self._opened.ack is None and int(trace.frame[0]) == self._first.frame:
            self._opened = opened(trace, judged.position)
        said = payload(trace, last)
        self._said = said if self._said is None else self._said.join(said)
        self._endings.add(trace, last)
        sides = extents(trace)
        for direction, side in enumerate(sides):
            self._sent[direction] = max(self._sent[direction], side.sent)
            self._acked[direction] = max(self._acked[direction], side.acked)
            self._spoke[direction] = max(self._spoke[direction], side.spoke)
        if last > trace.reported:
            self._last = Place(int(trace.frame[last - 1]), max(int(trace.time[last - 1]), self._last.time))
            self._both = self._both or (sides[0].packets > 0 and sides[1].packets > 0)
        self._position = nearer(self._position, judged.position)
        self._ends = judged.ends or self._ends
        if self._detail:
            self._add_detail(judged)

    def _add_detail(self, judged: Judged) -> None:
        found = waits_of(judged)
        if len(found) <= MOST_WAITS:
            self._waits += found
        else:
            self._waits += found.phases(np.sort(np.argsort(-found.durations, kind="stable")[:MOST_WAITS]))
            self._forgotten_waits += len(found) - MOST_WAITS
        if len(self._waits) > 2 * MOST_WAITS:
            self._thin_waits()
        if judged.senders:
            self._add_repeats(judged)
        trace = judged.trace
        samples = samples_of(judged, trace.client)
        more = np.array((trace.time[samples.ack], samples.far))
        if np.count_nonzero(samples.delayed):
            more = more[:, ~samples.delayed]
        self._samples = np.concatenate((self._samples, more), axis=1) if self._samples.shape[1] else more
        while self._samples.shape[1] > MOST_SAMPLES:
            self._samples = self._samples[:, ::2].copy()

    def _add_repeats(self, judged: Judged) -> None:
        trace = judged.trace
        needed = (judged.segments.need == NEEDED).nonzero()[0]
        needed = needed[(trace.direction[needed] == trace.client) & (trace.length[needed] > 0)]
        repeats = trace.time[needed].tolist()
        kept = repeats[: MOST_REPEATS - len(self._needed_again)]
        self._needed_again += kept
        self._forgotten_waits += len(repeats) - len(kept)

    def unseen(self, client: int) -> bool:
        """Whether the client has got data that was not captured."""
        return self._acked[1 - client] > self._sent[1 - client]

    def _thin_waits(self) -> None:
        longest = sorted(range(len(self._waits)), key=lambda at: -self._waits[at].duration_ns)[:MOST_WAITS]
        self._forgotten_waits += len(self._waits) - len(longest)
        self._waits = [self._waits[at] for at in sorted(longest)]

    def connection(self, talk: Talk, application: str | None, latest_ns: int | None) -> Connection:
        """All parts are there. `latest_ns`: the time that the capture has come to."""
        said, position, made = self._said, self._position, self._opened
        assert said is not None
        secured = talk.tls.end() if talk.tls is not None else None
        client, ends = self._client(talk)
        self._end(client)
        exchanges = self._exchanges(talk, secured, client, application)
        first = exchanges[0] if exchanges else None
        tls = talk.tls if secured is not None else None
        asked = first is not None or (tls is None and said.first(client) is not None)
        answered = _answered(tls, secured, first, said, client)
        stands = not self._both or _stands(tls, secured, first, said)
        end = self._last.time if latest_ns is None else latest_ns
        silent = (end if made.reset is None else made.reset.time) - made.syn_ns
        if len(self._waits) > MOST_WAITS:
            self._thin_waits()
        connection = Connection(
            self._stream, ends, client, self._first, self._last, made,
            outcome(made, secured, stands, asked, answered, silent, None if self._endings.fin else end - said.latest_ns),
            application, position, self._waits, exchanges, secured,
        )  # fmt: skip
        if tls is not None and secured is not None:
            begin = said.first(tls.client)
            earlier = [place for place in (begin, said.first(1 - tls.client)) if place is not None]
            if tls.begins_at > 0 and earlier and min(earlier).frame < secured.begin.frame:
                connection.before_tls = min(earlier)
            connection.proxy = talk.http is not None and any(one.method == TUNNEL for one in talk.http.found)
        if first is not None:
            until = first.request_first.frame
            if tls is not None and tls.tls13 and (done := tls.finished[tls.client]) is not None:
                until = min(until, done.first.frame)
            connection.round_trips = round_trips(made, first.request_first, until, said, client, position)
        connection.data_client, connection.data_server = (said.size(direction) for direction in (client, 1 - client))
        connection.fin = self._endings.fin
        connection.heard = self._acked[client] >= self._sent[client]
        connection.server_spoke = self._spoke[1 - client]
        connection.needed_again = sorted({*self._needed_again})
        connection.first_server = said.first(1 - client)
        connection.forgotten = 0 if talk.http is None else talk.http.forgotten
        connection.forgotten_waits = self._forgotten_waits
        if self._detail:
            order = np.argsort(self._samples[0], kind="stable")
            connection.rtt_time, connection.rtt_ns = self._samples[:, order]
        return connection

    def _client(self, talk: Talk) -> tuple[int, Ends]:
        """Direction of the client, and the ends. Without a SYN the content decides."""
        client = self._position.client
        if self._opened.syn is None and self._opened.synack is None:
            told = talk.tls.client if talk.tls is not None else talk.http.client if talk.http is not None else -1
            if told >= 0 and told != client:
                return told, self._ends.turned()
        return client, self._ends

    def _end(self, client: int) -> None:
        """What became of it at last."""
        made, endings = self._opened, self._endings
        made.reset = endings.reset
        if endings.reset is not None:
            made.reset_by = "client" if endings.reset_direction == client else "server"
            made.refused = made.syn is not None and made.synack is None and made.reset_by == "server" and self._unheard(client)

    def _unheard(self, client: int) -> bool:
        assert self._said is not None
        return self._said.first(1 - client) is None and self._opened.ack is None

    def _exchanges(self, talk: Talk, secured: Secured | None, client: int, application: str | None) -> list[Exchange]:
        assert self._said is not None
        if talk.tls is not None and secured is not None:
            found = exchange(talk.tls, secured, self._said, self._position)
        elif talk.http is not None and talk.http.found:
            return talk.http.found
        else:
            found = plain(self._said, client, self._position, application)
        return [] if found is None else [found]


def _answered(tls: Handshake | None, secured: Secured | None, first: Exchange | None, said: Payload, client: int) -> bool:
    """Whether the server sent any data of its application."""
    if tls is None or secured is None:
        return said.first(1 - client) is not None
    if first is not None:
        return first.response_first is not None
    done = secured.finished
    return done is not None and any(record.first.frame > done.frame for record in tls.records[1 - tls.client])


def _stands(tls: Handshake | None, secured: Secured | None, first: Exchange | None, said: Payload) -> bool:
    """Whether the TLS handshake came to its end, also where a gap hides that: then both sides went on behind the ServerHello."""
    if tls is None or secured is None:
        return True
    if secured.finished is not None or (first is not None and first.response_first is not None):
        return True
    hello = secured.server_hello
    if hello is None:
        return False
    return sum(turn.direction == tls.client and turn.frame > hello.frame for turn in said.turns()) >= TURNS_OF_DATA
