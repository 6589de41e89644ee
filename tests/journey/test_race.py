"""Which attempts to connect belong together, and which of them was used."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.journey import race as module
from analyzer.journey.connection import Connection
from analyzer.journey.lookup import Lookup
from analyzer.journey.race import Attempt, Race, attempt, races
from tests.journey.made import MS, OTHER, SERVER, at, connection, exchange

LOOKUP = Lookup(
    client="10.0.0.1",
    server="10.0.0.53",
    protocol="dns",
    name="shop.example",
    chain=(),
    tried=(),
    queries=2,
    query_frame=1,
    query_ns=0,
    answer_frame=2,
    answer_ns=10 * MS,
    last_answer_frame=2,
    last_answer_ns=10 * MS,
    end_frame=2,
    end_ns=10 * MS,
)
THIRD = "192.0.2.3"


def used(ms: float, stream: int = 1, server: str = OTHER, ack: float = 20) -> Connection:
    return connection(ms, ms + ack, [exchange(ms + ack, ms + ack, ms + 50, ms + 60)], stream=stream, server=server)


def tried(ms: float, stream: int = 0, server: str = SERVER, last: float | None = None) -> Connection:
    """Never answered; its last packet is the latest SYN."""
    return connection(ms, None, stream=stream, server=server, last=ms if last is None else last, outcome="timeout")


def refused(ms: float, at_ms: float, stream: int = 0, server: str = SERVER) -> Connection:
    more = {"reset": at(2, at_ms), "reset_by": "server", "refused": True}
    return connection(ms, None, stream=stream, server=server, last=at_ms, outcome="refused", opened=more)


def found(*connections: Connection, lookup: Lookup = LOOKUP) -> list[Race]:
    return races(one for each in connections if (one := attempt(each, lookup)) is not None)


def streams(race: Race) -> tuple[list[int], int]:
    return [one.stream for one in race.attempts], race.used.stream


def test_the_second_address_answers_sooner() -> None:
    [race] = found(tried(0), used(250))
    assert streams(race) == ([0, 1], 1)
    assert race.won and [one.stream for one in race.earlier] == [0]


def test_the_first_one_answers_after_all() -> None:
    """The second was begun before that, and is not needed."""
    [race] = found(used(0, 0, SERVER, ack=300), tried(250, 1, OTHER))
    assert streams(race) == ([0, 1], 0)
    assert race.earlier == ()
    assert found(used(0, 0, SERVER, ack=200), tried(250, 1, OTHER)) == [], "begun for another reason"


def test_both_were_used() -> None:
    assert found(used(0, 0, SERVER), used(100)) == []


def test_one_that_was_established_but_not_used() -> None:
    [race] = found(connection(0, 300), used(250))
    assert streams(race) == ([0, 1], 1)


@pytest.mark.parametrize(("ms", "together"), [(2000, True), (2001, False)])
def test_attempts_are_at_most_two_seconds_apart(ms: float, together: bool) -> None:
    assert bool(found(tried(0), used(ms))) is together


@pytest.mark.parametrize(("ms", "together"), [(5030, True), (7031, False)])
def test_the_next_address_after_a_refusal(ms: float, together: bool) -> None:
    """However late that came."""
    races_ = found(refused(0, 5030), used(ms))
    assert bool(races_) is together
    if together:
        assert races_[0].failed_before(races_[0].attempts[0])


@pytest.mark.parametrize(("ms", "together"), [(15_900, True), (16_001, False)])
def test_the_next_address_when_the_timer_gave_up(ms: float, together: bool) -> None:
    """SYNs at 0, 1, 3 and 7 s: the next would have come at 15 s."""
    race = found(tried(0, last=7000), used(ms))
    assert bool(race) is together


def test_a_repeated_syn_is_a_failure_of_its_own() -> None:
    [race] = found(tried(0, last=3000), used(4000))
    assert race.failed_before(race.attempts[0])
    [race] = found(tried(0, last=3000), used(250))
    assert not race.failed_before(race.attempts[0])


def test_all_failed() -> None:
    """What the user saw is the last of them."""
    [race] = found(refused(0, 30), refused(31, 61, 1, OTHER))
    assert streams(race) == ([0, 1], 1)
    assert not race.won


def test_three() -> None:
    [race] = found(tried(0), tried(250, 1, OTHER), used(500, 2, THIRD))
    assert streams(race) == ([0, 1, 2], 2)


def test_the_same_address_again_is_no_race() -> None:
    assert found(refused(0, 30), used(31, 1, SERVER)) == []


def test_another_lookup_is_no_race() -> None:
    """Nor another name of it, nor none at all."""
    assert attempt(tried(0), None) is None
    one, two = attempt(tried(0), LOOKUP), attempt(used(250), replace(LOOKUP, query_frame=7))
    assert one is not None and two is not None
    assert races([one, two]) == []
    assert attempt(connection(None, None), LOOKUP) is None


def test_no_more_attempts_than_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TOGETHER", 2)
    all_of_them: list[Attempt] = []
    for i in range(4):
        one = attempt(tried(100 * i, i, f"192.0.2.{i}"), LOOKUP)
        assert one is not None
        all_of_them.append(one)
    assert [len(race.attempts) for race in races(all_of_them)] == [2, 2]
