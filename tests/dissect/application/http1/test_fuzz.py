"""Any bytes in any pieces: no exception, nothing impossible, and the same as in one piece."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from analyzer.dissect.application.stream import NEVER
from tests.dissect.application.http1.exchange import CLIENT, SERVER, Feeder, exchange, shape

PARTS = [
    b"GET / HTTP/1.1\r\n", b"HEAD /x HTTP/1.0\r\n", b"POST / HTTP/1.1\r\n", b"CONNECT a:1 HTTP/1.1\r\n",
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 101 Switching\r\n", b"HTTP/1.1 304 x\r\n", b"HTTP/1.1 100 Continue\r\n",
    b"Content-Length: 3\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: upgrade\r\n",
    b"Upgrade: websocket\r\n", b"Expect: 100-continue\r\n", b"\r\n", b"\n", b"abc", b"3\r\nabc\r\n", b"0\r\n",
    b"0\r\n\r\n", b" folded\r\n", b"\x00\xff", b"HTTP/1.", b"5;x\r\n", b"Content-Length: 99999999999999999999\r\n",
]  # fmt: skip
STREAM = st.lists(st.one_of(st.sampled_from(PARTS), st.binary(max_size=6)), max_size=25).map(b"".join)
WHAT = st.one_of(st.sampled_from(PARTS), STREAM, st.integers(1, 40), st.sampled_from((True, False)))
STEP = st.tuples(st.sampled_from((CLIENT, SERVER)), WHAT)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEP, max_size=30), st.sampled_from((0, 3, 1000)), st.booleans(), st.booleans())
def test_nothing_raises(steps: list[tuple[int, object]], limit: int, one: bool, two: bool) -> None:
    feeder = Feeder(whole=(one, two), body_limit=limit)
    over = set()
    for direction, what in steps:
        if direction in over:
            continue
        if isinstance(what, bool):
            feeder.close(direction, what)
            over.add(direction)
        elif isinstance(what, int):
            feeder.gap(direction, what)
        elif isinstance(what, bytes) and what:
            feeder.feed(direction, what)
        wanted = feeder.conversation.wanted
        if feeder.conversation.handover is None:
            assert all(NEVER >= wanted[way] >= feeder.position[way] for way in (CLIENT, SERVER) if way not in over)
    for direction in (CLIENT, SERVER):
        if direction not in over:
            feeder.close(direction)
    if feeder.conversation.handover is None:
        for message in feeder.messages:
            assert message.end < NEVER or not message.complete
    starts = [(message.direction, message.start) for message in feeder.messages]
    assert len(set(starts)) == len(starts)


@settings(max_examples=300, deadline=None)
@given(STREAM, STREAM, st.integers(1, 9), st.sampled_from((0, 1000)))
def test_pieces_do_not_matter(client: bytes, server: bytes, step: int, limit: int) -> None:
    """As long as the place is not lost: then the next message is looked for where a segment begins."""
    client, server = b"GET / HTTP/1.1\r\n" + client, b"HTTP/1.1 200 OK\r\n" + server
    whole, split = exchange(client, server, body_limit=limit), exchange(client, server, step, body_limit=limit)
    if any(side.missed for feeder in (whole, split) for side in feeder.conversation._sides):
        event("lost")
        return
    if any(len({type(one) for one in whole.messages if one.direction == way}) > 1 for way in (CLIENT, SERVER)):
        event("a direction that asks and answers")  # what its answers answer depends on what has come
        return
    mine, other = (
        {(one.direction, one.start): shape(one) for one in feeder.messages if one.complete} for feeder in (whole, split)
    )
    assert mine == other
