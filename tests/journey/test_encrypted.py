"""The first byte of an answer that is encrypted: what is taken for it, and when that is certain."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.flow.tcp.ledger.trace import NO_ACK
from analyzer.journey import encrypted
from analyzer.journey.connection import Exchange
from analyzer.journey.payload import Payload
from tests.journey.spoken import AES_256, TLS_1_2_GCM, Part, Spoken, finished, hello, raw, record, server_hello


def secured(**more: Any) -> Spoken:
    """TLS 1.3 up to the server's flight; the client's Finished has to follow at 42."""
    flight = (server_hello(), record(1, 20), record(32), record(900), record(281), record(53))
    return Spoken().opened().send(21, "c", hello(**more)).send(41, "s", *flight)


def told(spoken: Spoken) -> tuple[int, int | None, bool]:
    """Frame of the request, frame of the answer, and whether that is certain."""
    (one,) = spoken.connection().exchanges
    return one.request_first.frame, None if one.response_first is None else one.response_first.frame, one.certain


def exchange(spoken: Spoken) -> Exchange:
    (one,) = spoken.connection().exchanges
    return one


def test_tls_1_2_holds_data_only() -> None:
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(version=0x0303, cipher_suite=TLS_1_2_GCM))
    spoken.send(42, "c", raw(93), finished(40)).send(62, "s", finished(40)).send(63, "c", record(100)).send(83, "s", record(300))
    assert told(spoken) == (8, 9, True)


def test_an_acknowledgment_tells_more_than_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was lost may be all that the way was measured with, so that it seems longer than it is."""
    monkeypatch.setattr(encrypted, "ARRIVED", 5.0)
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(version=0x0303, cipher_suite=TLS_1_2_GCM))
    spoken.send(42, "c", raw(93), finished(40)).send(62, "s", finished(40)).send(63, "c", record(100)).send(83, "s", record(300))
    assert told(spoken) == (8, 9, True)
    monkeypatch.setattr(Payload, "had", lambda self, frame: NO_ACK)
    assert told(spoken)[:2] == (8, None)


def test_request_with_the_finished_and_two_tickets() -> None:
    spoken = secured().send(42, "c", finished(), record(90)).send(62, "s", record(250), record(250)).send(262, "s", record(400))
    assert told(spoken) == (6, 8, True), "200 ms later, not the tickets"


def test_tickets_may_differ_by_a_block() -> None:
    spoken = secured().send(42, "c", finished(), record(90)).send(62, "s", record(746)).send(62.3, "s", record(730))
    assert told(spoken.send(65, "s", record(480))) == (6, 9, True)
    spoken = secured().send(42, "c", finished(), record(90)).send(62, "s", record(746)).send(62.3, "s", record(720))
    assert told(spoken.send(65, "s", record(480))) == (6, 8, False), "the second one is no ticket of the same session"


def test_too_many_of_one_length_are_no_tickets() -> None:
    spoken = secured().send(42, "c", finished(), record(90))
    assert told(spoken.send(82, "s", *[record(500)] * 5).send(83, "s", record(300))) == (6, 7, False)


def test_too_large_for_a_ticket() -> None:
    spoken = secured().send(42, "c", finished(), record(90)).send(82, "s", record(1386), record(1386)).send(83, "s", record(300))
    assert told(spoken) == (6, 7, False)
    flight = (server_hello(), record(32), record(900), record(281), record(53))
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", *flight).send(42, "c", finished(900), record(53), record(90))
    spoken.send(62, "s", record(1386), record(1386)).send(162, "s", record(300))
    assert told(spoken) == (6, 8, True), "the client's certificate may be in it"


def test_one_ticket_is_not_certain() -> None:
    spoken = secured().send(42, "c", finished(), record(90)).send(62, "s", record(250)).send(262, "s", record(400))
    assert told(spoken) == (6, 8, False)


def test_nothing_but_what_may_be_a_ticket() -> None:
    spoken = secured().send(42, "c", finished(), record(90)).send(62, "s", record(250))
    assert told(spoken) == (6, 7, False)


def test_request_long_behind_the_finished() -> None:
    spoken = secured().send(42, "c", finished()).send(62, "s", record(250), record(250)).send(90, "c", record(90))
    assert told(spoken.send(130, "s", record(250))) == (8, 9, True), "tickets cannot come so late"


def test_tickets_on_their_way_answer_nothing() -> None:
    """They pass 7 ms behind the request, too soon for an answer, and acknowledge only the Finished."""
    spoken = secured().send(42, "c", finished()).send(55, "c", record(90)).send(62, "s", record(250), ack=517 + 58)
    assert told(spoken.send(80, "s", record(400))) == (7, 9, True)


def test_ticket_that_does_not_acknowledge_the_request_answers_nothing() -> None:
    """The server did not have it, though it passed long enough before."""
    spoken = secured().send(42, "c", finished()).send(43, "c", record(90)).send(64, "s", record(250), ack=517 + 58)
    assert told(spoken.send(64.1, "s", record(400)).send(70, "s", record(100))) == (7, 9, True)


def test_second_ticket_may_acknowledge_it() -> None:
    spoken = secured().send(42, "c", finished()).send(43, "c", record(90)).send(64, "s", record(250), ack=517 + 58)
    assert told(spoken.send(64.1, "s", record(250)).send(164, "s", record(400))) == (7, 10, True)


def test_client_that_knows_no_tickets() -> None:
    spoken = secured(extensions=(0, 43, 51)).send(42, "c", finished(), record(90)).send(62, "s", record(250))
    assert told(spoken.send(63, "s", record(400))) == (6, 7, True)


def test_tickets_behind_the_servers_own_finished() -> None:
    """As Go has it: what follows the request is the answer."""
    flight = (server_hello(), record(32), record(900), record(281), record(53), record(120))
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", *flight).send(42, "c", finished(), record(90))
    assert told(spoken.send(62, "s", record(200)).send(162, "s", record(400))) == (6, 7, True)


@pytest.mark.parametrize("control", [(record(57),), (record(26),), (record(44), record(26)), (record(75),), (record(34),)])
def test_control_frames_of_http2_are_no_answer(control: tuple[Part, ...]) -> None:
    """SETTINGS, its acknowledgment, WINDOW_UPDATE, PING."""
    spoken = secured(alpn=("h2", "http/1.1")).send(42, "c", finished(), record(90)).send(62, "s", record(250), record(250))
    assert told(spoken.send(62.5, "s", *control).send(262, "s", record(400))) == (6, 9, False)


def test_http2_is_certain_where_both_acknowledge_settings() -> None:
    spoken = secured(alpn=("h2",)).send(42, "c", finished(), record(90)).send(62, "s", record(250), record(250))
    spoken.send(62.5, "s", record(57), record(26)).send(63, "c", record(26)).send(262, "s", record(400))
    assert told(spoken) == (6, 10, True)


def test_http2_in_tls_1_2() -> None:
    """A record is 24 bytes longer than what it holds."""
    flight = server_hello(version=0x0303, cipher_suite=TLS_1_2_GCM, alpn="h2")
    spoken = Spoken().opened().send(21, "c", hello(alpn=("h2",))).send(41, "s", flight).send(42, "c", finished(40))
    spoken.send(62, "s", finished(40), record(64)).send(63, "c", record(120)).send(83, "s", record(33))
    spoken.send(183, "s", record(200))
    assert told(spoken) == (8, 10, True)


def test_nothing_is_skipped_of_http_1() -> None:
    spoken = secured().send(42, "c", finished()).send(90, "c", record(90)).send(110, "s", record(57)).send(120, "s", record(400))
    assert told(spoken) == (7, 8, True)


def test_alert_is_no_answer() -> None:
    spoken = secured().send(42, "c", finished()).send(90, "c", record(90)).send(110, "s", record(19))
    assert told(spoken) == (7, None, False)
    assert not exchange(spoken).complete


def test_alert_is_no_request() -> None:
    assert secured().send(42, "c", finished(), record(19)).connection().exchanges == []


def test_handshake_alone_asks_nothing() -> None:
    assert secured().send(42, "c", finished()).send(62, "s", record(250), record(250)).connection().exchanges == []


def test_client_certificate_comes_before_the_finished() -> None:
    flight = (server_hello(cipher_suite=AES_256), record(32), record(900), record(281), record(69))
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", *flight)
    spoken.send(42, "c", finished(900), record(96), record(69)).send(90, "c", record(80)).send(110, "s", record(300))
    assert told(spoken) == (7, 8, True)


def test_early_data() -> None:
    """The request follows the ClientHello; the server's own Finished comes before the answer."""
    spoken = Spoken().opened().send(21, "c", hello(early_data=True), raw(120))
    spoken.send(41, "s", server_hello(resumed=True, pre_shared_key=True), record(32), record(53), record(300))
    assert told(spoken) == (4, 5, False)
    assert exchange(spoken).response_bytes == 305


def test_ends_and_turns() -> None:
    spoken = secured().send(42, "c", finished()).send(90, "c", record(90)).send(110, "s", record(400)).send(111, "s", record(800))
    spoken.send(112, "c", record(50)).send(132, "s", record(60)).send(140, "s", record(19))
    one = exchange(spoken)
    assert (one.request_last.frame, one.turns) == (7, 2)
    assert one.response_last is not None and one.response_last.frame == 11, "the alert is no part of the answer"
    assert (one.request_bytes, one.response_bytes) == (95 + 55, 405 + 805 + 65)


def test_a_hole_may_be_filled_last() -> None:
    """An answer is there when all of it is, whatever came last."""
    spoken = secured().send(42, "c", finished()).send(90, "c", record(90)).send(130, "s", record(1000))
    late, last = record(1000), record(1000)
    spoken.at[1] += late[0]
    spoken.send(130.1, "s", last)
    at = spoken.at[1]
    spoken.at[1] -= late[0] + last[0]
    spoken.send(220, "s", late)
    spoken.at[1] = at
    spoken.messages[-2:] = spoken.messages[:-3:-1]
    one = exchange(spoken)
    assert one.response_last is not None and one.response_last.frame == 10
    assert one.response_bytes == 3 * 1005
