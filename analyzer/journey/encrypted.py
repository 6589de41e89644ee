"""What was asked and answered on an encrypted connection, as far as the lengths and times of its records tell without keys.

A record of type 23 carries data of the application; in TLS 1.3 also messages of the handshake, tickets and alerts (RFC 8446
section 5.1), which have to be told from data. An alert is known by its length. The request begins with the client's first record
behind its Finished; with early data, behind its ClientHello.

The answer begins with a record of the server that can answer the request: one in a segment that acknowledges the request, since
the server had it by then. Where a segment acknowledges nothing at all, one that passes the capture point P no sooner than the
request plus the shortest way P -> server -> P; with losses that may not have been measured, so that acknowledgments tell more.
Others (tickets, SETTINGS of HTTP/2, greetings) answer nothing. Of those that can:

    version  what they are                                              the answer begins with    certain
    1.2      data                                                       the first                 yes
    1.3      data: the request came so long after the Finished that     the first                 yes
             all that this alone brings about had passed by then
    1.3      data: the server had sent tickets behind its own Finished  the first                 unless HTTP/2 was offered
    1.3      the request rode with the Finished: session tickets,       the first behind these    if they are several, or came
             records of nearly one length in one burst                                            before in part
    1.3      the same, and nothing behind what may be tickets           the first                 no
    1.3      early data: messages of the handshake may still come       the first behind one as   no
                                                                        long as a Finished
    any      HTTP/2 was offered: SETTINGS, its acknowledgment and       the first that is none    if HTTP/2 was spoken for sure,
             WINDOW_UPDATE by their lengths (RFC 9113 section 6)        of these                  and none can be as long

The answer ends with the server's last record that is no alert. None begins where the server sent nothing that can be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile
from typing import Final

from analyzer.dissect.application.stream import Place
from analyzer.dissect.application.tls.record import APPLICATION_DATA
from analyzer.flow.tcp.ledger.opening import ARRIVED
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import NO_ACK
from analyzer.journey.connection import Exchange, Secured
from analyzer.journey.payload import Payload
from analyzer.journey.record_lengths import (
    FRAME,
    LARGEST_CONTROL,
    MOST_CONTROL,
    MOST_TICKETS,
    Ciphertext,
    Lengths,
    added,
    is_control,
    may_be_ticket,
    tickets,
)
from analyzer.journey.secured import Handshake

APART_NS: Final = 2_000_000  #: records further apart are two bursts; and a request so long behind the Finished rides alone
APART_SHARE: Final = 0.5  #: the same as a share of the way to the server and back
HTTP2: Final = "h2"


def exchange(handshake: Handshake, secured: Secured, said: Payload, position: Position) -> Exchange | None:
    """The talk of the connection as one exchange; None: the client asked nothing that can be seen."""
    lengths = Lengths(secured.cipher_suite) if handshake.tls13 else None
    asked = _requests(handshake, lengths)
    early = secured.early_data and handshake.behind_hello > 0
    first = _early(handshake, said) if early else None
    if first is None:
        if not asked:
            return None
        first, begin = asked[0].first, asked[0].start
    else:
        begin = handshake.behind_hello
    server = 1 - handshake.client
    far = position.far[handshake.client] or 0
    earliest = first.time + int(ARRIVED * far)
    sent = [record for record in handshake.records[server] if _is_data(record, lengths)]
    able = list(dropwhile(lambda record: not _may_answer(record, first, earliest, begin, said), sent))
    early = early and secured.resumed is not False
    answer, certain = _answer(able, sent[: len(sent) - len(able)], handshake, secured, lengths, first, far, early)
    made = Exchange(first, first, certain=certain)
    _complete(made, handshake, said, answer, begin, lengths)
    return made


def _may_answer(record: Ciphertext, request: Place, earliest: int, begin: int, said: Payload) -> bool:
    """Whether the server can have had the request, of which `begin` is the first offset, when it sent this."""
    if record.first.frame < request.frame:
        return False
    had = said.had(record.first.frame)
    return record.first.time >= earliest if had == NO_ACK else had > begin


def _is_data(record: Ciphertext, lengths: Lengths | None) -> bool:
    return record.type == APPLICATION_DATA and (lengths is None or record.length != lengths.alert)


def _requests(handshake: Handshake, lengths: Lengths | None) -> list[Ciphertext]:
    """The client's records that are no part of the handshake."""
    done = handshake.finished[handshake.client]
    if done is None:
        return []
    return [record for record in handshake.records[handshake.client] if record.start >= done.end and _is_data(record, lengths)]


def _early(handshake: Handshake, said: Payload) -> Place | None:
    """The frame with the first byte behind the ClientHello, if it passed before the ServerHello."""
    row = said.row_of(handshake.client, handshake.behind_hello)
    return said.place(row) if row >= 0 else None


def _answer(
    able: Sequence[Ciphertext],
    before: Sequence[Ciphertext],
    handshake: Handshake,
    secured: Secured,
    lengths: Lengths | None,
    request: Place,
    far: int,
    early: bool,
) -> tuple[Ciphertext | None, bool]:
    """The record that the answer begins with, and whether that is certain. `before`: those that answer nothing."""
    if not able:
        return None, False
    certain = True
    rest = list(able)
    if lengths is not None and early:
        certain = False
        finished = [i for i, record in enumerate(rest[:MOST_TICKETS]) if record.length == lengths.finished]
        rest = rest[finished[0] + 1 :] if finished else rest
    elif lengths is not None and handshake.tickets and secured.finished is not None:
        apart = max(APART_NS, int(APART_SHARE * far))
        if _tickets_before(handshake, secured, lengths, far):
            certain = HTTP2 not in secured.offered_alpn
        elif request.time - secured.finished.time < apart:
            told = [record for record in before if record.first.frame > secured.finished.frame]
            count = max(0, tickets([*told[-1:], *rest], apart, secured.client_certificate) - len(told[-1:]))
            certain = (count > 1 or len(told) > 0) and len(rest) > count
            rest = rest[count:] if len(rest) > count else rest
    if rest and (secured.alpn == HTTP2 or (secured.alpn is None and HTTP2 in secured.offered_alpn)):
        more = added(secured.cipher_suite) if lengths is None else lengths.added
        if more is None:
            return rest[0], False
        count = 0
        while count < min(MOST_CONTROL, len(rest) - 1) and is_control(rest[count].length - more):
            count += 1
        rest = rest[count:]
        certain &= rest[0].length - more > LARGEST_CONTROL and (secured.alpn == HTTP2 or _speaks_http2(handshake, more))
    return (rest[0], certain) if rest else (None, False)


def _speaks_http2(handshake: Handshake, more: int) -> bool:
    """Whether both sides sent what can only be the acknowledgment of SETTINGS."""
    return all(any(record.length - more == FRAME for record in records) for records in handshake.records)


def _tickets_before(handshake: Handshake, secured: Secured, lengths: Lengths, far: int) -> bool:
    """Whether the server sent its tickets behind its own Finished, without waiting for the client's."""
    done = handshake.finished[handshake.client]
    records = handshake.records[1 - handshake.client]
    own = next((at for at, record in enumerate(records) if record.length == lengths.finished), len(records))
    if done is None or own + 1 >= len(records):
        return False
    behind = records[own + 1]
    return may_be_ticket(behind, secured.client_certificate) and behind.first.time < done.first.time + int(ARRIVED * far)


def _complete(
    made: Exchange, handshake: Handshake, said: Payload, answer: Ciphertext | None, begin: int, lengths: Lengths | None
) -> None:
    """Ends, sizes and turns."""
    client = handshake.client
    own = [record for record in (*handshake.records[client], *handshake.latest[client]) if _is_data(record, lengths)]
    own = [record for record in own if record.start >= begin]
    if own:
        made.request_bytes = max(record.end for record in own) - begin
    if answer is None:
        made.complete = False
        made.request_last = own[-1].last if own else made.request_first
        return
    made.response_first = answer.first
    before = [record.last for record in own if record.last.frame < answer.first.frame]
    rows = said.behind(made.request_first.frame - 1, client)
    rows = rows[said.frame[rows] < answer.first.frame]
    made.request_last = before[-1] if before else made.request_first
    if len(rows) and int(said.frame[rows[-1]]) > made.request_last.frame:
        made.request_last = said.place(int(rows[-1]))
    data = [record for record in (*handshake.records[1 - client], *handshake.latest[1 - client]) if _is_data(record, lengths)]
    last = max(data, key=lambda record: record.end)
    behind = [record.last for record in data if record.start >= answer.start]
    made.response_last = max(handshake.passed[1 - client] or answer.last, *behind)  # a hole may have been filled last
    made.response_bytes = max(last.end - answer.start, answer.end - answer.start)
    made.turns = 1 + sum(turn.direction == client and turn.frame > made.request_first.frame for turn in said.turns())
