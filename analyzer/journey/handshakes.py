"""Rows of handshakes: one per TCP connection, with what it took until the first byte of the first answer.

HANDSHAKE says what the keys mean, in the order in which every format has them. Rows come in the order of streams, but for those
of connections that had to be judged early for want of room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from analyzer.batch import Batch, Column
from analyzer.dissect.application.stream import Place
from analyzer.dissect.application.tls.names import cipher_suite_name, is_1_3, version_name
from analyzer.flow.columns import Row
from analyzer.flow.meaning import EPOCH, Key, boolean, frame, integer, listing, text, time
from analyzer.journey.connection import Connection, Exchange, Secured
from analyzer.journey.gather import GatheredRows, ReadsMessages
from analyzer.journey.looked_up import looked_up
from analyzer.journey.lookup import Lookup, Lookups
from analyzer.journey.outcome import UNDECIDED

MOST_WAITING: Final = 200_000  #: rows that wait in memory to be put in order; more come in several runs

HANDSHAKE: Final[dict[str, Key]] = {
    "stream": integer("number of the conversation, as in tcp.stream"),
    "transport": text("tcp"),
    "client": text("address of the client"),
    "client_port": integer("its port"),
    "server": text("address of the server"),
    "server_port": integer("its port"),
    "start_ns": time(f"time of the first frame, {EPOCH}"),
    "outcome": text(
        "established; refused: RST for the SYN; timeout: the handshake was never answered; reset: RST before it was of any use; "
        "tls_alert: a fatal alert ended the TLS handshake; tls_incomplete: that had no end; mid_capture: no SYN was captured; "
        "null: the capture ends before anything can be said"
    ),
    "sni": text("server name in the ClientHello; null: no TLS, or none"),
    "alpn": text("protocol that the server chose; in TLS 1.3, where that is encrypted, the only one offered, else null"),
    "alpn_offered": listing("protocols that the client offered; null: no TLS"),
    "dns_name": text("the name that the client looked up, and then connected to; null: not captured"),
    "dns_ns": time("from the first query for it to the answer that gave the server's address"),
    "dns_frame": frame("the frame of that answer"),
    "dns_cached": boolean("the client did not wait for it: an earlier connection had used it, or it was looked up ahead of need"),
    "dns_server": text("address of the name server that was asked first"),
    "syn_frame": frame("the first SYN; null: not captured"),
    "synack_frame": frame("the first SYN/ACK; null: none"),
    "ack_frame": frame("the ACK that completes the handshake; null: none"),
    "syn_count": integer("SYNs that the client sent; copies that only the capture made do not count"),
    "synack_count": integer("the same of SYN/ACKs"),
    "connect_ns": time("from the first SYN to the ACK that completes the handshake"),
    "initial_rtt_ns": time("tcp.analysis.initial_rtt; null: not captured"),
    "server_side_rtt_ns": time("from the SYN that was answered to the SYN/ACK: from the capture point to the server and back"),
    "client_side_rtt_ns": time("from the SYN/ACK that was answered to the ACK: from the capture point to the client and back"),
    "tls_version": integer("version of TLS that was negotiated; null: no ServerHello was captured"),
    "tls_version_name": text("its name"),
    "cipher_suite": integer("cipher suite that was negotiated"),
    "cipher_suite_name": text("its name"),
    "client_hello_frame": frame("the frame that completes the first ClientHello"),
    "server_hello_frame": frame("the frame that completes the ServerHello, a HelloRetryRequest aside"),
    "finished_frame": frame("the frame that completes the later side's Finished, in TLS 1.3 the client's; null: none"),
    "tls_ns": time("from the first byte of the first ClientHello to there"),
    "resumed": boolean("an earlier session goes on; null: no TLS, or not known"),
    "hello_retry_request": boolean("the server asked for another ClientHello; null: no TLS"),
    "early_data": boolean("the client sent data before the server answered (0-RTT); null: no TLS"),
    "client_certificate": boolean("the client sent a certificate; null: no TLS"),
    "alert": integer("description of the fatal alert that ended the TLS handshake; -1: it is encrypted; null: none"),
    "alert_by": text("client or server: who sent it"),
    "round_trips": integer("times that the client had to wait for the server before it could send its request; null: no request"),
    "first_request_ns": time("from the first SYN to the first byte of the first request; null: none, or no SYN"),
    "first_byte_ns": time(
        "from the first SYN to the first byte of its answer, or of the greeting of a server that speaks first in the clear; "
        "null: none, no SYN, or it cannot be told"
    ),
    "first_byte_likely_ns": time("the same, also where it is only likely that it is the first byte; null: none, or no SYN"),
    "first_byte_certain": boolean("nothing hides which byte that is; null: none of an answer in the clear, or no request"),
    "first_request_frame": frame("the frame with the first byte of the first request"),
    "first_byte_frame": frame("the frame with the first byte of its answer; null: none, or it cannot be told"),
    "first_byte_likely_frame": frame("the same, also where that is only likely"),
    "reset_by": text("client or server: who sent the first RST before both FINs; null: none"),
    "reset_frame": frame("the frame of that"),
    "capture_point": text("client or server: captured at its machine; middle: between them; null: not known"),
}
HANDSHAKE_KEYS: Final = tuple(HANDSHAKE)


class HandshakeRows:
    """Make the pipeline with `verdicts` and `wanted`, then read it once."""

    wanted: Final = GatheredRows.wanted

    def __init__(self) -> None:
        self._lookups = Lookups()
        self._rows: GatheredRows[Row] = GatheredRows(self._row, detail=False)
        self._rows.gather.dns.append(self._lookups.message)
        self.verdicts = self._rows.verdicts

    @property
    def forgotten(self) -> dict[str, int]:
        """What there was no room for: key of cli.journeys.FORGOTTEN -> how many."""
        found = {"messages": self._rows.gather.forgotten, "lookups": self._lookups.forgotten}
        return {what: times for what, times in found.items() if times}

    def read(self, pipeline: ReadsMessages, batches: Iterable[tuple[Batch, Column | None]]) -> Iterator[Row]:
        """The rows in the order of streams, of batches with masks of what is selected: of connections that have such a frame."""
        waiting: list[Row] = []
        for row in self._rows.read(pipeline, batches):
            waiting.append(row)
            if len(waiting) == MOST_WAITING:
                yield from sorted(waiting, key=_stream)
                waiting.clear()
        yield from sorted(waiting, key=_stream)

    def _row(self, connection: Connection) -> Iterable[Row]:
        if connection.again:
            return ()
        return (handshake_row(connection, looked_up(connection, self._lookups)),)


def _stream(row: Row) -> int:
    return int(row["stream"])


def handshake_row(connection: Connection, lookup: Lookup | None) -> Row:
    """The row of a connection."""
    made, secured, ends = connection.opened, connection.secured, connection.ends
    first = connection.exchanges[0] if connection.exchanges else None
    answer, certain = first_byte(connection, first)
    row: Row = {
        "stream": connection.stream,
        "transport": "tcp",
        "client": ends.addresses[0],
        "client_port": ends.ports[0],
        "server": ends.addresses[1],
        "server_port": ends.ports[1],
        "start_ns": connection.first.time,
        "outcome": None if connection.outcome == UNDECIDED else connection.outcome,
        "sni": None if secured is None else secured.sni,
        "alpn": None if secured is None else chosen_alpn(secured),
        "alpn_offered": None if secured is None else list(secured.offered_alpn),
        "dns_name": None if lookup is None else lookup.name,
        "dns_ns": None,
        "dns_frame": None if lookup is None else lookup.answer_frame,
        "dns_cached": None if lookup is None else lookup.cached,
        "dns_server": None if lookup is None else lookup.server,
        "syn_frame": _frame(made.syn),
        "synack_frame": _frame(made.synack),
        "ack_frame": _frame(made.ack),
        "syn_count": made.syn_count,
        "synack_count": made.synack_count,
        "connect_ns": made.connect_ns,
        "initial_rtt_ns": made.initial_rtt_ns,
        "server_side_rtt_ns": made.server_side_rtt_ns,
        "client_side_rtt_ns": made.client_side_rtt_ns,
        **_tls(secured),
        "round_trips": connection.round_trips,
        "first_request_ns": _since(made.syn, None if first is None else first.request_first),
        "first_byte_ns": _since(made.syn, answer if certain else None),
        "first_byte_likely_ns": _since(made.syn, answer),
        "first_byte_certain": certain if answer is not None else None if first is None or secured is None else False,
        "first_request_frame": _frame(None if first is None else first.request_first),
        "first_byte_frame": _frame(answer if certain else None),
        "first_byte_likely_frame": _frame(answer),
        "reset_by": made.reset_by,
        "reset_frame": _frame(made.reset),
        "capture_point": connection.position.place,
    }
    if lookup is not None and lookup.query_ns is not None and lookup.answer_ns is not None:
        row["dns_ns"] = lookup.answer_ns - lookup.query_ns
    return row


def first_byte(connection: Connection, first: Exchange | None) -> tuple[Place | None, bool]:
    """Where the first answer begins, and whether that is certain; a server that greets in the clear has answered by that."""
    greeting = connection.first_server
    if connection.secured is None and greeting is not None and (first is None or greeting.frame < first.request_first.frame):
        return greeting, True
    return (None, False) if first is None else (first.response_first, first.certain)


def chosen_alpn(secured: Secured) -> str | None:
    """The protocol chosen, as far as it can be known."""
    if secured.alpn is not None or secured.server_hello is None:
        return secured.alpn
    hidden = secured.version is not None and is_1_3(secured.version)
    return secured.offered_alpn[0] if hidden and len(secured.offered_alpn) == 1 else None


def _tls(secured: Secured | None) -> Row:
    if secured is None:
        return dict.fromkeys(TLS_KEYS)
    version, suite, alert = secured.version, secured.cipher_suite, secured.alert
    return {
        "tls_version": version,
        "tls_version_name": None if version is None else version_name(version),
        "cipher_suite": suite,
        "cipher_suite_name": None if suite is None else cipher_suite_name(suite),
        "client_hello_frame": _frame(secured.client_hello),
        "server_hello_frame": _frame(secured.server_hello),
        "finished_frame": _frame(secured.finished),
        "tls_ns": _since(secured.begin if secured.client_hello is not None else None, secured.finished),
        "resumed": secured.resumed,
        "hello_retry_request": secured.hello_retry is not None,
        "early_data": secured.early_data,
        "client_certificate": secured.client_certificate,
        "alert": None if alert is None else alert[1],
        "alert_by": None if alert is None else alert[0],
    }


def _frame(place: Place | None) -> int | None:
    return None if place is None else place.frame


def _since(begin: Place | None, end: Place | None) -> int | None:
    return None if begin is None or end is None else end.time - begin.time


TLS_KEYS: Final = tuple(_tls(Secured(Place(0, 0))))
