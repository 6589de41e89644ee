"""Where in their streams the latest messages of TCP connections lie, for those who ask what became of certain bytes.

Give it every message. It remembers the latest ones of each connection, without their contents, and forgets the
connections that were silent longest.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from analyzer.dissect.application.dns.message import DnsMessage
from analyzer.dissect.application.http1.message import Request, Response
from analyzer.dissect.application.sse import Event
from analyzer.dissect.application.stream import Message, Place
from analyzer.dissect.application.tls.message import TlsMessage
from analyzer.dissect.application.websocket.frame import Frame
from analyzer.flow.application.websocket import OPCODES
from analyzer.flow.tcp.ledger.victims import Span

MOST_MESSAGES: Final = 512  #: of one connection
MOST_CONNECTIONS: Final = 4_096
LONGEST_LABEL: Final = 120


class MessageSpans:
    """Those of all connections."""

    def __init__(self) -> None:
        self.forgotten = 0  #: messages and connections that had to make room
        self._spans: OrderedDict[int, deque[Span]] = OrderedDict()

    def add(self, message: Message) -> None:
        """A message that the flow layer handed on."""
        origin = message.origin
        if origin is None or origin.transport != "tcp" or message.end <= message.start:
            return
        spans = self._spans.get(origin.stream)
        if spans is None:
            spans = self._spans[origin.stream] = deque(maxlen=MOST_MESSAGES)
            if len(self._spans) > MOST_CONNECTIONS:
                self._spans.popitem(last=False)
                self.forgotten += 1
        else:
            self._spans.move_to_end(origin.stream)
        self.forgotten += len(spans) == MOST_MESSAGES
        first, last = _frame(message.first), _frame(message.last)
        spans.append(Span(message.PROTOCOL, message.direction, message.start, message.end, first, last, label(message)))

    def of(self, stream: int) -> list[Span]:
        """The messages of a connection, in the order in which they were known."""
        return list(self._spans.get(stream, ()))

    def forget(self, stream: int) -> None:
        """Nobody will ask for this connection any more."""
        self._spans.pop(stream, None)


def label(message: Message) -> str:
    """What the message is, in a few of its own words."""
    if isinstance(message, Request):
        text = f"{message.method} {message.target}"
    elif isinstance(message, Response):
        text = str(message.status)
    elif isinstance(message, TlsMessage):
        text = message.MESSAGE
    elif isinstance(message, DnsMessage):
        questions = message.content.questions
        text = str(questions[0].get("name", "")) if questions else ""
    elif isinstance(message, Frame):
        text = message.kind if message.opcode is None else OPCODES.get(message.opcode, str(message.opcode))
    elif isinstance(message, Event):
        text = message.type or message.kind
    else:
        text = ""
    return text[:LONGEST_LABEL]


def _frame(place: Place | None) -> int | None:
    return None if place is None else place.frame
