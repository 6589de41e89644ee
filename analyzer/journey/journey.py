"""What a connection says of journeys: one for each request that can be read, or one for all of it; each with its phases.

The first journey of a connection begins with its SYN, or sooner (journeys.py puts lookup and race in front); the others begin
with their request, whatever the connection did before. One of a connection without exchange lasts as long as its handshakes.

A request of HTTP that got nothing, and a handshake of TLS that did not come to its end, last until the end of the capture, if the
connection was open then: at least. The server was waited for if it had acknowledged all of the request; else nobody knows who. Of
other protocols nobody knows whether an answer was to come: they end with the latest packet.

A FIN of the client that comes with the end of its request is the end of the request alone: it can still read (RFC 9293 section
3.6). A later one says that it waits no longer.

An outcome is that of the request: complete (the whole answer came, or nothing was asked), incomplete, reset (before the answer
was complete); or else why the connection was of no use (outcome.py); mid_capture where an unreadable connection has no begin.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from analyzer.dissect.application.stream import Place
from analyzer.flow.columns import Row
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.waits import Wait
from analyzer.journey.connection import Connection, Exchange, Secured
from analyzer.journey.exchanges import TUNNEL
from analyzer.journey.looked_up import absolute, host_of, looked_up
from analyzer.journey.lookup import Lookup, Lookups
from analyzer.journey.outcome import ESTABLISHED, MID_CAPTURE, RESET, TLS_INCOMPLETE, UNDECIDED
from analyzer.journey.phase import BETWEEN, CONNECT, PROXY, RECEIVE, REQUEST, STARTTLS, TLS, WAIT, Phase, phases
from analyzer.journey.race import Attempt, attempt
from analyzer.journey.server_time import ServerTime, server_time
from analyzer.journey.who import LOSS_REPAIR, MOST_EVIDENCE, SERVER, Waited

COMPLETE: Final = "complete"
INCOMPLETE: Final = "incomplete"
LITERAL: Final = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]+)?", re.ASCII)  #: an IPv6 address in a URL
WEB_PORTS: Final = {"http": 80, "https": 443}  #: which URLs leave out

Ends = list[tuple[str, Place]]


@dataclass(slots=True, eq=False)
class Journey:
    """One, until it is known whether its connection took part in a race."""

    row: Row  #: what needs nothing of that
    phases: list[Phase]  #: from the SYN on, or from the request
    begin: Place
    first_byte: Place | None
    server: ServerTime | None
    opens: bool  #: the first of its connection, which began in the capture
    lookup: Lookup | None
    attempt: Attempt | None


def journeys(connection: Connection, lookups: Lookups) -> Iterator[Journey]:
    """Those of a connection, in order."""
    waited = Waited([*connection.waits, *_unanswered(connection)])
    lookup = looked_up(connection, lookups)
    tried = attempt(connection, lookup)
    exchanges: Sequence[Exchange | None] = connection.exchanges or (None,)
    for number, exchange in enumerate(exchanges, 1):
        first = number == 1
        yield _journey(connection, exchange, number, waited, lookup, tried if first else None)


def _journey(
    connection: Connection,
    exchange: Exchange | None,
    number: int,
    waited: Waited,
    lookup: Lookup | None,
    tried: Attempt | None,
) -> Journey:
    opened = connection.opened
    opens = number == 1 and opened.syn is not None
    begin = opened.syn if number == 1 and opened.syn is not None else exchange.request_first if exchange else connection.first
    outcome = _outcome(connection, exchange)
    stops = _stops(connection, exchange)
    ends: Ends = []
    if opens:
        ends += _handshakes(connection, exchange, stops)
    if exchange is not None:
        ends += _asked(exchange, stops)
    elif not ends:
        ends.append((WAIT, stops))
    found = phases(begin, ends, waited)
    server = 1 - connection.client
    later = connection.exchanges[number].request_first.time if number < len(connection.exchanges) else None
    arrives = _arrives_from(connection, found, later)
    _repaired(found, waited, arrives)
    if opens and opened.syn_count > 1 and opened.synack is None and opened.ack is None and not opened.refused:
        _never_answered(found[0])
    if opens:
        _count_round_trips(found, connection.round_trips)
    row = _row(connection, exchange, number, outcome) | {
        "round_trips": connection.round_trips if opens else None,
        "certificate_rounds": _rounds(found, waited, server, TLS),
        "slow_start_rounds": _rounds(found, waited, server, RECEIVE),
    }
    first_byte = None if exchange is None else exchange.response_first
    server_ns = _server(connection, found, waited, arrives, _pipelined(connection, number))
    return Journey(row, found, begin, first_byte, server_ns, opens, lookup, tried)


def _outcome(connection: Connection, exchange: Exchange | None) -> str:
    if exchange is None:
        other = {ESTABLISHED: COMPLETE, UNDECIDED: INCOMPLETE}
        return other.get(connection.outcome, connection.outcome)
    if connection.outcome == MID_CAPTURE and exchange.method is None:
        return MID_CAPTURE
    if exchange.complete and exchange.response_last is not None:
        return COMPLETE
    if connection.outcome not in (ESTABLISHED, UNDECIDED, MID_CAPTURE):
        return connection.outcome
    reset = connection.opened.reset
    return INCOMPLETE if reset is None or exchange is not connection.exchanges[-1] else RESET


def _stops(connection: Connection, exchange: Exchange | None) -> Place:
    """The end of a journey: of its answer, or where it failed, or where one side gave up (reset, FIN), or the end of all."""
    opened, secured = connection.opened, connection.secured
    if exchange is not None:
        last = exchange.response_last or exchange.request_last
        if exchange.response_last is not None and exchange.complete:
            return last
        half_closed = exchange.response_last is None and connection.fin is not None and connection.fin.frame == last.frame
        given_up = (opened.reset, None if half_closed else connection.fin)
        ends = [end for end in given_up if end is not None and end.time >= last.time]
        return min(ends, key=lambda end: end.time, default=_latest(connection, exchange))
    if opened.reset is not None and connection.outcome != ESTABLISHED:
        return opened.reset
    if secured is not None:
        return secured.alert_place or secured.finished or _latest(connection, None)
    if connection.outcome == ESTABLISHED and opened.ack is not None and not connection.data_server:
        return opened.ack
    return connection.last


def _owes(connection: Connection, exchange: Exchange | None) -> bool:
    """Whether the protocol owes an answer of which nothing came."""
    if exchange is None:
        return connection.secured is not None and connection.outcome in (TLS_INCOMPLETE, UNDECIDED)
    unanswered = exchange.response_first is None and connection.server_spoke < exchange.request_first.frame
    return unanswered and exchange.method is not None


def _latest(connection: Connection, exchange: Exchange | None) -> Place:
    """The latest moment of which it is known that no more had come."""
    last, until = connection.last, connection.until_ns
    return last if until is None or not _owes(connection, exchange) else Place(last.frame, max(last.time, until))


def _unanswered(connection: Connection) -> list[Wait]:
    """The time behind the latest packet, if the server owes an answer to what it acknowledged."""
    last = connection.last
    until = _latest(connection, connection.exchanges[-1] if connection.exchanges else None)
    if not connection.heard or until.time == last.time:
        return []
    return [Wait(Reason.UNANSWERED, last.time, until.time, connection.client, SERVER, last.frame, last.frame, (last.frame,))]


def _handshakes(connection: Connection, exchange: Exchange | None, stops: Place) -> Ends:
    """From the SYN to where the request may begin. What lasts longer is cut there."""
    opened, secured = connection.opened, connection.secured
    limit = stops if exchange is None else exchange.request_first
    said = connection.before_tls or (secured and secured.begin) or (exchange and exchange.request_first)
    connected = opened.ack or said or stops
    ends: Ends = [(CONNECT, connected)]
    if secured is not None:
        if connection.before_tls is not None:
            begins = connected if connection.before_tls == connection.first_server else connection.before_tls
            ends += [(BETWEEN, begins), (PROXY if connection.proxy else STARTTLS, secured.begin)]
        else:
            ends.append((BETWEEN, secured.begin))
        ends.append((TLS, _secured(secured, stops)))
    elif exchange is None and stops.time > connected.time:
        ends.append((BETWEEN, stops))
    return [(name, limit if place.time > limit.time else place) for name, place in ends]


def _secured(secured: Secured, stops: Place) -> Place:
    """Where the TLS handshake ended."""
    return secured.alert_place or secured.finished or stops


def _asked(exchange: Exchange, stops: Place) -> Ends:
    """From the begin of the request to the end of the answer."""
    first = exchange.response_first
    request_last = exchange.request_last
    if first is not None and first.time < request_last.time:
        request_last = first
    if stops.time < request_last.time:
        request_last = stops
    ends: Ends = [(BETWEEN, exchange.request_first), (REQUEST, request_last)]
    if first is None:
        return [*ends, (WAIT, stops)]
    return [*ends, (WAIT, first), (RECEIVE, stops)]


def _rounds(found: Sequence[Phase], waited: Waited, server: int, name: str) -> int | None:
    """Further congestion windows that the server's data of a phase took; None: there is no such phase."""
    return next((waited.rounds(phase.start_ns, phase.end_ns, server) for phase in found if phase.name == name), None)


def _count_round_trips(found: Sequence[Phase], all_of_them: int | None) -> None:
    """One for the handshake of TCP; the others are those of TLS, unless there was a talk before that."""
    by_name = {phase.name: phase for phase in found}
    if all_of_them is None or CONNECT not in by_name:
        return
    connect = by_name[CONNECT].round_trips = min(1, all_of_them)
    if TLS in by_name and not {PROXY, STARTTLS} & set(by_name):
        by_name[TLS].round_trips = all_of_them - connect


def _frame(place: Place | None) -> int | None:
    return None if place is None else place.frame


def _pipelined(connection: Connection, number: int) -> bool:
    """Whether the request was sent before the answer to the one before it was there."""
    if number < 2 or number > len(connection.exchanges):
        return False
    before, asked = connection.exchanges[number - 2], connection.exchanges[number - 1]
    return before.response_last is None or before.response_last.time > asked.request_first.time


def _server(
    connection: Connection, found: Sequence[Phase], waited: Waited, arrives: int | None, pipelined: bool
) -> ServerTime | None:
    """The server's own time, if there was an answer whose begin is known.

    Behind the copy of the request that arrived only repairs of the answer cost time: what waited for that copy is on its way.
    """
    if not found or found[-1].name != RECEIVE:
        return None
    wait = next(phase for phase in found if phase.name == WAIT)
    start = wait.start_ns if arrives is None else arrives
    server = 1 - connection.client
    sides = (0, 1) if arrives is None else (server,)
    everything = waited.repaired(start, wait.end_ns, sides, None)
    of_server = waited.repaired(start, wait.end_ns, (server,), None)
    if pipelined or of_server < everything:
        return server_time(connection, start, wait.end_ns, everything)
    return server_time(connection, start, wait.end_ns, waited.repaired(start, wait.end_ns, sides, server))


def _arrives_from(connection: Connection, found: Sequence[Phase], later: int | None) -> int | None:
    """When the copy of a lost request was sent that reached the server, which cannot answer what it lacks; None: none was.

    What is repeated behind the begin of a `later` request may be of that.
    """
    wait = next((phase for phase in found if phase.name == WAIT), None)
    if wait is None:
        return None
    again = connection.needed_again
    latest = bisect_left(again, wait.end_ns if later is None else min(wait.end_ns, later)) - 1
    return again[latest] if latest >= 0 and again[latest] > wait.start_ns else None


def _repaired(found: Sequence[Phase], waited: Waited, arrives: int | None) -> None:
    """Until the request was sent again that was lost, nobody else was waited for."""
    for phase in found:
        if phase.name == WAIT and arrives is not None:
            phase.waited, frames = waited.between(arrives, phase.end_ns)
            phase.waited[LOSS_REPAIR] = phase.waited.get(LOSS_REPAIR, 0) + arrives - phase.start_ns
            phase.frames = sorted({*phase.frames, *frames})[:MOST_EVIDENCE]


def _never_answered(connect: Phase) -> None:
    """Behind the last SYN, too, a timer ran because none had arrived, as far as anybody can know, until the client gave up."""
    connect.waited = {LOSS_REPAIR: connect.duration_ns}


def _encoded(authority: str) -> str:
    """What a client says is its server, as it may stand in a URL (RFC 3986 section 3.2): it may say anything."""
    if LITERAL.fullmatch(authority):
        return authority
    host, colon, port = authority.rpartition(":")
    if not colon or not port.isdecimal():
        host, colon, port = authority, "", ""
    return quote(host.encode("utf-8", "surrogatepass"), "") + colon + port


def url(connection: Connection, exchange: Exchange | None) -> str | None:
    """What was asked for; of an encrypted connection the server alone."""
    secured, port = connection.secured, connection.ends.ports[1]
    scheme = "https" if secured is not None else "http"
    shown = "" if port == WEB_PORTS[scheme] or connection.proxy else f":{port}"
    if secured is not None:
        return f"{scheme}://{_encoded(secured.sni)}{shown}/" if secured.sni else None
    if exchange is None or exchange.target is None or exchange.method == TUNNEL:
        return None
    if absolute(exchange.target):
        return exchange.target
    address = connection.ends.addresses[1]
    host = _encoded(exchange.host) if exchange.host else f"[{address}]{shown}" if ":" in address else f"{address}{shown}"
    return f"{scheme}://{host}{exchange.target if exchange.target.startswith('/') else '/'}"


def _row(connection: Connection, exchange: Exchange | None, number: int, outcome: str) -> Row:
    """What is known without its phases."""
    opened, secured, ends = connection.opened, connection.secured, connection.ends
    readable = exchange is not None and exchange.method is not None
    said = exchange or Exchange(connection.first, connection.first, certain=False)
    return {
        "kind": "request" if readable else "connection",
        "stream": connection.stream,
        "transport": "tcp",
        "client": ends.addresses[0],
        "client_port": ends.ports[0],
        "server": ends.addresses[1],
        "server_port": ends.ports[1],
        "application": connection.application,
        "encrypted": secured is not None,
        "method": said.method,
        "host": (said.host and host_of(said.host)) or (secured and secured.sni) or None,
        "target": said.target,
        "url": url(connection, exchange),
        "status": said.status,
        "reason": said.reason,
        "http_version": said.http_version,
        "content_type": said.content_type,
        "redirect": said.redirect,
        "outcome": outcome,
        "reused": number > 1 or connection.again,
        "exchange": None if exchange is None else number,
        "turns": None if exchange is None else exchange.turns,
        "first_byte_certain": exchange is not None and exchange.response_first is not None and exchange.certain,
        "syn_count": opened.syn_count,
        "synack_count": opened.synack_count,
        "hello_retry_request": secured and secured.hello_retry is not None,
        "resumed": secured and secured.resumed,
        "tls_version": secured and secured.version,
        "sni": secured and secured.sni,
        "alpn": secured and (secured.alpn or (secured.offered_alpn[0] if len(secured.offered_alpn) == 1 else None)),
        "request_frame": exchange and exchange.request_last.frame,
        "first_byte_frame": exchange and (_frame(exchange.response_first) if exchange.certain else None),
        "first_byte_likely_frame": exchange and _frame(exchange.response_first),
        "response_frame": _frame(exchange.response_last) if exchange is not None and exchange.complete else None,
        "request_bytes": exchange and exchange.request_bytes,
        "response_bytes": exchange and exchange.response_bytes,
        "request_head_bytes": said.request_head_bytes or None,
        "response_head_bytes": said.response_head_bytes or None,
        "request_headers": said.request_headers,
        "response_headers": said.response_headers,
    }
