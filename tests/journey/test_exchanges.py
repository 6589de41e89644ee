"""Requests and answers in the clear, and how often a client had to wait before it could ask."""

from __future__ import annotations

from typing import Any

from analyzer.dissect.application.http1.message import Request, Response
from analyzer.dissect.application.stream import NEVER, Place
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.trace import NO_ACK
from analyzer.journey.connection import Connection, Exchange
from analyzer.journey.exchanges import HttpExchanges, plain
from analyzer.journey.payload import Said, payload
from tests.flow.tcp.ledger.making import trace
from tests.journey.spoken import MS, Spoken, finished, hello, raw, record, server_hello


def one(connection: Connection) -> Exchange:
    (found,) = connection.exchanges
    return found


def asked(spoken: Spoken) -> tuple[int, int | None, int]:
    """Frame of the request, frame of the answer, turns."""
    found = one(spoken.connection())
    return found.request_first.frame, None if found.response_first is None else found.response_first.frame, found.turns


def test_unknown_protocol() -> None:
    spoken = Spoken().opened().send(21, "c", raw(10)).send(22, "c", raw(20)).send(42, "s", raw(300)).send(43, "s", raw(100))
    assert asked(spoken) == (4, 6, 1)
    found = one(spoken.connection())
    assert (found.request_last.frame, found.request_bytes, found.response_bytes) == (5, 30, 400)
    assert asked(spoken.send(50, "c", raw(10)).send(70, "s", raw(10))) == (4, 6, 2)


def test_what_does_not_acknowledge_the_request_does_not_answer_it() -> None:
    """Both sides greet at once, as in SSH."""
    spoken = Spoken().opened().send(21, "c", raw(20)).send(42, "s", raw(20), ack=0).send(43, "s", raw(900))
    assert asked(spoken) == (4, 6, 1)


def test_too_soon_for_an_answer() -> None:
    spoken = Spoken().opened().send(21, "c", raw(20)).send(22, "s", raw(20), ack=0).send(43, "s", raw(900))
    assert asked(spoken) == (4, 6, 1)


def test_an_acknowledgment_tells_more_than_the_way() -> None:
    """What was lost may be all that the way was measured with, so that it seems longer than it is."""
    spoken = Spoken().opened().send(21, "c", raw(20)).send(42, "s", raw(300))
    far = Position((100 * MS, 0), ("acks", "acks"), 0)
    said = payload(trace(*spoken.lines), len(spoken.lines))
    found = plain(said, 0, far, None)
    assert found is not None and found.response_first == Place(5, 42 * MS)
    said.columns[Said.ACKED] = NO_ACK
    found = plain(said, 0, far, None)
    assert found is not None and found.response_first is None


def test_repeats_are_not_new() -> None:
    spoken = Spoken().opened().send(21, "c", raw(20)).line("300 c PA 0+20").send(321, "s", raw(20))
    assert one(spoken.connection()).request_bytes == 20
    assert spoken.connection().data_client == 20


def test_nobody_asked() -> None:
    spoken = Spoken().opened().send(21, "s", raw(20))
    assert spoken.connection().exchanges == []
    assert one(Spoken().opened().send(21, "c", raw(20)).connection()).response_first is None


def trips(spoken: Spoken) -> int | None:
    return spoken.connection().round_trips


def test_round_trips_in_the_clear() -> None:
    assert trips(Spoken().opened()) is None, "there is no request"
    assert trips(Spoken().opened().send(21, "c", raw(10))) == 1
    greeted = Spoken().opened().send(25, "s", raw(10)).send(26, "c", raw(10))
    assert trips(greeted) == 2, "it waited for the greeting"
    assert trips(Spoken().send(21, "c", raw(10))) is None, "no SYN was captured"


def test_request_in_the_syn() -> None:
    """TCP Fast Open (RFC 7413)."""
    accepted = Spoken().line("0 c S -1+100").line("20 s SA ack 100").line("20 c A").line("21 s PA 0+10 ack 100")
    assert trips(accepted) == 0
    assert asked(accepted) == (1, 4, 1)
    ignored = Spoken().line("0 c S -1+100").line("20 s SA ack 0").line("20 c PA 0+100").line("40 s PA 0+10 ack 100")
    assert trips(ignored) == 1
    assert asked(ignored) == (3, 4, 1)


def tls(*flights: tuple[float, str, Any]) -> Spoken:
    spoken = Spoken().opened().send(21, "c", hello())
    for ms, side, *parts in flights:
        spoken.send(ms, side, *parts)
    return spoken


def test_round_trips_of_tls() -> None:
    spoken = tls((41, "s", server_hello(), record(900), record(53)), (42, "c", finished(), record(90)))
    assert trips(spoken) == 2
    spoken = tls((41, "s", server_hello(), record(53)), (42, "c", finished()), (62, "s", record(250)), (90, "c", record(90)))
    assert trips(spoken) == 2, "nobody waits for tickets"
    old = server_hello(version=0x0303)
    spoken = tls((41, "s", old), (42, "c", raw(93), finished(40)), (62, "s", finished(40)), (63, "c", record(90)))
    assert trips(spoken) == 3
    resumed = server_hello(version=0x0303, resumed=True)
    assert trips(tls((41, "s", resumed, finished(40)), (42, "c", finished(40), record(90)))) == 2


def test_chain_of_certificates_larger_than_a_window() -> None:
    full = [(41 + i / 10, "s", raw(1448)) for i in range(10)]
    further = [(61 + i / 10, "s", raw(1448)) for i in range(3)]
    spoken = tls((41, "s", server_hello()), *full, *further, (65, "c", finished(), record(90)))
    assert trips(spoken) == 3
    paced = [(44 + i / 10, "s", raw(1448)) for i in range(3)]
    assert trips(tls((41, "s", server_hello()), *full, *paced, (65, "c", finished(), record(90)))) == 2, "that was no round trip"
    slow = tls((41, "s", server_hello()), (61, "s", raw(1448)), (65, "c", finished(), record(90)))
    assert trips(slow) == 2, "what came before was no full segment: the server took its time"


def test_http2_in_the_clear_has_no_certain_answer() -> None:
    """What comes first may be SETTINGS, and their acknowledgment."""
    talk = Spoken().opened().send(21, "c", raw(80)).send(42, "s", raw(24)).connection()
    said, client = payload(trace(*Spoken().opened().send(21, "c", raw(80)).send(42, "s", raw(24)).lines), 5), talk.client
    found = [plain(said, client, talk.position, application) for application in (None, "ssh", "http2")]
    assert {one.response_first for one in found if one} == {Place(5, 42 * MS)}
    assert [one.certain for one in found if one] == [True, True, False]


def test_upload_of_unknown_length_that_was_answered_before_its_end() -> None:
    """Its body counts when its end is known, and not before."""
    head = {"version": "1.1", "headers": [], "fields": {}, "method": "PUT", "target": "/", "direction": 0, "start": 0}
    for end, bytes_ in ((NEVER, 150), (900, 900)):
        request = Request(**head, end=NEVER, head_end=150)
        request.first = Place(4, 21 * MS)
        rest = {"version": "1.1", "headers": [], "fields": {}, "reason": "", "start": 0}
        answer = Response(**rest, status=413, direction=1, end=80, head_end=80, request=request)
        answer.first = answer.last = Place(5, 42 * MS)
        found = HttpExchanges(headers=False)
        found.add(answer)
        assert [one.request_bytes for one in found.found] == [150]
        request.last, request.end = Place(6, 43 * MS), end
        found.add(request)
        assert [(one.request_last.frame, one.request_bytes) for one in found.found] == [(6, bytes_)]
