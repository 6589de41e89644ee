"""What one direction of a connection is in, and what it has to learn about the other."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from .message import HttpMessage, Request, Response

if TYPE_CHECKING:
    from .side import Side


class State(IntEnum):
    """What the next byte of a direction is."""

    HEAD = 0  #: of a head, of which `buffer` may have the beginning
    BODY = 1  #: of a body or chunk, of which `remaining` bytes are to come
    CHUNK = 2  #: of the line before a chunk
    TRAILER = 3  #: of the fields behind the last chunk, or of the empty line that ends the message
    LOST = 4  #: unknown: a message may begin with the next segment
    OVER = 5  #: of no interest


class Blocked(IntEnum):
    """Why a direction holds its bytes."""

    NOT = 0
    REQUEST = 1  #: a response whose request has not come yet
    ANSWER = 2  #: the answer decides whether this is HTTP still (CONNECT, Upgrade)


class Pairing(Protocol):
    """What a Side asks and tells."""

    def ready(self, side: Side) -> bool:
        """Whether a response of this side can be told its request."""
        ...

    def request(self, side: Side, request: Request) -> None:
        """A request begins."""
        ...

    def answered(self, request: Request) -> bool:
        """Whether the final response to it has begun."""
        ...

    def response(self, side: Side, response: Response) -> str:
        """A response begins; its request is filled in. The method of that, "" where it is not known."""
        ...

    def begun(self, side: Side, message: HttpMessage, length: int) -> None:
        """The head has been read, and `side.at` lies behind it; a body of this length follows."""
        ...
