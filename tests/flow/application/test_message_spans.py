"""Where messages lie in their streams."""

from analyzer.dissect.application.http1.message import Request, Response
from analyzer.dissect.application.stream import Origin, Place
from analyzer.dissect.application.tls.message import ClientHello
from analyzer.flow.application.message_spans import LONGEST_LABEL, MOST_CONNECTIONS, MOST_MESSAGES, MessageSpans
from analyzer.flow.tcp.ledger.victims import Span


def origin(stream: int, transport: str = "tcp") -> Origin:
    return Origin(transport, stream, ("10.0.0.1", "10.0.0.2"), (40_001, 80), 0, slot=stream)


def request(stream: int = 0, start: int = 0, target: str = "/") -> Request:
    made = Request(direction=0, start=start, end=start + 10, version="1.1", headers=[], fields={}, method="GET", target=target)
    made.origin, made.first, made.last = origin(stream), Place(4, 0), Place(6, 0)
    return made


def test_spans_name_frames_and_say_what_it_is() -> None:
    spans = MessageSpans()
    spans.add(request(target="/a"))
    response = Response(direction=1, start=0, end=500, version="1.1", headers=[], fields={}, status=404, reason="")
    response.origin = origin(0)
    spans.add(response)
    hello = ClientHello(direction=0, start=10, end=300)
    hello.origin = origin(1)
    spans.add(hello)
    assert spans.of(0) == [Span("http", 0, 0, 10, 4, 6, "GET /a"), Span("http", 1, 0, 500, None, None, "404")]
    assert [span.label for span in spans.of(1)] == ["client_hello"]
    assert spans.of(2) == []


def test_datagrams_and_empty_messages_have_no_place_in_a_stream() -> None:
    spans = MessageSpans()
    datagram, empty = request(), request()
    datagram.origin = origin(0, "udp")
    empty.end = empty.start
    spans.add(datagram)
    spans.add(empty)
    assert spans.of(0) == []


def test_the_latest_are_remembered() -> None:
    spans = MessageSpans()
    for i in range(MOST_MESSAGES + 5):
        spans.add(request(start=10 * i))
    assert [span.start for span in spans.of(0)] == [10 * i for i in range(5, MOST_MESSAGES + 5)]
    assert spans.forgotten == 5
    for stream in range(1, MOST_CONNECTIONS + 1):
        spans.add(request(stream))
    assert spans.of(0) == []
    assert spans.forgotten == 6
    spans.forget(1)
    assert spans.of(1) == []


def test_labels_are_short() -> None:
    spans = MessageSpans()
    spans.add(request(target="x" * 10_000))
    assert len(spans.of(0)[0].label) == LONGEST_LABEL
