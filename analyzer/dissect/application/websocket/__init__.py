"""WebSocket (RFC 6455) with permessage-deflate (RFC 7692), from the byte behind its HTTP handshake on.

A stream without its handshake is not recognised: two bytes of header, of which most values are allowed, prove nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.dissect.application.stream import NEVER, Exchange, Message, Opening

from .assembly import Assembly
from .content import Content
from .deflate import NAME_OF_EXTENSION, agreement, extensions
from .frame import RSV, RSV1, Frame
from .side import Side

NAME = "websocket"


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """Never: HTTP hands it over."""
    return False


class Conversation:
    """Both directions of one connection."""

    def __init__(self, opening: Opening) -> None:
        self.wanted = list(opening.starts)
        self.handover = None
        self._ended: list[Frame] = []  #: how the first of both sides that ended did so, should no Close frame have come
        exchange = opening.context
        client = exchange.client if isinstance(exchange, Exchange) else opening.sender
        reserved = 0  # where the answer to the handshake is missing, nobody knows which extensions are in use
        parameters: dict[str, str] | None = None
        if isinstance(exchange, Exchange) and exchange.response:
            used = extensions(exchange.response.get("sec-websocket-extensions", ""))
            parameters = next((values for name, values in used if name == NAME_OF_EXTENSION), None)
            if all(name == NAME_OF_EXTENSION for name, _ in used):
                reserved = RSV & ~RSV1 if used else RSV
        self._sides = []
        for direction, start in enumerate(opening.starts):
            role = "client" if direction == client else "server"
            agreed = None if parameters is None else agreement(parameters, role)
            assembly = Assembly(Content(opening.body_limit, agreed), parameters is not None)
            self._sides.append(Side(direction, start, client, reserved, assembly))
            if not opening.whole[direction]:
                self._sides[-1].lose()
        if NAME not in opening.wanted:
            self.wanted = [NEVER, NEVER]

    def feed(self, direction: int, data: bytes) -> Sequence[Message]:
        """The bytes at wanted[direction]."""
        if self.wanted[direction] >= NEVER:
            return ()
        frames = self._sides[direction].feed(data)
        self.wanted[direction] = self._sides[direction].wanted
        return frames

    def gap(self, direction: int, size: int) -> Sequence[Message]:
        """These bytes will never come."""
        if self.wanted[direction] >= NEVER:
            return ()
        frames = self._sides[direction].gap(size)
        self.wanted[direction] = self._sides[direction].wanted
        return frames

    def close(self, direction: int, ended: bool) -> Sequence[Message]:
        """Nothing more comes."""
        if self.wanted[direction] >= NEVER:
            return ()
        side = self._sides[direction]
        frames = side.close(ended)
        if ended and not self._ended:
            self._ended.append(side.told("no_close"))
        self.wanted[direction] = NEVER
        if self.wanted[1 - direction] >= NEVER and not any(one.closed or one.lost for one in self._sides):
            frames += self._ended
        return frames
