"""Rows of journeys, of connections made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.journey.connection import Connection, Exchange, Secured
from analyzer.journey.journeys import Journeys
from tests.journey.checks import Row, check
from tests.journey.made import CLIENT, MS, OTHER, RESOLVER, SERVER, answer, at, connection, exchange, query, wait

LOOKUP = (query(1, 0), query(2, 0.1, kind="AAAA"), answer(3, 10, [SERVER, OTHER]), answer(4, 12, [], kind="AAAA", asked=2))


def rows(*connections: Connection, dns: tuple[Row, ...] = (), headers: bool = False) -> list[Row]:
    made = Journeys(headers)
    for message in dns:
        made.lookups.row(message)
    journeys = [journey for each in connections for journey in made.of(each)]
    found = list(made.rows(journeys, made.lookups.failures()))
    for row in found:
        if not headers:
            check(row)
    return found


def lasted(row: Row) -> list[tuple[str, float]]:
    """Phases and ms."""
    return [(phase["phase"], phase["duration_ns"] / MS) for phase in row["phases"]]


def secured(begin: float, finished: float | None, **more: Any) -> Secured:
    return Secured(
        at(4, begin), sni="shop.example", finished=None if finished is None else at(8, finished), version=0x304, **more
    )


def test_from_the_lookup_to_the_last_byte() -> None:
    [row] = rows(connection(13, 33, [exchange(34, 35, 95, 100)], round_trips=1), dns=LOOKUP)
    assert lasted(row) == [
        ("lookup", 12), ("client", 1), ("connect", 20), ("client", 1), ("request", 1), ("wait", 60), ("receive", 5),
    ]  # fmt: skip
    assert (row["kind"], row["outcome"], row["reused"], row["exchange"], row["number"]) == ("request", "complete", False, 1, 1)
    assert (row["dns_state"], row["dns_name"], row["dns_frame"], row["dns_server"]) == ("waited", "shop.example", 3, RESOLVER)
    assert (row["client_ns"], row["race_ns"], row["first_byte_ns"], row["round_trips"]) == (2 * MS, None, 95 * MS, 1)
    assert row["url"] == "http://shop.example/"
    assert row["filter"] == "(tcp.stream == 0 and frame.number >= 1 and frame.number <= 21) or frame.number in {1, 3, 4}"


def test_a_reused_connection_begins_with_its_request() -> None:
    two = connection(13, 33, [exchange(34, 34, 95, 100), exchange(500, 500, 540, 541)], round_trips=1)
    first, second = rows(two, dns=LOOKUP)
    assert lasted(second) == [("request", 0), ("wait", 40), ("receive", 1)]
    assert (second["reused"], second["exchange"], second["round_trips"], second["dns_state"]) == (True, 2, None, "cached")
    assert not first["reused"]


def test_a_known_name_is_no_lookup() -> None:
    _, second = rows(
        connection(13, 33, [exchange(34, 34, 95, 100)]),
        connection(600, 620, [exchange(621, 621, 650, 651)], stream=1),
        dns=LOOKUP,
    )
    assert (second["dns_state"], second["lookup_ns"], second["phases"][0]["phase"]) == ("cached", None, "connect")


def test_pipelined_requests() -> None:
    """Each begins when it was sent, though the answers come one after the other."""
    both = [exchange(21, 21, 60, 70), exchange(22, 22, 70, 90)]
    assert [row["duration_ns"] / MS for row in rows(connection(0, 20, both))] == [70, 68]


def test_an_answer_that_begins_before_the_request_is_complete() -> None:
    [row] = rows(connection(0, 20, [exchange(21, 80, 50, 90)]))
    assert lasted(row) == [("connect", 20), ("client", 1), ("request", 29), ("wait", 0), ("receive", 40)]
    [row] = rows(connection(0, 20, [exchange(21, 80, 50, 60)]))
    assert lasted(row)[2:] == [("request", 29), ("wait", 0), ("receive", 10)], "the answer is there: nobody waits for the rest"


def test_a_request_with_the_syn() -> None:
    [row] = rows(connection(0, 20, [exchange(0, 0, 20, 25)], round_trips=0))
    assert lasted(row) == [("connect", 0), ("request", 0), ("wait", 20), ("receive", 5)]
    assert row["phases"][0]["round_trips"] == 0


def test_tls() -> None:
    talk = Exchange(at(10, 55), at(10, 55), at(12, 95), at(13, 99), turns=3)
    [row] = rows(connection(0, 20, [talk], secured=secured(21, 54), round_trips=2))
    assert lasted(row) == [
        ("connect", 20), ("client", 1), ("tls", 33), ("client", 1), ("request", 0), ("wait", 40), ("receive", 4),
    ]  # fmt: skip
    assert [phase["round_trips"] for phase in row["phases"]][:3] == [1, None, 1]
    assert (row["kind"], row["encrypted"], row["host"], row["turns"]) == ("connection", True, "shop.example", 3)
    assert row["url"] == "https://shop.example:80/"


def test_tls_where_the_first_byte_cannot_be_told() -> None:
    """Nothing is received then: it is waited for the last byte."""
    talk = Exchange(at(10, 55), at(10, 55), None, at(13, 99), certain=False)
    [row] = rows(connection(0, 20, [talk], secured=secured(21, 54)))
    assert lasted(row)[-2:] == [("request", 0), ("wait", 44)]
    assert (row["receive_ns"], row["first_byte_ns"], row["first_byte_certain"], row["server_ns"]) == (None, None, False, None)


def test_early_data_ends_the_handshake() -> None:
    talk = Exchange(at(4, 21), at(4, 21), at(12, 61), at(13, 62), certain=False)
    [row] = rows(connection(0, 20, [talk], secured=secured(21, 42, early_data=True)))
    assert lasted(row) == [("connect", 20), ("client", 1), ("tls", 0), ("request", 0), ("wait", 40), ("receive", 1)]


@pytest.mark.parametrize(("proxy", "name"), [(True, "proxy"), (False, "starttls")])
def test_talk_before_tls(proxy: bool, name: str) -> None:
    talk = Exchange(at(10, 95), at(10, 95), at(12, 135), at(13, 136))
    one = connection(0, 20, [talk], secured=secured(61, 94), before_tls=at(4, 21), proxy=proxy, round_trips=3)
    [row] = rows(one)
    assert lasted(row)[1:5] == [("client", 1), (name, 40), ("tls", 33), ("client", 1)]
    assert row["phases"][3]["round_trips"] is None, "which of them were those of TLS was not counted"


def test_rounds_of_certificates_and_of_the_answer() -> None:
    waits = [wait(Reason.SLOW_START, 30, 50, 1), wait(Reason.SLOW_START, 110, 130, 1), wait(Reason.SLOW_START, 130, 150, 1)]
    talk = Exchange(at(10, 75), at(10, 75), at(12, 110), at(13, 160))
    [row] = rows(connection(0, 20, [talk], secured=secured(21, 74), waits=waits))
    assert (row["certificate_rounds"], row["slow_start_rounds"]) == (1, 2)


def test_a_repeated_syn() -> None:
    waits = [wait(Reason.SYN_REPEAT, 0, 1000), wait(Reason.CONNECT, 1000, 1020)]
    [row] = rows(connection(0, 1020, [exchange(1020, 1020, 1040, 1041)], waits=waits))
    assert row["waited_loss_repair_ns"] == 1000 * MS
    assert row["phases"][0]["who"] == "loss_repair"


def test_the_server_time_lacks_repairs() -> None:
    waits = [wait(Reason.TAIL_LOSS, 21, 221), wait(Reason.SERVER_THINKING, 221, 321), wait(Reason.ROUND_TRIP, 321, 341)]
    [row] = rows(connection(0, 20, [exchange(21, 21, 341, 342)], waits=waits, rtts=[(20, 20)]))
    assert (row["server_least_ns"], row["server_ns"], row["server_most_ns"]) == (100 * MS,) * 3


def test_the_server_begins_with_the_copy_of_the_request_that_arrived() -> None:
    """Whatever the waits call the time until then; repairs of other times do not matter."""
    waits = [wait(Reason.ROUND_TRIP, 21, 321), wait(Reason.ROUND_TRIP, 321, 341), wait(Reason.SERVER_THINKING, 341, 441)]
    talk = exchange(21, 21, 441, 600)
    one = connection(0, 20, [talk], waits=waits, rtts=[(20, 20)], needed_again=[5 * MS, 321 * MS, 500 * MS])
    [row] = rows(one)
    assert (row["server_least_ns"], row["server_ns"], row["server_most_ns"]) == (100 * MS,) * 3
    assert row["phases"][3]["waited"] == {"network": 20 * MS, "server": 100 * MS, "loss_repair": 300 * MS}


def test_what_waited_for_that_copy_is_on_its_way() -> None:
    """That is no further repair; one of the answer is."""
    waits = [wait(Reason.HEAD_OF_LINE, 40, 70, 0), wait(Reason.SYN_REPEAT, 200, 210, 1), wait(Reason.HEAD_OF_LINE, 210, 241, 1)]
    one = connection(0, 20, [exchange(21, 21, 241, 250)], waits=waits, rtts=[(20, 20)], needed_again=[51 * MS])
    assert rows(one)[0]["server_ns"] == (241 - 51 - 31 - 20) * MS


def test_an_answer_waits_for_repairs_of_the_answer_before_it() -> None:
    """Two requests at once: the second answer is sent behind the first one."""
    both = [exchange(21, 21, 41, 150), exchange(21, 21, 241, 250)]
    waits = [wait(Reason.HEAD_OF_LINE, 50, 80, 1)]
    assert rows(connection(0, 20, both, waits=waits, rtts=[(20, 20)]))[1]["server_ns"] == (241 - 21 - 30 - 20) * MS


def test_the_server_may_lack_a_request_that_was_repeated() -> None:
    waits = [wait(Reason.HEAD_OF_LINE, 50, 80, 1), wait(Reason.TAIL_LOSS, 80, 120, 0)]
    one = connection(0, 20, [exchange(21, 21, 241, 250)], waits=waits, rtts=[(20, 20)])
    assert rows(one)[0]["server_ns"] == (241 - 21 - 70 - 20) * MS


@pytest.mark.parametrize("reason", [Reason.TAIL_LOSS, Reason.HEAD_OF_LINE])
def test_the_server_works_while_something_before_the_answer_is_repaired(reason: Reason) -> None:
    """Tickets, for example. What the client sent again had to arrive before the server could work."""
    for side, repaired in ((1, 0), (0, 30)):
        waits = [wait(reason, 50, 80, side), wait(Reason.SERVER_THINKING, 80, 241, 1)]
        [row] = rows(connection(0, 20, [exchange(21, 21, 241, 250)], waits=waits, rtts=[(20, 20)]))
        assert row["server_ns"] == (241 - 21 - repaired - 20) * MS


def test_what_is_repeated_of_a_later_request_does_not_matter() -> None:
    both = [exchange(21, 21, 441, 450), exchange(300, 300, 450, 460)]
    first, second = rows(connection(0, 20, both, rtts=[(20, 20)], needed_again=[321 * MS]))
    assert (first["server_ns"], second["server_ns"]) == (400 * MS, 109 * MS)


def test_a_server_that_speaks_first_before_tls() -> None:
    talk = Exchange(at(10, 95), at(10, 95), at(12, 135), at(13, 136))
    greeting = at(4, 50)
    one = connection(0, 20, [talk], secured=secured(61, 94), before_tls=greeting, first_server=greeting)
    assert lasted(rows(one)[0])[:3] == [("connect", 20), ("starttls", 41), ("tls", 33)]


@pytest.mark.parametrize(
    ("one", "outcome", "phases"),
    [
        (connection(0, None, outcome="refused", opened={"reset": at(2, 20), "refused": True}), "refused", [("connect", 20)]),
        (connection(0, None, outcome="timeout", last=7000), "timeout", [("connect", 7000)]),
        (connection(0, None, outcome="undecided", last=0), "incomplete", [("connect", 0)]),
        (
            connection(0, 20, outcome="reset", opened={"reset": at(5, 50), "reset_by": "server"}),
            "reset",
            [("connect", 20), ("client", 30)],
        ),
        (
            connection(0, 20, outcome="tls_alert", secured=secured(21, None, alert=("server", 40), alert_place=at(6, 41))),
            "tls_alert",
            [("connect", 20), ("client", 1), ("tls", 20)],
        ),
        (
            connection(0, 20, outcome="tls_incomplete", secured=secured(21, None), last=500),
            "tls_incomplete",
            [("connect", 20), ("client", 1), ("tls", 479)],
        ),
        (connection(0, 20, last=5000), "complete", [("connect", 20)]),
        (connection(0, 20, data_server=9, last=5000), "complete", [("connect", 20), ("client", 4980)]),
        (connection(None, None, outcome="mid_capture", last=500), "mid_capture", [("wait", 500)]),
        (
            connection(0, 20, [exchange(21, 21, None, None, complete=False)], last=5000),
            "incomplete",
            [("connect", 20), ("client", 1), ("request", 0), ("wait", 4979)],
        ),
        (
            connection(0, 20, [exchange(21, 21, 50, 60, complete=False)], opened={"reset": at(30, 70)}),
            "reset",
            [("connect", 20), ("client", 1), ("request", 0), ("wait", 29), ("receive", 20)],
        ),
        (
            connection(0, 20, [exchange(21, 21, 50, 60, complete=False)], fin=at(40, 300), last=900),
            "incomplete",
            [("connect", 20), ("client", 1), ("request", 0), ("wait", 29), ("receive", 250)],
        ),
        (
            connection(0, 20, [exchange(21, 21, None, None, complete=False)], fin=at(40, 300), last=900),
            "incomplete",
            [("connect", 20), ("client", 1), ("request", 0), ("wait", 279)],
        ),
        (
            connection(0, 20, [exchange(21, 25, None, None, complete=False)], fin=at(40, 22), last=900),
            "incomplete",
            [("connect", 20), ("client", 1), ("request", 4), ("wait", 875)],
        ),
        (
            connection(0, 20, [exchange(21, 21, 50, 60)], outcome="reset", opened={"reset": at(30, 70)}),
            "complete",
            [("connect", 20), ("client", 1), ("request", 0), ("wait", 29), ("receive", 10)],
        ),
    ],
)
def test_outcomes(one: Connection, outcome: str, phases: list[tuple[str, float]]) -> None:
    [row] = rows(one)
    assert (row["outcome"], lasted(row)) == (outcome, phases)
    assert (row["response_frame"] is None) == (outcome != "complete" or not one.exchanges)


NEVER = {"exchanges": [exchange(21, 21, None, None, complete=False)], "last": 41}
LEFT_OPEN = {"heard": True, "until_ns": 3021 * MS}
HELLO = {"outcome": "tls_incomplete", "secured": secured(21, None), "last": 41}


@pytest.mark.parametrize(
    ("more", "waited"),
    [
        (NEVER | LEFT_OPEN, {"unknown": 20, "server": 2980}),
        (NEVER | LEFT_OPEN | {"heard": False}, {"unknown": 3000}),
        (NEVER | LEFT_OPEN | {"until_ns": None}, {"unknown": 20}),
        (NEVER | LEFT_OPEN | {"server_spoke": 30}, {"unknown": 20}),
        (NEVER | LEFT_OPEN | {"exchanges": [Exchange(at(10, 21), at(11, 21), complete=False)]}, {"unknown": 20}),
        (HELLO | LEFT_OPEN, {"unknown": 20, "server": 2980}),
        (HELLO | LEFT_OPEN | {"outcome": "undecided"}, {"unknown": 20, "server": 2980}),
        (HELLO | LEFT_OPEN | {"outcome": "established"}, {"unknown": 20}),
    ],
    ids=["request", "lost", "closed", "unread", "may need no answer", "hello", "hello at last", "hidden"],
)
def test_what_is_owed_is_waited_for_until_the_end_of_the_capture(more: dict[str, Any], waited: dict[str, int]) -> None:
    [row] = rows(connection(0, 20, **more))
    assert row["phases"][-1]["waited"] == {who: ms * MS for who, ms in waited.items()}


def test_a_half_closed_connection_waits_on() -> None:
    """The FIN came with the last byte of the request."""
    talk = exchange(21, 21, None, None, complete=False)
    [row] = rows(connection(0, 20, [talk], fin=talk.request_last, last=900))
    assert lasted(row)[-1] == ("wait", 879)


@pytest.mark.parametrize(
    ("opened", "outcome", "waited"),
    [
        ({"syn_count": 3}, "timeout", {"loss_repair": 5000}),
        ({"syn_count": 1}, "timeout", {"network": 5000}),
        ({"syn_count": 3, "refused": True}, "refused", {"loss_repair": 3000, "network": 2000}),
    ],
)
def test_what_follows_the_last_syn_is_as_what_precedes_it(opened: dict[str, Any], outcome: str, waited: dict[str, int]) -> None:
    first = [wait(Reason.SYN_REPEAT, 0, 3000)] if opened["syn_count"] > 1 else []
    waits = [*first, wait(Reason.CONNECT, 3000 if first else 0, 5000)]
    one = connection(0, None, outcome=outcome, last=5000, waits=waits)
    for name, value in opened.items():
        setattr(one.opened, name, value)
    assert rows(one)[0]["phases"][0]["waited"] == {who: ms * MS for who, ms in waited.items()}


def test_requests_of_a_connection_whose_begin_was_not_captured() -> None:
    [row] = rows(connection(None, None, [exchange(100, 100, 140, 141)], outcome="mid_capture"))
    assert (row["outcome"], row["reused"], lasted(row)) == ("complete", False, [("request", 0), ("wait", 40), ("receive", 1)])


def test_a_race() -> None:
    """The winner has the lookup and the time until its SYN; the loser is there, and counts for nothing else."""
    loser = connection(12.5, None, stream=0, outcome="undecided", last=12.5)
    winner = connection(262.5, 292.5, [exchange(293, 293, 340, 341)], stream=1, server=OTHER)
    won, lost = rows(loser, winner, dns=LOOKUP)
    assert lasted(won)[:4] == [("lookup", 12), ("client", 0.5), ("race", 250), ("connect", 30)]
    assert (won["race"], won["race_streams"], won["waited_network_ns"]) == ("won", [0], 250 * MS)
    assert (lost["race"], lost["race_streams"], lost["outcome"]) == ("lost", [1], "race_lost")
    assert (lost["dns_state"], lasted(lost)) == ("cached", [("connect", 0)])
    assert "tcp.stream == 0" in won["filter"]


def test_each_attempt_of_a_race_has_the_answer_with_its_own_address() -> None:
    dns = (*LOOKUP[:2], answer(3, 10, [SERVER]), answer(4, 12, [OTHER], kind="AAAA", asked=2))
    loser = connection(12.5, None, stream=0, outcome="undecided", last=12.5)
    winner = connection(262.5, 292.5, [exchange(293, 293, 340, 341)], stream=1, server=OTHER)
    won, lost = rows(loser, winner, dns=dns)
    assert (won["dns_frame"], lost["dns_frame"], won["phases"][0]["frames"]) == (4, 3, [1, 3, 4])


def test_a_race_after_a_refusal() -> None:
    """That it was refused stays said; between two attempts it is the client's time."""
    refusal = {"reset": at(2, 42), "reset_by": "server", "refused": True}
    loser = connection(12, None, stream=0, outcome="refused", last=42, opened=refusal)
    winner = connection(45, 75, [exchange(76, 76, 99, 100)], stream=1, server=OTHER)
    won, lost = rows(loser, winner, dns=LOOKUP)
    assert (won["race"], won["race_ns"], lost["race"], lost["outcome"]) == ("won", 33 * MS, "lost", "refused")
    assert won["phases"][1]["waited"] == {"network": 30 * MS, "client": 3 * MS}


def test_a_failed_lookup_is_a_row_of_its_own() -> None:
    silent = (query(1, 0, "silent.example"), query(2, 5000, "silent.example"), query(3, 10_000, "silent.example"))
    [row] = rows(dns=silent)
    assert (row["kind"], row["outcome"], row["dns_state"], row["dns_error"]) == ("lookup", "lookup_failed", "failed", "NO_ANSWER")
    assert (row["client"], row["server"], row["stream"], row["host"]) == (CLIENT, RESOLVER, None, "silent.example")
    assert lasted(row) == [("lookup", 10_000)] and row["phases"][0]["who"] == "loss_repair"
    assert row["filter"] == "frame.number in {1, 3}"


@pytest.mark.parametrize(("protocol", "lost"), [("dns", 1000), ("llmnr", 0), ("mdns", 0)])
def test_silence_of_everybody_is_no_loss(protocol: str, lost: int) -> None:
    """Nobody has the name; but a resolver that does not answer should."""
    [row] = rows(dns=(query(1, 0, protocol=protocol), query(2, 1000, protocol=protocol)))
    assert (row["outcome"], row["dns_error"], row["waited_loss_repair_ns"]) == ("lookup_failed", "NO_ANSWER", lost * MS)
    assert row["waited_name_server_ns"] == (1000 - lost) * MS


def test_rows_are_in_the_order_of_their_begin() -> None:
    late = connection(500, 520, [exchange(521, 521, 560, 561)], stream=0)
    early = connection(100, 120, [exchange(121, 121, 160, 161), exchange(700, 700, 710, 711)], stream=1)
    found = rows(late, early)
    assert [row["start_ns"] / MS for row in found] == [100, 500, 700]
    assert [row["number"] for row in found] == [1, 2, 3]


@pytest.mark.parametrize(
    ("one", "url"),
    [
        (exchange(21, 21, 50, 60, host="shop.example:8080", target="/a?b=c"), "http://shop.example:8080/a?b=c"),
        (exchange(21, 21, 50, 60, host=None, target="/a"), f"http://{SERVER}/a"),
        (exchange(21, 21, 50, 60, target="http://far.example/x"), "http://far.example/x"),
        (exchange(21, 21, 50, 60, method="OPTIONS", target="*"), "http://shop.example/"),
        (exchange(21, 21, 50, 60, host="[2001:db8::1]:81", target="/a"), "http://[2001:db8::1]:81/a"),
        (exchange(21, 21, 50, 60, host="a]/<b>:80", target="/a"), "http://a%5D%2F%3Cb%3E:80/a"),
        (exchange(21, 21, 50, 60, method="CONNECT", target="far.example:443"), None),
    ],
)
def test_urls(one: Exchange, url: str | None) -> None:
    assert rows(connection(0, 20, [one]))[0]["url"] == url


def test_headers_only_where_they_are_asked_for() -> None:
    one = connection(0, 20, [exchange(21, 21, 50, 60, request_headers=[["Host", "shop.example"]])])
    assert rows(one, headers=True)[0]["request_headers"] == [["Host", "shop.example"]]
    assert "request_headers" not in rows(one)[0]


def test_a_later_part_of_a_connection_is_a_reused_one() -> None:
    [row] = rows(connection(None, None, [exchange(100, 100, 140, 141)], outcome="mid_capture", again=True))
    assert row["reused"] and row["phases"][0]["phase"] == "request"
