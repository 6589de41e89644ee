"""Which pong answers which ping."""

from __future__ import annotations

from analyzer.dissect.application.stream import Place
from analyzer.flow.application.pings import MAX_WAITING, Pings


def at(frame: int) -> Place:
    return Place(frame, frame * 1000)


def sent(*payloads: bytes) -> Pings:
    """Pings of direction 1 in the frames 1, 2, 3 ..."""
    pings = Pings()
    for frame, payload in enumerate(payloads, 1):
        assert pings.ping(1, payload, at(frame)) is None
    return pings


def test_payloads_tell() -> None:
    pings = sent(b"a", b"b", b"c")
    assert pings.pong(0, b"b", at(9)) == (at(2), True)
    assert pings.pong(0, b"a", at(10)) is None  # need not be answered any more
    assert pings.pong(0, b"c", at(11)) == (at(3), True)
    assert pings.pong(0, b"c", at(12)) is None
    assert sent(b"a").pong(1, b"a", at(9)) is None  # its own


def test_the_oldest_of_equal_ones() -> None:
    pings = sent(b"", b"")
    assert [pings.pong(0, b"", at(frame)) for frame in (8, 9, 10)] == [(at(1), False), (at(2), True), None]


def test_a_pong_that_was_read_first() -> None:
    pings = Pings()
    assert pings.pong(0, b"x", at(3)) is None
    assert pings.pong(0, b"x", at(7)) is None
    assert pings.ping(1, b"x", at(5)) == (at(7), True)
    assert pings.ping(1, b"x", at(8)) is None
    assert pings.pong(0, b"x", at(9)) == (at(8), True)


def test_few_are_remembered() -> None:
    pings = sent(*(b"%d" % number for number in range(MAX_WAITING + 1)))
    assert pings.pong(0, b"0", at(100)) is None
    assert pings.pong(0, b"1", at(101)) == (at(2), True)
