"""Which name lookup a connection waited for."""

from __future__ import annotations

import pytest

from analyzer.flow.application.rows import Row
from analyzer.journey import lookup as module
from analyzer.journey.lookup import Lookup, Lookups
from tests.journey.made import CLIENT, MS, OTHER, RESOLVER, SERVER, answer, query


def lookups(*rows: dict[str, object], most: int = module.MOST) -> Lookups:
    found = Lookups(most)
    for row in rows:
        found.row(row)
    return found


def of(found: Lookups, ms: float, server: str = SERVER, client: str = CLIENT, names: tuple[str, ...] = ()) -> Lookup:
    one = found.of(client, server, round(ms * MS), names)
    assert one is not None
    return one


def test_from_the_first_query_to_the_last_answer() -> None:
    """A and AAAA are one lookup, with the answer that gave the address and the one that came last."""
    asked = lookups(
        query(1, 0),
        query(2, 0.1, kind="AAAA"),
        answer(3, 10, [SERVER], cname_chain=["cdn.example"]),
        answer(4, 12, [], kind="AAAA", asked=2),
    )
    one = of(asked, 12.5)
    assert (one.query_frame, one.query_ns, one.answer_frame, one.answer_ns) == (1, 0, 3, 10 * MS)
    assert (one.last_answer_frame, one.last_answer_ns, one.end_frame, one.end_ns) == (4, 12 * MS, 4, 12 * MS)
    assert (one.name, one.chain, one.queries, one.server, one.cached) == ("shop.example", ("cdn.example",), 2, RESOLVER, False)


def test_an_answer_behind_the_syn_was_not_waited_for() -> None:
    asked = lookups(query(1, 0), query(2, 0.1, kind="AAAA"), answer(3, 10, [SERVER]), answer(5, 30, [], kind="AAAA", asked=2))
    one = of(asked, 11)
    assert one.last_answer_frame == 3
    assert one.end_ns is None, "the client gave up waiting for AAAA"
    assert asked.of(CLIENT, SERVER, 9 * MS) is None


def test_a_query_that_is_never_answered_lasts_until_the_syn() -> None:
    """Even where that is long: the client did nothing else."""
    asked = lookups(query(1, 0), query(2, 0.1, kind="AAAA"), answer(3, 10, [SERVER]))
    one = of(asked, 5000)
    assert one.end_ns is None and not one.cached


def test_repeats_count_from_the_first_query() -> None:
    asked = lookups(query(1, 0), query(2, 5000), answer(3, 5010, [SERVER]))
    one = of(asked, 5011)
    assert (one.query_frame, one.queries, one.repeat_frame, one.repeat_ns) == (1, 2, 2, 5000 * MS)


def test_two_resolvers_that_are_asked_at_once() -> None:
    """Nobody has waited for an answer before the second query: it repairs nothing."""
    one = of(lookups(query(1, 0), query(2, 10, server="198.51.100.54"), answer(3, 40, [SERVER])), 41)
    assert (one.queries, one.repeat_frame) == (2, None)
    one = of(lookups(query(1, 0), query(2, 10), query(3, 21), answer(4, 40, [SERVER])), 41)
    assert (one.queries, one.repeat_frame) == (3, 3), "that was a repeat, of what was asked last"


def test_a_later_query_is_another_lookup() -> None:
    """After an answer; and when nobody waits any more."""
    asked = lookups(query(1, 0), answer(2, 10, [SERVER]), query(3, 50), answer(4, 60, [SERVER], asked=3))
    assert (of(asked, 61).query_frame, of(asked, 49).query_frame) == (3, 1)
    assert of(lookups(query(1, 0), query(2, 20_000), answer(3, 20_010, [SERVER], asked=2)), 20_011).query_frame == 2


def test_the_next_resolver_after_a_failure_goes_on_with_the_same() -> None:
    failed = answer(2, 10, [], rcode=2, rcode_name="SERVFAIL")
    asked = lookups(query(1, 0), failed, query(3, 11, server="10.0.0.54"), answer(4, 20, [SERVER], asked=3))
    one = of(asked, 21)
    assert (one.query_frame, one.queries, one.repeat_frame) == (1, 2, None)


def test_over_tcp_after_truncation() -> None:
    asked = lookups(
        query(1, 0), answer(2, 10, [], flags=["truncated"]), query(5, 31, transport="tcp"), answer(7, 41, [SERVER], asked=5)
    )
    one = of(asked, 42)
    assert (one.query_frame, one.answer_frame, one.queries) == (1, 7, 2)


def test_a_name_that_the_client_says_wins() -> None:
    """Over a later lookup that gave the same address; and nobody else's lookup is taken twice."""
    asked = lookups(
        query(1, 0),
        answer(2, 10, [SERVER]),
        query(3, 20, "other.example"),
        answer(4, 30, [SERVER], "other.example", asked=3),
    )
    assert of(asked, 31).name == "other.example"
    assert of(asked, 31, names=("SHOP.example",)).name == "shop.example"
    first = of(asked, 32, names=("third.example",))
    assert first.name == "other.example", "nobody else has used it yet"
    assert asked.of(CLIENT, SERVER, 90 * MS, ("third.example",)) is None


def test_an_alias_that_the_client_says_counts() -> None:
    asked = lookups(query(1, 0), answer(2, 10, [SERVER], cname_chain=["www.shop.example"]))
    assert of(asked, 4000, names=("www.shop.example",)).name == "shop.example"


@pytest.mark.parametrize(
    ("server", "ms", "cached"), [(SERVER, 15, False), (SERVER, 40, True), (OTHER, 260, False), (OTHER, 2100, True)]
)
def test_cached_where_another_connection_began_with_it(server: str, ms: float, cached: bool) -> None:
    """But not if both are of the same attempt (RFC 8305)."""
    asked = lookups(query(1, 0), answer(2, 10, [SERVER, OTHER]))
    assert not of(asked, 11).cached
    assert of(asked, ms, server).cached is cached
    assert not of(asked, 11).cached, "asked again about the same connection"


def test_cached_where_another_connection_was_answered_already() -> None:
    """However little before: it was not begun together with that, nor because that was slow."""
    asked = lookups(query(1, 0), answer(2, 10, [SERVER, OTHER]))
    first = asked.of(CLIENT, SERVER, 11 * MS, (), 12 * MS)
    assert first is not None and not first.cached
    assert not of(asked, 11.5).cached
    assert of(asked, 12).cached and of(asked, 12, OTHER).cached


def test_cached_where_the_client_did_something_else_first() -> None:
    asked = lookups(query(1, 0), answer(2, 10, [SERVER]))
    assert of(asked, 2011).cached
    assert not of(lookups(query(1, 0), answer(2, 10, [SERVER])), 2009).cached


def test_answers_to_others_are_not_taken() -> None:
    """A resolver in the capture asks for itself."""
    upstream = (query(2, 1, client=RESOLVER), answer(3, 8, [SERVER], client=RESOLVER, asked=2))
    assert lookups(*upstream).of(CLIENT, SERVER, 20 * MS) is None
    asked = lookups(query(1, 0), *upstream, answer(4, 9, [SERVER]))
    assert of(asked, 10).query_frame == 1


def test_a_stub_on_the_same_host() -> None:
    """What the program waited for is its question to the stub, not that of the stub."""
    asked = lookups(
        query(1, 0, client="127.0.0.1", server="127.0.0.53"),
        query(2, 0.2),
        answer(3, 20, [SERVER], asked=2),
        answer(4, 20.3, [SERVER], client="127.0.0.1", server="127.0.0.53"),
    )
    assert of(asked, 21).query_frame == 1


def test_asked_over_the_other_ip_version() -> None:
    """Where only one host can be meant."""
    rows = [query(1, 0, kind="AAAA"), answer(2, 10, ["2001:db8::80"], kind="AAAA")]
    assert of(lookups(*rows), 11, "2001:db8::80", "2001:db8::1").query_frame == 1
    rows += [query(3, 0, kind="AAAA", client=OTHER), answer(4, 10, ["2001:db8::80"], kind="AAAA", client=OTHER, asked=3)]
    assert lookups(*rows).of("2001:db8::1", "2001:db8::80", 11 * MS) is None
    assert lookups(query(1, 0), answer(2, 10, [SERVER])).of("10.0.0.9", SERVER, 11 * MS) is None


def tries(*names: str, apart: float = 1) -> list[Row]:
    """Each is asked for and does not exist."""
    found: list[Row] = []
    for i, name in enumerate(names):
        frame, ms = 2 * i + 1, i * (10 + apart)
        missing = answer(frame + 1, ms + 10, [], name, asked=frame, rcode=3, rcode_name="NXDOMAIN")
        found += [query(frame, ms, name), missing]
    return found


def test_a_search_list_is_one_lookup() -> None:
    """What it is for: a name of three dots where names are taken as they are from five dots on."""
    names = [f"www.shop.example.{domain}" for domain in ("default.svc.cluster.local", "svc.cluster.local", "cluster.local")]
    asked = lookups(*tries(*names), query(7, 33, "www.shop.example"), answer(8, 43, [SERVER], "www.shop.example", asked=7))
    one = of(asked, 44, names=("www.shop.example",))
    assert (one.query_frame, one.query_ns, one.queries, one.end_ns) == (1, 0, 4, 43 * MS)
    assert (one.name, list(one.tried)) == ("www.shop.example", names)
    assert list(asked.failures()) == []


def test_a_search_list_that_finds_nothing_is_one_failure() -> None:
    [one] = lookups(*tries("printer", "printer.corp.example", "printer.example")).failures()
    assert (one.name, one.tried, one.query_ns) == ("printer.example", ("printer", "printer.corp.example"), 0)


@pytest.mark.parametrize(
    ("names", "apart"),
    [
        (("www.one.example", "www.two.example"), 1),
        (("a.corp.example", "b.example"), 1),
        (("www.shop.example.corp.example", "www.shop.example"), 101),
    ],
)
def test_other_names_are_no_search(names: tuple[str, ...], apart: float) -> None:
    """Nor is the same name later."""
    assert [one.name for one in lookups(*tries(*names, apart=apart)).failures()] == list(names)


def test_tries_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TRIES", 2)
    found = lookups(*tries("a", "a.b", "a.c", "a.d")).failures()
    assert [(one.name, one.tried) for one in found] == [("a.b", ("a",)), ("a.c", ()), ("a.d", ())]


def test_multicast_answers_need_no_question() -> None:
    told = answer(2, 10, [], protocol="mdns", client="224.0.0.251", server=SERVER, asked=None)
    told |= {"questions": [], "answers": [{"name": "Printer.local", "type": 1, "data": SERVER}]}
    asked = lookups(query(1, 0, "printer.local", protocol="mdns", server="224.0.0.251"), told)
    assert of(asked, 11).query_frame == 1
    assert list(asked.failures()) == []
    assert lookups(told).of(CLIENT, SERVER, 11 * MS) is None


def test_an_answer_without_its_query() -> None:
    one = of(lookups(answer(2, 10, [SERVER], asked=None)), 11)
    assert (one.query_frame, one.query_ns, one.queries, one.answer_frame) == (None, None, 0, 2)


def test_failures() -> None:
    """No such name, nobody answers, no address; not what was found in the end, nor what nobody missed."""
    asked = lookups(
        query(1, 0, "missing.example"),
        answer(2, 10, [], "missing.example", rcode=3, rcode_name="NXDOMAIN"),
        query(3, 20, "silent.example"),
        query(4, 5020, "silent.example"),
        query(5, 6000, "empty.example"),
        answer(6, 6010, [], "empty.example", asked=5),
        query(7, 7000),
        answer(8, 7010, [SERVER], asked=7),
        query(9, 8000, "old.example", "AAAA"),
        answer(10, 8010, [], "old.example", "AAAA", asked=9),
        query(11, 9000, "any.example", "HTTPS"),
    )
    found = [(one.name, one.failed, one.query_ns, one.end_ns, one.queries) for one in asked.failures()]
    assert found == [
        ("missing.example", "NXDOMAIN", 0, 10 * MS, 1),
        ("silent.example", "NO_ANSWER", 20 * MS, 5020 * MS, 2),
        ("empty.example", "NO_ADDRESS", 6000 * MS, 6010 * MS, 1),
    ]


def test_the_oldest_are_forgotten_and_counted() -> None:
    found = Lookups(most=8)
    for i in range(12):
        found.row(query(2 * i + 1, 100 * i, f"n{i}.example"))
        found.row(answer(2 * i + 2, 100 * i + 1, [f"192.0.2.{i}"], f"n{i}.example", asked=2 * i + 1))
    assert found.forgotten > 0
    assert found.of(CLIENT, "192.0.2.0", 10_000 * MS) is None
    assert of(found, 1102, "192.0.2.11").name == "n11.example"


def test_failures_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FAILURES", 2)
    found = lookups(*(query(i, i, f"n{i}.example") for i in range(1, 6)))
    assert len(list(found.failures())) == 2
    assert found.forgotten == 3


def test_what_was_asked_lately_outlasts_the_half_that_is_put_aside() -> None:
    """A search list, of which the tries lie on both sides; and no host is remembered for ever."""
    rows = tries("www.example.a.test", "www.example.test")
    found = lookups(*rows, most=4)
    for row in (query(5, 22, "www.example"), answer(6, 30, [SERVER], "www.example", asked=5)):
        found.row(row)
    assert of(found, 31).tried == ("www.example.a.test", "www.example.test")
    for i in range(20):
        found.row(query(100 + i, 100 + i, f"n{i}.example", client=f"10.1.0.{i}"))
    assert len(found._new.recent) + len(found._old.recent) <= 4
    assert all(len(questions) <= module.MOST_RECENT for questions in found._new.recent.values())


def failed(found: Lookups, ms: float) -> list[tuple[str, str | None]]:
    return [(one.name, one.failed) for one in found.failed(round(ms * MS))]


def test_a_failure_is_given_again_when_it_is_answered_after_all() -> None:
    found = Lookups(growing=True)
    found.row(query(1, 0, "slow.example"))
    assert failed(found, 31_000) == [("slow.example", "NO_ANSWER")]
    found.row(answer(2, 40_000, [SERVER], "slow.example", asked=1))
    assert failed(found, 40_000) == [("slow.example", None)]
    assert failed(found, 80_000) == list(found.failures()) == []


def test_failures_are_given_once_while_the_capture_grows() -> None:
    found = Lookups(growing=True)
    for row in (
        query(1, 0, "missing.example"), answer(2, 10, [], "missing.example", asked=1, rcode=3, rcode_name="NXDOMAIN"),
        query(3, 20, "silent.example"), query(4, 30, "www.example"), answer(5, 40, [SERVER], "www.example", asked=4),
    ):  # fmt: skip
        found.row(row)
    assert failed(found, 1000) == []
    assert failed(found, 2100) == [("missing.example", "NXDOMAIN")]
    found.row(query(6, 5000, "silent.example"))
    assert failed(found, 34_000) == []
    assert failed(found, 36_000) == [("silent.example", "NO_ANSWER")]
    found.row(query(7, 40_000, "late.example"))
    assert failed(found, 41_000) == []
    assert [one.name for one in found.failures()] == ["late.example"]
    assert found.forgotten == 0
