"""The frame of WebSocket: its header, and the message that it becomes (RFC 6455 sections 5.2 and 7.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final, NamedTuple

from analyzer.dissect.application.stream import Message


class Opcode(IntEnum):
    """RFC 6455 section 11.8."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


FIN: Final = 0x80
RSV: Final = 0x70
RSV1: Final = 0x40  #: of the first frame of a message: it is compressed (RFC 7692 section 6)
OPCODE: Final = 0x0F
CONTROL: Final = 0x08  #: bit of the opcode
MASK: Final = 0x80
LENGTH: Final = 0x7F
LENGTH_16: Final = 126  #: a length of 16 bits follows; behind 127, one of 64 bits
KEY: Final = 4  #: bytes of the masking key
SHORTEST: Final = 2  #: header without longer length and key
KNOWN: Final = frozenset(Opcode)
MAX_CONTROL: Final = 125  #: payload of a control frame
MAX_LENGTH: Final = (1 << 63) - 1
CLOSE_CODE: Final = 2  #: bytes of it


class Header(NamedTuple):
    """The first bytes of a frame."""

    fin: bool
    rsv: int
    opcode: int
    masked: bool
    length: int  #: of the payload
    minimal: bool  #: the length has no more bytes than it needs
    key: bytes
    size: int  #: of the header

    @property
    def control(self) -> bool:
        """Close, ping, pong, and what may be defined later."""
        return self.opcode & CONTROL != 0


@dataclass(slots=True, kw_only=True, eq=False)
class Frame(Message):
    """A frame, or (`kind`) what is known of a place where no frame can be read. None: cut before it, or not known."""

    PROTOCOL: ClassVar[str] = "websocket"

    client: int  #: direction of the client
    kind: str = "frame"  #: "lost": missing bytes hid where frames begin; "no_close": the stream ended without a Close frame
    opcode: int | None = None
    fin: bool | None = None
    masked: bool | None = None
    rsv: int = 0
    length: int | None = None  #: of the payload, as sent
    compressed: bool | None = None  #: its message is (RFC 7692)
    errors: tuple[str, ...] = ()  #: what RFC 6455 forbids, see rules.py
    resynchronised: bool = False  #: the first frame that was found again behind missing bytes
    payload: bytes = b""  #: of control frames, unmasked
    close_code: int | None = None
    close_reason: str | None = None
    message_frames: int | None = None  #: of the last frame of a message: how many it has
    message_length: int | None = None  #: and their payloads, as sent
    content: bytes | None = None  #: and the beginning of what it says, decompressed, where that is wanted
    content_cut: bool = False  #: there is more of it
    text: bool = False  #: it is text, not binary data


def read(data: bytes, at: int) -> Header | None:
    """The header that begins there; None: more bytes are needed."""
    if len(data) - at < SHORTEST:
        return None
    first, second = data[at], data[at + 1]
    length = second & LENGTH
    size, minimal = SHORTEST, True
    if length >= LENGTH_16:
        size += 2 if length == LENGTH_16 else 8
        if len(data) - at < size:
            return None
        least = LENGTH_16 if length == LENGTH_16 else 1 << 16
        length = int.from_bytes(data[at + SHORTEST : at + size], "big")
        minimal = length >= least
    masked = second & MASK != 0
    key = b""
    if masked:
        key = bytes(data[at + size : at + size + KEY])
        size += KEY
        if len(data) - at < size:
            return None
    return Header(first & FIN != 0, first & RSV, first & OPCODE, masked, length, minimal, key, size)


def unmasked(data: bytes, key: bytes, offset: int = 0) -> bytes:
    """The payload without its mask; `offset`: position of these bytes in the payload (RFC 6455 section 5.3)."""
    if not key or not data:
        return data
    turned = key[offset % KEY :] + key[: offset % KEY]
    size = len(data)
    mask = turned * (size // KEY + 1)
    return (int.from_bytes(data, "big") ^ int.from_bytes(mask[:size], "big")).to_bytes(size, "big")


def close_code_allowed(code: int) -> bool:
    """Whether the code may stand in a frame (RFC 6455 section 7.4 and the IANA registry): 1005, 1006 and 1015 may not."""
    return (1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999
