"""The server's own time within a wait."""

from __future__ import annotations

from analyzer.journey.server_time import SAMPLES, ServerTime, server_time
from tests.journey.made import MS, connection


def test_the_wait_less_the_way() -> None:
    one = connection(far=20, rtts=[(10, 20), (90, 30), (210, 24)])
    assert server_time(one, 100 * MS, 200 * MS, 0) == ServerTime(70 * MS, 76 * MS, 80 * MS)


def test_repairs_are_no_time_of_the_server() -> None:
    one = connection(far=20, rtts=[(90, 30)])
    assert server_time(one, 100 * MS, 400 * MS, 200 * MS) == ServerTime(70 * MS, 70 * MS, 80 * MS)


def test_never_less_than_nothing() -> None:
    one = connection(far=20, rtts=[(90, 30)])
    assert server_time(one, 100 * MS, 125 * MS, 0) == ServerTime(0, 0, 5 * MS)
    assert server_time(one, 100 * MS, 110 * MS, 0) == ServerTime(0, 0, 0)


def test_only_the_nearest_count() -> None:
    """A queue of another time says nothing about this moment, unless nothing else was measured."""
    far = [(10, 90.0)] + [(90 + i, 20.0) for i in range(SAMPLES)]
    assert server_time(connection(far=20, rtts=far), 100 * MS, 200 * MS, 0).least == 80 * MS
    late = [(100, 20), (20_000, 90)]
    assert server_time(connection(far=20, rtts=late), 100 * MS, 200 * MS, 0).least == 80 * MS
    assert server_time(connection(far=20, rtts=late[1:]), 100 * MS, 200 * MS, 0).least == 10 * MS


def test_without_measurements() -> None:
    """The shortest way alone bounds it from above; nothing at all leaves the wait."""
    assert server_time(connection(far=20), 0, 100 * MS, 0) == ServerTime(0, 80 * MS, 80 * MS)
    assert server_time(connection(far=None), 0, 100 * MS, 0) == ServerTime(0, None, 100 * MS)
    measured = server_time(connection(far=None, rtts=[(1, 30), (2, 40), (3, 60)]), 0, 100 * MS, 0)
    assert measured == ServerTime(40 * MS, 60 * MS, 70 * MS)


def test_at_the_server_the_wait_is_its_time() -> None:
    assert server_time(connection(far=0, rtts=[(1, 0)]), 0, 100 * MS, 0) == ServerTime(100 * MS, 100 * MS, 100 * MS)
