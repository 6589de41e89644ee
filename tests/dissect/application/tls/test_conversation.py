"""Records and handshake messages across any split, gaps, mid-stream starts, and where reading ends."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.dissect.application.stream import NEVER
from analyzer.dissect.application.tls.conversation import MAX_LOST, MAX_MESSAGES
from analyzer.dissect.application.tls.handshake import MAX_MESSAGE
from analyzer.dissect.application.tls.message import Alert, Certificate, ClientHello, ServerHello

from .build import (
    ALERT,
    APPLICATION_DATA,
    HANDSHAKE,
    NAME,
    RETRY,
    SESSION,
    Feeder,
    Turn,
    certificate,
    client_hello,
    encrypted,
    extension,
    facts,
    fed,
    message,
    opened,
    placed,
    post_quantum_hello,
    record,
    selected,
    server_hello,
    server_name,
    sized,
    tls_1_2,
    tls_1_3,
    words,
)

HANDSHAKES = {"1.2": tls_1_2(), "1.3": tls_1_3(), "1.3 retried": tls_1_3(retry=True)}


def names(found: list) -> list[str]:
    return [one.MESSAGE for one in found]


def test_tls_1_2() -> None:
    found = fed(tls_1_2())
    assert names(found) == [
        "client_hello", "server_hello", "certificate", "server_key_exchange", "certificate_request", "finished",
        "new_session_ticket", "finished",
    ]  # fmt: skip
    hello, answer, chain, exchange, _, _, ticket, _ = found
    assert (hello.sni, hello.alpn, answer.alpn, exchange.group) == (NAME, ("h2",), "h2", 29)
    assert [len(der) for der in chain.chain] == [900, 700]
    assert (answer.version, answer.forward_secrecy, answer.resumed) == (0x0303, True, False)
    assert (ticket.lifetime, ticket.size) == (300, 160)
    assert all(one.client == 0 and one.complete and not one.malformed for one in found)
    assert answer.client_hello is hello and exchange.server_hello is answer and hello.client_hello is None


def test_messages_end_with_their_record() -> None:
    turns = tls_1_2()
    _, answer, chain, exchange, *_ = fed(turns)
    first = 5 + 1000
    assert (answer.start, answer.end) == (0, first)
    assert (chain.start, chain.end) == (5 + 4 + 38 + 11, len(turns[1][1]))
    assert exchange.end == len(turns[1][1])


@pytest.mark.parametrize("retry", (False, True))
def test_tls_1_3(retry: bool) -> None:
    found = fed(tls_1_3(retry))
    hellos = ["client_hello", "server_hello"]
    assert names(found) == [*hellos, *(hellos if retry else []), "finished"]
    answer = found[-2]
    assert (answer.version, answer.group, answer.hello_retry_request, answer.forward_secrecy) == (0x0304, 29, False, True)
    if retry:
        assert found[1].hello_retry_request and found[1].group == 23
        assert found[2].client_hello is found[0] and answer.client_hello is found[2]


@pytest.mark.parametrize("size", (1, 2, 3, 5, 7, 100, 1460))
@pytest.mark.parametrize("name", HANDSHAKES)
def test_segments_do_not_matter(name: str, size: int) -> None:
    assert list(map(placed, fed(HANDSHAKES[name], size))) == list(map(placed, fed(HANDSHAKES[name])))


@pytest.mark.parametrize("name", HANDSHAKES)
def test_nothing_is_wanted_of_bulk_data(name: str) -> None:
    feeder = Feeder(opened())
    for direction, data in HANDSHAKES[name]:
        feeder.segment(direction, data)
    assert feeder.conversation.wanted == [NEVER, NEVER]


def test_hellos_suffice_where_no_rows_are_wanted() -> None:
    conversation = opened(wanted=())
    found = fed(tls_1_2()[:2], conversation=conversation)
    assert names(found) == ["client_hello", "server_hello"]
    feeder = Feeder(opened(wanted=()))
    for direction, data in tls_1_3()[:2]:
        feeder.segment(direction, data)
    assert feeder.conversation.wanted == [NEVER, NEVER]


@pytest.mark.parametrize("size", (1, 40, 1000))
@pytest.mark.parametrize("name", HANDSHAKES)
def test_gap_at_every_position(name: str, size: int) -> None:
    turns = HANDSHAKES[name]
    expected = {facts(one) for one in fed(turns)}
    for broken in range(len(turns)):
        length = len(turns[broken][1])
        for at in range(0, length, 1 if length < 1000 else 7):
            feeder = Feeder(opened())
            for number, (direction, data) in enumerate(turns):
                if number == broken:
                    missing = min(size, length - at)
                    feeder.segment(direction, data[:at])
                    feeder.gap(direction, missing)
                    data = data[at + missing :]
                if data:
                    feeder.segment(direction, data)
            for one in feeder.close():
                assert (
                    not one.complete
                    or facts(one) in expected | {facts(ServerHello(direction=0, start=0, end=0))}
                    or (isinstance(one, ServerHello) and one.resumed is None)
                )
                assert not isinstance(one, ClientHello) or one.sni in (None, NAME)


def test_gap_inside_a_message_leaves_the_next_ones_readable() -> None:
    turns = tls_1_2()
    flight = turns[1][1]
    feeder = Feeder(opened())
    feeder.segment(*turns[0])
    feeder.segment(1, flight[:500])
    feeder.gap(1, 200)
    feeder.segment(1, flight[700:])
    feeder.segment(*turns[2])
    found = feeder.close()
    assert names(found) == [
        "client_hello", "server_hello", "certificate", "server_key_exchange", "certificate_request", "finished",
    ]  # fmt: skip
    assert [one.complete for one in found] == [True, True, False, True, True, True]
    assert found[2].end == 500


def test_gap_behind_which_a_record_begins() -> None:
    feeder = Feeder(opened())
    feeder.gap(0, 100)
    feeder.segment(0, encrypted(100))
    feeder.segment(0, record(HANDSHAKE, client_hello(server_name(NAME))))
    (hello,) = feeder.close()
    assert isinstance(hello, ClientHello) and (hello.sni, hello.start) == (NAME, 200)


def test_something_else_comes_first() -> None:
    feeder = Feeder(opened(sender=0))
    feeder.segment(1, b"S")  # the answer to an SSLRequest of PostgreSQL
    for direction, data in tls_1_2()[:2]:
        feeder.segment(direction, data)
    assert names(feeder.close())[:3] == ["client_hello", "server_hello", "certificate"]


def test_searching_ends() -> None:
    feeder = Feeder(opened(sender=1))
    feeder.gap(0, 1)
    for _ in range(MAX_LOST // 1000 + 2):
        feeder.segment(0, b"\0" * 1000)
    assert feeder.conversation.wanted[0] == NEVER and not feeder.close()


def test_middle_of_a_stream() -> None:
    turns = tls_1_2()
    conversation = opened(starts=(5000, 70000), whole=(False, False), sender=1)
    feeder = Feeder(conversation)
    feeder.segment(1, record(HANDSHAKE, server_hello()))
    feeder.segment(0, encrypted(30))
    for direction, data in turns[2:]:
        feeder.segment(direction, data)
    assert names(feeder.close()) == ["server_hello", "finished", "new_session_ticket", "finished"]


def test_hello_that_never_comes_whole_is_cut() -> None:
    hello = record(HANDSHAKE, post_quantum_hello())
    for at in (1, 5, 8):
        assert not fed([(0, hello[:at])])
    (cut,) = fed([(0, hello[:300])])
    assert isinstance(cut, ClientHello) and (cut.complete, cut.sni, cut.start, cut.end) == (False, NAME, 0, 300)
    assert cut.alpn == ("h2", "http/1.1") and cut.key_shares is None


def test_whole_hello_in_a_record_that_never_comes_whole() -> None:
    flight = server_hello() + certificate(encrypted(900))
    (found, cut) = fed([(1, record(HANDSHAKE, flight)[:400])], conversation=opened(sender=1))
    assert isinstance(found, ServerHello) and found.complete and found.end == 5 + len(server_hello())
    assert isinstance(cut, Certificate) and not cut.complete


def test_resumption() -> None:
    hello = record(HANDSHAKE, client_hello())
    found = fed([(0, hello), (1, record(HANDSHAKE, server_hello(session=SESSION)))])
    assert found[1].resumed
    found = fed([(1, record(HANDSHAKE, server_hello(session=SESSION)))], conversation=opened(sender=1))
    assert found[0].resumed is None
    keyless = server_hello(selected(0x0304) + extension(41, words([0])), 0x1301)
    found = fed([(0, hello), (1, record(HANDSHAKE, keyless))])
    assert found[1].resumed and found[1].forward_secrecy is False


def test_early_data_may_come_before_a_second_hello() -> None:
    early = record(APPLICATION_DATA, encrypted(400))
    again = server_hello(selected(0x0304) + extension(51, words([23])), 0x1301, random=RETRY)
    turns: list[Turn] = [(0, record(HANDSHAKE, post_quantum_hello(early_data=True)) + early), (1, record(HANDSHAKE, again))]
    turns += [(0, early), (0, record(HANDSHAKE, post_quantum_hello()))]
    assert names(fed(turns)) == ["client_hello", "server_hello", "client_hello"]


@pytest.mark.parametrize("whole_hello", (b"", record(HANDSHAKE, client_hello())[:60]))
def test_early_data_is_not_finished_where_the_hello_is_lost(whole_hello: bytes) -> None:
    """A client that resumes a session may send data at once; its ClientHello would say so."""
    for resumed in (False, True):
        key = extension(41, words([0])) if resumed else b""
        answer = server_hello(selected(0x0304) + extension(51, words([29, 32]) + bytes(32)) + key, 0x1301)
        feeder = Feeder(opened(sender=1))
        if whole_hello:
            feeder.segment(0, whole_hello)
            feeder.gap(0, 1000)
        else:
            feeder.gap(0, 300)
        feeder.segment(1, record(HANDSHAKE, answer))
        feeder.segment(0, record(APPLICATION_DATA, encrypted(400)))
        assert ("finished" in names(feeder.close())) == (not resumed)


def test_alerts_while_they_are_readable() -> None:
    found = fed([(0, record(HANDSHAKE, client_hello())), (1, record(ALERT, b"\2\x28"))])
    assert isinstance(found[1], Alert) and (found[1].level, found[1].description, found[1].client) == (2, 40, 0)
    assert names(fed([*tls_1_2(), (1, record(ALERT, b"\1\0"))]))[-1] == "finished"


def test_message_that_is_too_long() -> None:
    der = encrypted(MAX_MESSAGE)
    stream = server_hello() + certificate(der) + message(12, b"\3\0\x1d" + sized(bytes(32), 1))
    records = b"".join(record(HANDSHAKE, stream[at : at + 16384]) for at in range(0, len(stream), 16384))
    found = fed([(1, records)], 1460, opened(sender=1))
    assert names(found) == ["server_hello", "certificate", "server_key_exchange"]
    assert found[1].limit == "length" and not found[1].complete and not found[1].chain


def test_messages_that_are_too_many() -> None:
    feeder = Feeder(opened(sender=1))
    for _ in range(MAX_MESSAGES):
        feeder.segment(1, record(HANDSHAKE, certificate() * 10))
    assert feeder.conversation.wanted == [NEVER, NEVER]
    found = feeder.close()
    assert len(found) == MAX_MESSAGES and [one.limit for one in found[-2:]] == ["", "count"]


def test_hello_of_ssl_2() -> None:
    body = b"\1\3\1" + words([9, 0, 16]) + bytes.fromhex("000004 000005 010080") + bytes(16)
    hello = words([0x8000 | len(body)]) + body
    for size in (1, 100):
        found = fed([(0, hello), (1, record(HANDSHAKE, server_hello(version=0x0301)))], size)
        assert names(found) == ["client_hello", "server_hello"]
        assert found[0].sslv2 and found[0].version == 0x0301 and found[0].cipher_suites == (4, 5, 0x010080)
        assert (found[0].start, found[0].end) == (0, len(hello))


def test_what_is_no_tls_ends_the_reading() -> None:
    assert not fed([(0, b"GET / HTTP/1.1\r\n\r\n" * 10_000)])


@given(
    st.lists(
        st.tuples(
            st.sampled_from((0, 1)), st.one_of(st.binary(max_size=80), st.sampled_from(tls_1_2() + tls_1_3()).map(lambda t: t[1]))
        ),
        max_size=8,
    ),
    st.lists(st.integers(0, 400), max_size=6),
    st.booleans(),
)
def test_any_bytes(turns: list[Turn], gaps: list[int], whole: bool) -> None:
    feeder = Feeder(opened(whole=(whole, whole)))
    for number, (direction, data) in enumerate(turns):
        if data:
            feeder.segment(direction, data)
        if number < len(gaps) and gaps[number]:
            feeder.gap(direction, gaps[number])
    for one in feeder.close():
        assert 0 <= one.start < one.end


def changed(turns: list[Turn], chance: random.Random) -> list[Turn]:
    """With bytes changed, inserted or lost in some of the turns."""
    data = [(direction, bytearray(one)) for direction, one in turns]
    for _ in range(chance.randrange(1, 8)):
        one = chance.choice(data)[1]
        at = chance.randrange(min(len(one), chance.choice((12, 100, 2000))))
        how = chance.randrange(3)
        if how == 0:
            one[at] = chance.choice((0, 1, 2, 3, 255, chance.randrange(256)))
        else:
            one[at : at + (how == 1) * chance.randrange(1, 20)] = chance.randbytes(chance.randrange(1, 20))
    return [(direction, bytes(one)) for direction, one in data]


@pytest.mark.parametrize("name", HANDSHAKES)
def test_changed_handshakes(name: str) -> None:
    for seed in range(1500):
        chance = random.Random(seed)
        whole = chance.random() < 0.8, chance.random() < 0.8
        feeder = Feeder(opened(chance.choice((("tls",), ())), whole=whole))
        for direction, data in changed(HANDSHAKES[name], chance):
            at = 0
            while at < len(data):
                size = chance.choice((1, 5, 50, 600, 1460, 5000))
                if chance.random() < 0.05:
                    feeder.gap(direction, min(size, len(data) - at))
                else:
                    feeder.segment(direction, data[at : at + size])
                at += size
        for one in feeder.close():
            assert 0 <= one.start < one.end
            facts(one)
