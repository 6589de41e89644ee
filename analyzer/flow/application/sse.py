"""Server-sent events as rows (WHATWG HTML section 9.2): when each event came, how long after the one before, and reconnects.

A *reconnect* is a stream whose request names the last event that was received (Last-Event-ID), or that the same client asks for
at the same server and URL after an earlier one has ended: an EventSource of which no event had an id sends no Last-Event-ID.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from analyzer.dissect.application.sse import Event
from analyzer.dissect.application.stream import Message, Origin, Place
from analyzer.flow.meaning import boolean, integer, text, time

from .rows import PLACED, Row, placed

LAST_EVENT_ID: Final = "last-event-id"
MAX_STREAMS: Final = 65_536  #: event streams that are remembered at a time
MAX_URLS: Final = 65_536  #: URLs, by client, of which the latest stream is remembered

KEYS: Final = {  #: of an event
    **PLACED,
    "kind": text(
        "open: the first byte of an event stream; event; fields: lines without data, which set an id or the retry time only; "
        "end: the stream is over, or the capture"
    ),
    "host": text("Host of the request"),
    "uri": text("its target, as sent; empty: not captured"),
    "event": text("of an event: its type, message where it names none"),
    "id": text("of an event: the id that it sets; null: none"),
    "data_length": integer("of an event: its data", "bytes"),
    "data_lines": integer("of an event: lines of data"),
    "retry_ms": integer("how long to wait before a reconnect, as the server asks", "ms"),
    "gap_ns": time("of an event: since the event before in its stream; null: the first one"),
    "comments": integer("comment lines (keep-alives) since the row before"),
    "missing_before": integer("bytes that the capture does not have since the row before; events may be among them", "bytes"),
    "cut": boolean("the id, the type or the data is longer than what is shown"),
    "data": text("of an event: the beginning of its data; null: not asked for"),
    "last_event_id": text("at open: Last-Event-ID of the request; null: none"),
    "reconnect": boolean("at open: it goes on with an earlier stream"),
    "after_ns": time("at open: since the last bytes of that stream; null: it was not captured"),
    "events": integer("at end: events of the stream"),
    "ended": boolean("at end: the server ended the stream; of an incomplete event: and thereby dropped it"),
    "unread": boolean("at end: events after some point are not known, since they are compressed in a way that is not read here"),
}  # fmt: skip

Url = tuple[str, str, int, str, str]  #: client, server, its port, host, target


@dataclass(slots=True)
class Stream:
    """What is remembered of an event stream."""

    url: Url
    latest: Place
    event_ns: int | None = None  #: time of its latest event
    events: int = 0
    ended: bool = False


class Rows:
    """Events as rows."""

    def __init__(self, show_secrets: bool = False) -> None:
        self._streams: OrderedDict[int, Stream] = OrderedDict()
        self._urls: OrderedDict[Url, Stream] = OrderedDict()

    def rows(self, message: Message) -> Iterable[Row]:
        """One row for each event."""
        origin = message.origin
        if not isinstance(message, Event) or origin is None:
            return
        stream = self._streams.get(origin.stream)
        if message.first is None and stream is not None:  # the end is where the last bytes were
            message.first = message.last = stream.latest
        if message.first is None or message.last is None:
            return
        row = placed(message, message.exchange.client)
        row |= {"kind": message.kind, "host": message.exchange.host or None, "uri": message.exchange.target}
        url = url_of(message, origin)
        if message.kind == "open" or stream is None:
            earlier = self._urls.get(url)
            stream = Stream(url, message.last)
            if message.kind == "open":
                row |= _opened(message, message.first, earlier)
            _remember(self._streams, origin.stream, stream, MAX_STREAMS)
            _remember(self._urls, url, stream, MAX_URLS)
        stream.latest = message.last
        if message.kind == "event":
            row |= _event(message, stream)
        elif message.kind == "end":
            stream.ended = True
            row |= {"events": stream.events, "ended": message.ended}
        row |= {
            name: value
            for name, value in (
                ("retry_ms", message.retry), ("comments", message.comments), ("missing_before", message.missing_before),
                ("cut", message.cut), ("unread", message.unread),
            )
            if value
        }  # fmt: skip
        if message.kind == "fields":
            row["id"] = message.id
        yield row


def _opened(message: Event, first: Place, earlier: Stream | None) -> Row:
    last_id = message.exchange.request.get(LAST_EVENT_ID)
    reconnect = last_id is not None or (earlier is not None and earlier.ended)
    after = first.time - earlier.latest.time if earlier is not None and reconnect else None
    return {"last_event_id": last_id, "reconnect": reconnect, "after_ns": after}


def _event(message: Event, stream: Stream) -> Row:
    row: Row = {"event": message.type, "id": message.id, "data_length": message.data_length, "data_lines": message.data_lines}
    if message.data is not None:
        row["data"] = message.data
    if not message.complete:
        row["ended"] = message.ended
        return row
    now = stream.latest.time
    row["gap_ns"] = None if stream.event_ns is None else now - stream.event_ns
    stream.event_ns = now
    stream.events += 1
    return row


def url_of(message: Event, origin: Origin) -> Url:
    """What was asked for, by whom."""
    client = message.exchange.client
    exchange = message.exchange
    return (origin.addresses[client], origin.addresses[1 - client], origin.ports[1 - client], exchange.host, exchange.target)


def _remember(known: OrderedDict[Any, Stream], name: int | Url, stream: Stream, most: int) -> None:
    known.pop(name, None)
    if len(known) >= most:
        known.popitem(last=False)
    known[name] = stream
