"""The TLS handshake of a connection, gathered from its messages while these come (RFC 8446 section 2, RFC 5246 section 7.3).

It lasts from the frame with the first byte of the first ClientHello to the later side's Finished. Before TLS 1.3 both Finished
are visible: in a full handshake the server's is the later one, in a resumed one the client's. In TLS 1.3 only the client's can be
told: its first encrypted record, where that has the length of a Finished; with a client certificate, the first such record of the
flight that begins there; where none has that length, since several messages share a record, the first record. With early data
the Finished is the first record of that length behind the ServerHello.

A client's first encrypted record that is as short as an alert is one: it did not like what it got. So is a server's, if it has
asked for a certificate and says nothing else behind the client's Finished. What these alerts say is hidden.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from analyzer.dissect.application.stream import Message, Place
from analyzer.dissect.application.tls.following import Record
from analyzer.dissect.application.tls.message import Alert, Certificate, ClientHello, Finished, ServerHello, TlsMessage
from analyzer.dissect.application.tls.names import is_1_3
from analyzer.dissect.application.tls.record import APPLICATION_DATA
from analyzer.journey.connection import Secured
from analyzer.journey.record_lengths import Ciphertext, Lengths

MOST_RECORDS: Final = 64  #: of a direction, the first ones: the Finished, the tickets and the first request are among them
LAST_RECORDS: Final = 3  #: and the last ones: the answer may be followed by alerts
MOST_OF_FLIGHT: Final = 12  #: records of the client's last flight, where it has a certificate chain
FATAL: Final = 2
NO_FAILURE: Final = frozenset((0, 90))  #: close_notify, user_canceled: in TLS 1.3 all others are fatal, whatever the level says
PSK_MODES: Final = 45  #: the extension psk_key_exchange_modes, without which a server sends no tickets (RFC 8446 section 4.2.9)
HIDDEN: Final = -1  #: description of an alert that is encrypted


class Handshake:
    """Hand it the messages of one connection."""

    def __init__(self) -> None:
        self.client = -1  #: direction
        self.begins_at = 0  #: offset of the ClientHello in its stream
        self.behind_hello = 0  #: offset behind it
        self.tickets = False  #: the client could use session tickets of TLS 1.3
        self.tls13 = False
        self.records: tuple[list[Ciphertext], list[Ciphertext]] = ([], [])  #: by direction: the first ones
        self.latest: tuple[deque[Ciphertext], ...] = (deque(maxlen=LAST_RECORDS), deque(maxlen=LAST_RECORDS))
        self.passed: list[Place | None] = [None, None]  #: by direction: the latest frame that completed one of those between
        self.finished: list[Ciphertext | None] = [None, None]
        self._secured: Secured | None = None
        self._first_hello: ClientHello | None = None

    def add(self, message: Message) -> None:
        """A TLS message, or an encrypted record."""
        first, last = message.first, message.last
        if first is None or last is None:
            return
        if isinstance(message, Record):
            self._record(Ciphertext(message.start, message.end, message.type, first, last), message)
        elif isinstance(message, ClientHello):
            self._client_hello(message, first, last)
        elif self._secured is None:
            self._without_hello(message, first)
        if self._secured is None or isinstance(message, Record):
            return
        if isinstance(message, ServerHello):
            self._server_hello(message, last)
        elif isinstance(message, Finished):
            if self.finished[message.direction] is None:
                self.finished[message.direction] = Ciphertext(message.start, message.end, APPLICATION_DATA, first, last)
        elif isinstance(message, Certificate):
            if message.direction == self.client and message.chain:
                self._secured.client_certificate = True
        elif isinstance(message, Alert):
            self._alert(message, last)

    def _client_hello(self, hello: ClientHello, first: Place, last: Place) -> None:
        if self._secured is not None:
            return
        self.client = hello.direction
        self.begins_at, self.behind_hello = hello.start, hello.end
        self.tickets = PSK_MODES in hello.extensions
        made = self._secured = Secured(first)
        made.client_hello = last if hello.complete else None
        made.sni = hello.sni
        made.offered_alpn = hello.alpn or ()
        made.early_data = hello.early_data

    def _without_hello(self, message: Message, first: Place) -> None:
        """The capture lacks the ClientHello."""
        if isinstance(message, TlsMessage) and message.client >= 0 and not isinstance(message, Alert):
            self.client = message.client
            self._secured = Secured(first)

    def _server_hello(self, hello: ServerHello, last: Place) -> None:
        made = self._secured
        assert made is not None
        if made.server_hello is not None or not hello.complete:
            return
        if hello.version is not None:
            made.version = hello.version
            self.tls13 = is_1_3(hello.version)
        made.cipher_suite = hello.cipher_suite
        if hello.hello_retry_request:
            made.hello_retry = made.hello_retry or last
            return
        made.server_hello = last
        made.alpn = hello.alpn
        made.resumed = hello.resumed

    def _alert(self, alert: Alert, last: Place) -> None:
        made = self._secured
        assert made is not None
        fatal = alert.level == FATAL or (self.tls13 and alert.description not in NO_FAILURE)
        if fatal and made.alert is None and not all(self.finished):
            made.alert = ("client" if alert.direction == self.client else "server", alert.description)
            made.alert_place = last

    def _record(self, record: Ciphertext, message: Record) -> None:
        if not message.complete and message.missing == 0:
            return  # the capture ends in it, or the connection
        direction = message.direction
        latest = self.latest[direction]
        if len(latest) == LAST_RECORDS:
            before = self.passed[direction]
            self.passed[direction] = latest[0].last if before is None else max(before, latest[0].last)
        if len(self.records[direction]) < MOST_RECORDS:
            self.records[direction].append(record)
        latest.append(record)

    def end(self) -> Secured | None:
        """All messages have come."""
        made = self._secured
        if made is None:
            return None
        if self.tls13:
            self._end_of_1_3(made)
        else:
            self._end_before_1_3(made)
        return made

    def _end_before_1_3(self, made: Secured) -> None:
        one, other = self.finished[self.client], self.finished[1 - self.client]
        if one is None or other is None:
            return
        server_last = (other.last.time, other.last.frame) >= (one.last.time, one.last.frame)
        if made.resumed is not None:
            server_last = not made.resumed
        made.finished = other.last if server_last else one.last

    def _end_of_1_3(self, made: Secured) -> None:
        lengths = Lengths(made.cipher_suite)
        first = self.finished[self.client]
        following = self.records[self.client]
        if made.server_hello is None:
            return
        if first is None:
            found = self._finished_behind_early_data(made.server_hello, lengths)
        elif first.length == lengths.alert:
            self.finished[self.client] = None
            if made.alert is None:
                made.alert, made.alert_place = ("client", HIDDEN), first.last
            return
        elif first.length == lengths.finished:
            found = first
        else:
            flight = [record for record in following[:MOST_OF_FLIGHT] if record.length == lengths.finished]
            found = flight[0] if flight else first
            made.client_certificate = first.length != lengths.empty_certificate
        self.finished[self.client] = found
        if found is None:
            return
        made.finished = found.last
        if first is not None and first.length != lengths.finished:
            self._certificate_refused(made, found, lengths)

    def _certificate_refused(self, made: Secured, done: Ciphertext, lengths: Lengths) -> None:
        """The server asked for a certificate, and sent only an alert then, not even a ticket: it did not like what it got."""
        answers = [record for record in self.records[1 - self.client] if record.first.frame > done.first.frame]
        if answers and made.alert is None and all(record.length == lengths.alert for record in answers):
            made.alert, made.alert_place = ("server", HIDDEN), answers[0].last

    def _finished_behind_early_data(self, server_hello: Place, lengths: Lengths) -> Ciphertext | None:
        for record in self.records[self.client]:
            if record.length == lengths.finished and record.last.time >= server_hello.time:
                return record
        return None
