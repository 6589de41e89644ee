"""Where a connection stops to be HTTP: CONNECT and Upgrade."""

from __future__ import annotations

import pytest

from analyzer.dissect.application.http1.held import Held
from analyzer.dissect.application.stream import Exchange, Handover
from tests.dissect.application.http1.exchange import CLIENT, SERVER, Feeder

CONNECT = b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"
DENIED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno"
OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"
UPGRADE = (
    b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: k\r\n\r\n"
)
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n\r\n"
EMPTY = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

Steps = list[tuple[int, bytes]]


def run(steps: Steps, split: int = 0, wanted: str = "http") -> tuple[Feeder, Handover]:
    feeder = Feeder(wanted=frozenset({wanted}))
    for direction, data in steps:
        for at in range(0, len(data), split or len(data)):
            feeder.feed(direction, data[at : at + (split or len(data))])
    assert feeder.conversation.handover is not None
    return feeder, feeder.conversation.handover


def rest(steps: Steps, direction: int, start: int) -> bytes:
    return b"".join(data for way, data in steps if way == direction)[start:]


@pytest.mark.parametrize("split", [0, 1, 5])
@pytest.mark.parametrize("wanted", ["http", "tls"])
@pytest.mark.parametrize(
    ("steps", "protocol", "before"),
    [
        ([(CLIENT, CONNECT), (SERVER, OPENED), (CLIENT, b"\x16\x03\x01")], "", (0, 0)),
        ([(CLIENT, CONNECT + b"\x16\x03\x01"), (SERVER, OPENED + b"\x16")], "", (0, 0)),
        ([(SERVER, OPENED), (CLIENT, CONNECT + b"\x16")], "", (0, 0)),
        ([(CLIENT, CONNECT), (SERVER, DENIED), (CLIENT, CONNECT), (SERVER, OPENED)], "", (len(CONNECT), len(DENIED))),
        ([(CLIENT, CONNECT + CONNECT), (SERVER, DENIED + OPENED)], "", (len(CONNECT), len(DENIED))),
        ([(CLIENT, UPGRADE), (SERVER, SWITCHED + b"\x81\x00"), (CLIENT, b"\x81")], "websocket", (0, 0)),
        ([(CLIENT, UPGRADE.replace(b"websocket", b"h2c")), (SERVER, SWITCHED.replace(b"WebSocket", b"h2c"))], "", (0, 0)),
    ],
)
def test_switch(steps: Steps, protocol: str, before: tuple[int, int], split: int, wanted: str) -> None:
    feeder, handover = run(steps, split, wanted)
    request = CONNECT if steps[0][1].startswith(b"CONNECT") or steps[0][0] == SERVER else steps[0][1]
    response = OPENED if request == CONNECT else SWITCHED if protocol else SWITCHED.replace(b"WebSocket", b"h2c")
    starts = (before[0] + len(request), before[1] + len(response))
    assert (handover.protocol, handover.starts) == (protocol, starts)
    for direction in (CLIENT, SERVER):
        assert rest(steps, direction, starts[direction]).startswith(handover.rest[direction])
    assert feeder.responses[-1].request is feeder.requests[-1]


def test_context() -> None:
    _, handover = run([(CLIENT, UPGRADE), (SERVER, SWITCHED)])
    assert isinstance(handover.context, Exchange)
    assert handover.context[:3] == (CLIENT, "/chat", "a")
    assert handover.context.request["sec-websocket-key"] == "k" and handover.context.response["upgrade"] == "WebSocket"


def test_refused_upgrade() -> None:
    feeder = Feeder()
    for direction, data in ((CLIENT, UPGRADE), (CLIENT, GET), (SERVER, EMPTY), (SERVER, EMPTY)):
        feeder.feed(direction, data)
    assert feeder.conversation.handover is None
    assert [one.request for one in feeder.responses] == feeder.requests and len(feeder.requests) == 2


def test_answer_was_not_captured() -> None:
    feeder = Feeder()
    feeder.feed(CLIENT, UPGRADE)
    feeder.gap(SERVER, len(SWITCHED))
    assert feeder.conversation.handover is None
    feeder.feed(CLIENT, b"\x81\x80abcd")
    assert feeder.conversation.handover == Handover(
        "websocket",
        (len(UPGRADE), len(SWITCHED)),
        (b"\x81\x80abcd", b""),
        feeder.conversation.handover.context,
        whole=(True, False),
    )
    feeder = Feeder()
    feeder.feed(CLIENT, UPGRADE)
    feeder.gap(SERVER, 20)
    feeder.feed(CLIENT, GET)
    assert feeder.conversation.handover is None and len(feeder.requests) == 2


def test_request_was_not_captured() -> None:
    feeder = Feeder(whole=(False, False))
    feeder.feed(SERVER, SWITCHED + b"\x81")
    handover = feeder.conversation.handover
    assert handover is not None and handover.protocol == "websocket" and handover.rest == (b"", b"\x81")


def test_gap_in_what_was_held() -> None:
    feeder = Feeder()
    feeder.feed(CLIENT, CONNECT + b"lost")
    feeder.gap(CLIENT, 7)
    feeder.feed(CLIENT, b"rest")
    feeder.feed(SERVER, OPENED)
    handover = feeder.conversation.handover
    assert handover is not None
    assert (handover.starts[CLIENT], handover.rest[CLIENT]) == (len(CONNECT) + 4 + 7, b"rest")
    assert handover.whole == (False, True)


def test_frames_before_the_answer_of_a_capture_that_begins_in_the_middle() -> None:
    feeder = Feeder(whole=(False, False))
    feeder.feed(CLIENT, UPGRADE)
    feeder.feed(CLIENT, b"\x81\x80abcd")
    handover = feeder.conversation.handover
    assert handover is not None and handover.whole == (True, False)


def test_many_refused_upgrades_that_were_pipelined() -> None:
    """What waits is not copied with each answer: 5000 pieces for 2500 answers."""
    feeder, pieces = Feeder(), []
    asked = UPGRADE[:-2].replace(b"Sec-WebSocket-Key: k\r\n", b"") + b"\r\n"
    put = Held.data
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Held, "data", lambda held, piece: (pieces.append(piece), put(held, piece))[1])
        for at in range(0, 2500 * len(asked), len(asked) // 2):
            feeder.feed(CLIENT, (2 * asked)[at % len(asked) :][: len(asked) // 2])
        for _ in range(2500):
            feeder.feed(SERVER, EMPTY)
    assert len(feeder.responses) == 2500 and [one.request for one in feeder.responses] == feeder.requests
    assert len(pieces) < 20_000
