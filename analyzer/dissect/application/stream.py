"""What flow/stream and the protocols that ride on a byte stream agree upon: openings, messages and the three verbs.

A protocol that TCP may carry is a module with NAME, `recognise` and `Conversation`, registered in applications.py. One
Conversation parses both directions of one connection, without input or output of its own (sans-IO): it is fed bytes, told of
gaps and of the end, and answers with messages. Positions are 64-bit stream offsets: 0 is the first byte behind the SYN, or
the first byte seen where the capture began later. A direction is 0 or 1, the one of Fact.SIDE; who is the client, a protocol
finds out from the content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple, Protocol

NEVER: Final = 1 << 62  #: an offset that no stream reaches: nothing more is wanted


class Place(NamedTuple):
    """A frame, as rows name it."""

    frame: int
    time: int  #: ns since 1970
    file: int = -1  #: index of the file, where several are merged; else -1
    frame_in_file: int = 0


@dataclass(slots=True, eq=False)
class Origin:
    """The conversation that messages belong to; direction 0 is that of its first packet."""

    transport: str  #: "tcp" or "udp"
    stream: int  #: its number
    addresses: tuple[str, str]  #: of the senders of direction 0 and 1
    ports: tuple[int, int]
    client: int  #: direction of the client, as far as the transport tells (SYN, ports)
    slot: int = -1  #: where the flow layer keeps its state


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """What a protocol found in one direction: bytes `start` to `end` of the stream, or of the datagram.

    `end` may lie ahead of what was fed (a body that nobody needs to look at), and be NEVER while nobody knows it (a chunked
    body, one that ends with the connection): the parser returns the message at once all the same, as soon as it knows what
    it is, and sets `end` later, in the verb that finds it. The fields behind `complete` are filled in by the flow layer, which
    hands the message on when its last byte has come: until then a parser has only made it known.
    """

    PROTOCOL: ClassVar[str] = ""  #: the command whose rows these are

    direction: int
    start: int
    end: int
    complete: bool = True  #: False: its end never came, or a part of it is missing
    origin: Origin | None = None
    first: Place | None = None  #: the frame with its first byte
    last: Place | None = None  #: the latest of all frames that its bytes came in: the one that completes it
    missing: int = 0  #: bytes between start and end that the capture does not have


class Exchange(NamedTuple):
    """A request and its response, as far as those have to know it that read what the connection or the body carries then."""

    client: int  #: direction of the request
    target: str  #: the request target, as sent
    host: str  #: Host of the request; "" without
    request: Mapping[str, str]  #: header fields of the request by their names in lower case; repeated ones joined by ", "
    response: Mapping[str, str]  #: those of the response


@dataclass(slots=True)
class Handover:
    """From here on the connection speaks another protocol: STARTTLS, Upgrade, CONNECT."""

    protocol: str  #: NAME of a module in applications.STREAMS; "": whatever its content shows
    starts: tuple[int, int]  #: offset of its first byte in each direction
    rest: tuple[bytes, bytes] = (b"", b"")  #: bytes from there on that were fed already
    context: Any = None  #: what the next protocol has to know of the negotiation; of an Upgrade in HTTP an Exchange
    whole: tuple[bool, bool] = (True, True)  #: of each direction: it begins there for certain


@dataclass(slots=True)
class Opening:
    """How a Conversation begins."""

    starts: tuple[int, int]  #: offset of the first byte that it will be fed in each direction
    sender: int  #: direction in which the protocol was recognised
    ports: tuple[int, int]  #: of the senders of direction 0 and 1: a hint, no more
    whole: tuple[bool, bool] = (True, True)  #: the start is that of the stream (or of the handover), not somewhere in the middle
    wanted: frozenset[str] = frozenset()  #: Message.PROTOCOL of the rows that somebody asked for; others need not be made
    body_limit: int = 0  #: most bytes of a body to decode and keep; 0: bodies are not looked at
    bodies: Mapping[str, type] = field(default_factory=dict)  #: media type -> reader of bodies (applications.BODIES)
    context: Any = None  #: Handover.context


class Conversation(Protocol):
    """Both directions of one connection in one protocol. Nothing here raises an exception, whatever the bytes are.

    Bytes are fed in the order of the stream and each byte once (the first copy of it wins). Each feed is what one segment
    brought, without what was there before: after a gap, or in the middle of a stream, a parser that lost its place may
    try to find it again at the beginning of each feed.
    """

    #: for each direction, the offset of the next byte that it wants. Everything before it is skipped unseen, which costs nothing:
    #: a parser that knows the length of what follows says so here. NEVER: nothing more of this direction.
    wanted: list[int]
    handover: Handover | None  #: looked at after each verb; the Conversation is closed by then

    def __init__(self, opening: Opening) -> None: ...

    def feed(self, direction: int, data: bytes) -> Sequence[Message]:
        """The bytes at wanted[direction]; moves wanted behind them, or farther. The messages that they complete or begin."""
        ...

    def gap(self, direction: int, size: int) -> Sequence[Message]:
        """The `size` bytes at wanted[direction] will never come; moves wanted behind them, or farther."""
        ...

    def close(self, direction: int, ended: bool) -> Sequence[Message]:
        """Nothing more will come. `ended`: the stream itself ends here (FIN); else capture, memory or a reset ended it."""
        ...


class BodyReader(Protocol):
    """Reads the body of a response while it comes, decoded from its transfer coding (SSE)."""

    def __init__(self, direction: int, exchange: Exchange, body_limit: int = 0) -> None: ...

    def feed(self, data: bytes, start: int, end: int) -> Sequence[Message]:
        """A piece of the body, which the stream has from `start` to `end`."""
        ...

    def gap(self, size: int) -> Sequence[Message]:
        """So many bytes of the body will never come."""
        ...

    def close(self, ended: bool) -> Sequence[Message]:
        """The body is at its end, or (not `ended`) cut off."""
        ...
