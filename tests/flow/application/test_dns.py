"""Rows of DNS messages: their keys, and which query belongs to which response."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from analyzer.dissect.application import dns
from analyzer.dissect.application.stream import Origin, Place
from analyzer.flow.application import transactions
from analyzer.flow.application.dns import KEYS, Rows
from analyzer.flow.application.rows import PLACED, placed
from tests.dissect.application.dns.build import TO_QUESTION, query, question, record

from .dns_exchange import MILLISECOND, Exchange

ADDRESS = record(TO_QUESTION, 1, bytes((192, 0, 2, 1)))
OTHER = question("other.example")


def paired(row: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    took = row.get("response_time_ns")
    return row.get("query_frame"), None if took is None else took / MILLISECOND, row["retransmission"], row.get("repeats_frame")


def test_keys_of_a_query_and_its_response() -> None:
    one = Exchange()
    asked, answered = one.query(0), one.response(12, ADDRESS)
    assert set(asked) | set(answered) <= set(KEYS)
    common = {
        "stream": 0, "transport": "udp", "protocol": "dns", "client": "10.0.0.1", "client_port": 40_000, "server": "10.0.0.53",
        "server_port": 53, "id": 1, "opcode": 0, "complete": True,
    }  # fmt: skip
    assert {key: asked[key] for key in common} == {key: answered[key] for key in common} == common
    assert (asked["response"], asked["rcode"], asked["direction"], asked["flags"]) == (
        False,
        None,
        "client",
        ["recursion_desired"],
    )
    assert (answered["response"], answered["rcode"], answered["rcode_name"], answered["direction"]) == (
        True,
        0,
        "NOERROR",
        "server",
    )
    assert answered["flags"] == ["recursion_desired", "recursion_available"]
    assert answered["addresses"] == ["192.0.2.1"]
    assert paired(asked) == (None, None, False, None) and paired(answered) == (1, 12, False, None)


def test_the_first_keys_are_those_of_all_messages() -> None:
    (message,) = dns.datagram(query(), (40_000, 53))
    message.origin = Origin("udp", 7, ("10.0.0.1", "10.0.0.53"), (40_000, 53), 0)
    for message.complete in (True, False):
        for place in (Place(3, 4), Place(3, 4, 1, 2)):
            message.first, message.last = Place(1, 2, place.file, 1), place
            (row,) = Rows().rows(message)
            assert {key: row.get(key) for key in placed(message)} == placed(message)
            assert list(row)[: len(PLACED)] == list(PLACED) and ("file" in row) == (place.file >= 0)


def test_a_message_that_is_cut_in_its_header() -> None:
    one = Exchange()
    row = one.message(0, b"\1", 0)
    assert (row["id"], row["response"], row["opcode"], row["rcode"]) == (None, None, None, None)
    assert one.message(0, b"\0\1", 0)["id"] == 1
    assert row["malformed"] == "the header is cut short"


def test_repeats_count_from_the_first() -> None:
    one = Exchange()
    rows = [one.query(0), one.query(1_000), one.response(2_000), one.response(3_000)]
    assert list(map(paired, rows)) == [
        (None, None, False, None), (None, None, True, 1), (1, 2_000, False, None), (1, None, True, 3),
    ]  # fmt: skip


def test_after_five_seconds_a_query_is_new() -> None:
    one = Exchange()
    one.query(0)
    assert one.query(4_999.999)["retransmission"]
    assert not one.query(5_000)["retransmission"]
    assert paired(one.response(5_500)) == (3, 500, False, None)


def test_an_id_that_is_used_again() -> None:
    one = Exchange()
    one.query(0)
    one.response(100)
    assert not one.query(200)["retransmission"]
    assert paired(one.response(500)) == (3, 300, False, None)


def test_two_questions_with_one_id() -> None:
    one = Exchange()
    one.query(0)
    assert not one.query(100, OTHER)["retransmission"]
    assert paired(one.response(200, asked=OTHER)) == (2, 100, False, None)
    assert paired(one.response(300)) == (1, 300, False, None)


def test_a_response_to_another_question_is_no_answer() -> None:
    one = Exchange()
    one.query(0)
    assert paired(one.response(100, asked=OTHER)) == (None, None, False, None)
    assert paired(one.response(200, asked=b"")) == (1, 200, False, None)


def test_case_does_not_matter() -> None:
    one = Exchange()
    one.query(0, question("wWw.ExAmple"))
    assert paired(one.response(7, asked=question("WwW.example"))) == (1, 7, False, None)


def test_conversations_and_ids_do_not_mix() -> None:
    one = Exchange()
    one.query(0)
    for where in ({"number": 2}, {"port": 40_001}, {"transport": "tcp"}, {"server": "10.0.0.54"}):
        assert paired(one.response(5, **where))[0] is None  # type: ignore[arg-type]


def test_a_clock_that_was_set_back() -> None:
    one = Exchange()
    one.query(100)
    assert paired(one.response(98)) == (1, -2, False, None)


def test_hosts_asked_by_multicast_answer_from_their_own_address() -> None:
    one = Exchange()
    one.query(0, server="224.0.0.252", service=5355)
    assert one.rows[0]["protocol"] == "llmnr"
    assert paired(one.response(9, server="10.0.0.7", service=5355)) == (1, 9, False, None)
    one.query(20, number=2)
    assert paired(one.response(30, number=2, server="10.0.0.7"))[0] is None  # plain DNS: from somebody who was not asked


def test_retry_over_tcp() -> None:
    one = Exchange()
    one.query(0)
    one.response(10, flags=0x8380)
    retry = one.query(15, number=9, transport="tcp", port=50_000)
    answer = one.response(40, ADDRESS, number=9, transport="tcp", port=50_000)
    assert retry["truncated_frame"] == answer["truncated_frame"] == 2
    assert answer["retry_cost_ns"] == 30 * MILLISECOND and answer["response_time_ns"] == 25 * MILLISECOND
    assert "truncated_frame" not in one.query(50, number=10, transport="tcp", port=50_000)


def test_zone_transfers_take_several_messages() -> None:
    asked = question("example", 252)
    one = Exchange()
    one.query(0, asked, transport="tcp")
    rows = [one.response(5, asked=asked, transport="tcp"), one.response(6, asked=b"", transport="tcp")]
    assert [(row["query_frame"], row["retransmission"]) for row in rows] == [(1, False), (1, False)]


def test_aliases_in_any_order_and_in_a_circle() -> None:
    one = Exchange()
    address = record(b"\1c\0", 28, bytes(15) + b"\1")
    row = one.response(0, address, record(b"\1B\0", 5, b"\1c\0"), record(TO_QUESTION, 5, b"\1b\0"), ADDRESS)
    assert (row["cname_chain"], row["addresses"]) == (["b", "c"], ["::1"])
    row = one.response(0, record(TO_QUESTION, 5, b"\1b\0"), record(b"\1b\0", 5, TO_QUESTION))
    assert len(row["cname_chain"]) == 16 and "addresses" not in row


def test_extended_rcode() -> None:
    one = Exchange()
    data = struct.pack("!6H", 1, 0x8180, 0, 0, 0, 1) + record(b"\0", 41, b"", 512, 0x0100_0000)
    row = one.message(0, data, 1)
    assert (row["rcode"], row["rcode_name"], row["edns"]["extended_rcode"]) == (0, "BADVERS", 1)
    assert one.response(0, flags=0x818F)["rcode_name"] == "RCODE15"


def test_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "MAX_TRANSACTIONS", 10)
    monkeypatch.setattr(transactions, "MAX_TRUNCATED", 3)
    one = transactions.Transactions()
    for key in range(100):
        assert one.begin(key, b"a", key + 1, 0) is None
        row = {"last_frame": key + 1, "time_ns": 0, "protocol": "dns", "transport": "udp", "client": "c", "server": "s"}
        one.response(row, -1, str(key).encode(), True, False)
    assert one.find(99, b"a") is not None and one.find(10, b"a") is None
    assert len(one._new) + len(one._old) <= 20 and len(one._truncated) == 3
    for asked in range(100):
        one.begin(7, str(asked).encode(), 1, 0)
    assert [one.find(7, str(asked).encode()) is not None for asked in (0, 91, 92, 99)] == [False, False, True, True]
