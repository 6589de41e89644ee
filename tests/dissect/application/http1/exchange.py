"""Feeds a Conversation as the flow layer does: in order, past what it does not want, and with gaps."""

from __future__ import annotations

from analyzer.dissect.application.http1 import Conversation
from analyzer.dissect.application.http1.message import HttpMessage, Request, Response
from analyzer.dissect.application.stream import NEVER, Message, Opening

CLIENT, SERVER = 0, 1


class Feeder:
    """Keeps the position of each direction; `messages` are those that the Conversation has made known."""

    def __init__(
        self,
        wanted: frozenset[str] = frozenset({"http"}),
        whole: tuple[bool, bool] = (True, True),
        body_limit: int = 0,
        bodies: dict[str, type] | None = None,
    ) -> None:
        opening = Opening((0, 0), CLIENT, (40000, 80), whole, wanted, body_limit, bodies or {})
        self.conversation = Conversation(opening)
        self.position = [0, 0]
        self.messages: list[Message] = []
        self.fed = 0

    def feed(self, direction: int, data: bytes) -> None:
        """A segment."""
        start = self.position[direction]
        self.position[direction] = end = start + len(data)
        wanted = self.conversation.wanted[direction]
        assert wanted >= start or self.conversation.handover is not None
        if self.conversation.handover is None and wanted < end:
            self.fed += end - wanted
            self._known(self.conversation.feed(direction, data[wanted - start :]))

    def gap(self, direction: int, size: int) -> None:
        """Missing bytes."""
        start = self.position[direction]
        self.position[direction] = end = start + size
        wanted = self.conversation.wanted[direction]
        if self.conversation.handover is None and wanted < end:
            self._known(self.conversation.gap(direction, end - wanted))

    def close(self, direction: int, ended: bool = True) -> None:
        """The end of a direction."""
        if self.conversation.handover is None:
            self._known(self.conversation.close(direction, ended))
        for message in self.messages:
            if message.direction == direction and message.end > self.position[direction]:
                message.complete = False

    def _known(self, messages: object) -> None:
        assert isinstance(messages, list | tuple)
        for message in messages:
            assert 0 <= message.start < message.end <= NEVER
            self.messages.append(message)

    @property
    def requests(self) -> list[Request]:
        return [message for message in self.messages if isinstance(message, Request)]

    @property
    def responses(self) -> list[Response]:
        return [message for message in self.messages if isinstance(message, Response)]


def exchange(client: bytes, server: bytes, step: int = 0, **options: object) -> Feeder:
    """Both directions from start to FIN, in pieces of `step` bytes (0: whole), the client's before the server's."""
    feeder = Feeder(**options)  # type: ignore[arg-type]
    for direction, data in ((CLIENT, client), (SERVER, server)):
        for at in range(0, len(data), step or len(data) or 1):
            feeder.feed(direction, data[at : at + (step or len(data))])
    feeder.close(CLIENT)
    feeder.close(SERVER)
    return feeder


def shape(message: Message) -> tuple[object, ...]:
    """What has to be the same however the bytes were split."""
    assert isinstance(message, HttpMessage)
    own = (message.method, message.target) if isinstance(message, Request) else ()
    if isinstance(message, Response):
        own = (message.status, message.request.start if message.request else None)
    end = message.end if message.complete else None
    return (*own, message.start, end, message.complete, message.version, tuple(message.headers), message.body_bytes)
