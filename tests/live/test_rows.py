"""When rows of connections are told, and when again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from analyzer.capture.live.source import LinkEvent
from analyzer.live import pace
from analyzer.live.connections import EARLY_NS
from analyzer.live.event import Event
from analyzer.live.flows import CLOSED_NS, SILENCE_NS
from analyzer.watching import Watch
from tests.frames import ethernet, ipv4, tcp, udp
from tests.replay import Scripted

SECOND = 1_000_000_000
MS = 1_000_000
BEGIN = 1_800_000_000 * SECOND
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
Step = tuple[int, Sequence[bytes]]


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "TICK_S", 1e-9)
    monkeypatch.setattr(pace, "SHARES", ((2.0, float("inf")),))
    monkeypatch.setattr("analyzer.watching.SECOND_S", 0.0)


def client(flags: int, seq: int, ack: int = 0, payload: bytes = b"", port: int = 4000) -> bytes:
    segment = port.to_bytes(2) + tcp(payload, flags, seq, ack)[2:]
    return ethernet(ipv4(segment, 6, CLIENT, SERVER))


def server(flags: int, seq: int, ack: int, payload: bytes = b"", port: int = 4000) -> bytes:
    segment = b"\0\x50" + port.to_bytes(2) + tcp(payload, flags, seq, ack)[4:]
    return ethernet(ipv4(segment, 6, SERVER, CLIENT))


def opened(port: int = 4000) -> list[bytes]:
    """A handshake."""
    return [
        client(SYN, 100, port=port), server(SYN | ACK, 500, 101, port=port), client(ACK, 101, 501, port=port),
    ]  # fmt: skip


def closed(port: int = 4000) -> list[bytes]:
    """Both sides say that they are done, behind nothing."""
    return [
        client(FIN | ACK, 101, 501, port=port), server(FIN | ACK, 501, 102, port=port), client(ACK, 102, 502, port=port),
    ]  # fmt: skip


def spread(begin: int, frames: Sequence[bytes]) -> Iterator[Step]:
    for number, frame in enumerate(frames):
        yield begin + number * MS, [frame]


def told(steps: Sequence[Step], kind: str, **options: int) -> list[tuple[float, Event]]:
    """The events of a kind, with the seconds since BEGIN at which they came."""
    source = Scripted(steps)
    watch = Watch(source, clock=lambda: source.now, **options)  # type: ignore[arg-type]
    return [((source.now - BEGIN) / SECOND, event) for events in watch for event in events if event.kind == kind]


def idle(begin: int, duration: int, step: int = SECOND // 2) -> list[Step]:
    return [(time, []) for time in range(begin, begin + duration, step)]


def test_a_closed_connection_is_told_some_seconds_later() -> None:
    steps = [*spread(BEGIN, [*opened(), *closed()]), *idle(BEGIN + 10 * MS, 8 * SECOND)]
    for kind in ("flow", "handshake"):
        (first, event), *more = told(steps, kind)
        assert event.revision == 1
        assert first < CLOSED_NS / SECOND + 1
        assert not more
    assert event.row["outcome"] == "established"


def test_an_open_connection_is_told_early_and_at_the_end() -> None:
    steps = [*spread(BEGIN, opened()), *idle(BEGIN + 10 * MS, 5 * SECOND)]
    when, event = told(steps, "handshake")[0]
    assert EARLY_NS / SECOND <= when < EARLY_NS / SECOND + 1
    assert event.row["connect_ns"] == 2 * MS
    flows = told(steps, "flow")
    assert [(event.row["state"], event.revision) for _, event in flows] == [("established", 1)]
    assert flows[0][0] > 4


def test_a_connection_that_goes_on_is_told_again_as_a_whole() -> None:
    late = [client(ACK, 102, 502), client(RST, 102)]
    steps = [
        *spread(BEGIN, [*opened(), *closed()]), *idle(BEGIN + 10 * MS, 5 * SECOND),
        *spread(BEGIN + 6 * SECOND, late), *idle(BEGIN + 7 * SECOND, 6 * SECOND),
    ]  # fmt: skip
    found = told(steps, "flow")
    assert [(event.revision, event.row["packets_client"]) for _, event in found] == [(1, 4), (2, 6)]
    assert found[1][0] < 6 + CLOSED_NS / SECOND + 1.5


def test_silence_tells_a_conversation_too() -> None:
    datagram = ethernet(ipv4(udp(b"hello"), 17, CLIENT, SERVER))
    steps = [(BEGIN, [datagram]), *idle(BEGIN + MS, 70 * SECOND, 5 * SECOND)]
    ((when, event),) = told(steps, "flow")
    assert event.row["protocol"] == "udp"
    assert SILENCE_NS / SECOND < when < 70


def test_a_clock_that_is_set_back_makes_nobody_silent() -> None:
    hour = 3600 * SECOND
    talk = [(BEGIN - hour + number * SECOND, [client(ACK, 101 + number, 501, b"x")]) for number in range(5)]
    found = told([*spread(BEGIN, opened()), *talk], "flow")
    assert [event.revision for _, event in found] == [1]


def test_verdicts_of_a_second_are_told() -> None:
    data = client(ACK, 101, 501, b"x" * 100)
    steps = [*spread(BEGIN, [*opened(), data]), *idle(BEGIN + 10 * MS, SECOND), (BEGIN + 2 * SECOND, [data])]
    ((_, event),) = told([*steps, *idle(BEGIN + 3 * SECOND, SECOND)], "trouble")
    assert event.row["verdicts"] == {"retransmission": 1}
    assert (event.row["client"], event.row["server_port"]) == (CLIENT, 80)


def test_without_time_connections_are_counted_and_not_detailed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SHARES", ())
    monkeypatch.setattr("analyzer.watching.MOST_ENDING_S", -1.0)
    steps = [*spread(BEGIN, [*opened(), *closed()]), *idle(BEGIN + 10 * MS, 8 * SECOND)]
    assert not told(steps, "handshake")
    ((_, summary),) = told(steps, "summary")
    assert summary.row["counters"]["not_detailed"] == 1
    assert len(told(steps, "flow")) == 1


def test_what_is_evicted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.flow.slots.BATCH_ROWS", 8)
    ports = range(4000, 4200)
    steps = [(BEGIN + number * MS, [client(SYN, 100, port=port)]) for number, port in enumerate(ports)]
    found = told(steps, "flow", memory=1)
    assert sorted(event.row["client_port"] for _, event in found) == list(ports)
    ((_, summary),) = told(steps, "summary", memory=1)
    assert summary.row["counters"]["evicted"] > 0
    assert summary.row["counters"]["tcp"] == len(ports)


def test_what_happens_to_an_interface_is_told() -> None:
    source = Scripted([(BEGIN, []), (BEGIN + SECOND, [])])
    source.events.append(LinkEvent(BEGIN, "eth0", "renamed", "lan0"))
    watch = Watch(source, clock=lambda: source.now)  # type: ignore[arg-type]
    rows = [event.row for events in watch for event in events if event.kind == "interface"]
    assert rows == [{"time_ns": BEGIN, "interface": "eth0", "what": "renamed", "new_name": "lan0"}]
    assert watch.snapshot().notices == ("eth0 is now called lan0",)


def test_an_opened_conversation_is_shown_with_all_that_is_known() -> None:
    request = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    data = [client(ACK, 101, 501, request), server(ACK, 501, 140, b"HTTP/1.1 200 OK\r\n\r\n")]
    source = Scripted([*spread(BEGIN, [*opened(), *data]), (BEGIN + SECOND, [])])
    watch = Watch(source, clock=lambda: source.now)  # type: ignore[arg-type]
    seen = [watch.snapshot(("tcp", 0)).opened for _ in watch]
    assert seen[0] is None
    shown = seen[-2]
    assert shown is not None
    assert shown["application"] == "http"
    assert shown["handshake"]["connect_ns"] == 2 * MS
    assert [journey["host"] for journey in shown["journeys"]] == ["shop.example"]
    assert [row["direction"] for row in shown["rtt"]] == ["client", "server"]
    assert watch.snapshot(("tcp", 7)).opened is None
    (talking,) = watch.snapshot().conversations
    assert (talking.client, talking.server, talking.state) == ("10.0.0.1:4000", "10.0.0.2:80", "established")


def test_of_a_long_conversation_that_is_opened_the_latest_packets_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.live.connections.MOST_RECORDS", 3)
    source = Scripted([*spread(BEGIN, [*opened(), client(ACK, 101, 501, b"x")]), (BEGIN + SECOND, [])])
    watch = Watch(source, clock=lambda: source.now)  # type: ignore[arg-type]
    *_, shown, _ = [watch.snapshot(("tcp", 0)).opened for _ in watch]
    assert shown is not None
    assert shown["stalls"] == [] and "handshake" not in shown


def test_a_connection_with_many_requests_is_looked_at_as_a_whole_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.live.connections.MOST_EXCHANGES", 1)
    asked, answered = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"
    data = [client(ACK, 101, 501, 2 * asked), server(ACK, 501, 101 + 2 * len(asked), 2 * answered)]
    source = Scripted([*spread(BEGIN, [*opened(), *data]), (BEGIN + 2 * EARLY_NS, []), (BEGIN + 3 * EARLY_NS, [])])
    watch = Watch(source, clock=lambda: source.now)  # type: ignore[arg-type]
    *early, end = [[event.kind for event in events if event.kind == "journey"] for events in watch]
    assert not any(early)
    assert len(end) == 2
