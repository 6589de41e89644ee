"""WebSocket frames as rows (RFC 6455): a pong with the time since its ping, a Close frame with what its code means."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from analyzer.dissect.application.stream import Message, Place
from analyzer.dissect.application.websocket.frame import Frame, Opcode
from analyzer.dissect.application.websocket.rules import ERRORS
from analyzer.flow.meaning import boolean, frame, integer, listing, text, time

from .pings import Answered, Pings
from .rows import PLACED, Row, placed

OPCODES: Final = {opcode.value: opcode.name.lower() for opcode in Opcode}
CLOSE_CODES: Final = {  #: IANA, WebSocket Close Code Number Registry
    1000: "normal closure", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1007: "invalid payload",
    1008: "policy violation", 1009: "message too big", 1010: "extension missing", 1011: "internal error",
    1012: "service restart", 1013: "try again later", 1014: "bad gateway", 3000: "unauthorized", 3003: "forbidden",
    3008: "timeout",
}  # fmt: skip
NO_CODE: Final = "no code"  #: of a Close frame without one, which programs see as 1005
REGISTERED: Final = range(3000, 4000)
PRIVATE: Final = range(4000, 5000)
MAX_STREAMS: Final = 65_536  #: whose pings and latest frames are remembered

KEYS: Final = {  #: of a WebSocket frame
    **PLACED,
    "kind": text(
        "frame; lost: bytes are missing, and where frames begin is not known from here on; no_close: the stream ended without "
        "a Close frame (programs see that as 1006)"
    ),
    "opcode": integer("opcode (RFC 6455 section 11.8); null: no frame, or cut before it"),
    "opcode_name": text("its name"),
    "fin": boolean("the last frame of its message; null: as opcode"),
    "masked": boolean("its payload is masked; null: as opcode"),
    "length": integer("payload as sent; null: as opcode", "bytes"),
    "rsv": integer("RSV1 to RSV3 as a number, where one is set: 4 is RSV1, which says that a message is compressed"),
    "compressed": boolean("its message is compressed (RFC 7692); null: a control frame, or not known"),
    "message_frames": integer("of the last frame of a message: frames of the message; null: its beginning was not seen"),
    "message_length": integer("of the same: all of its payload as sent", "bytes"),
    "close_code": integer("of a Close frame: its code; null: it has none"),
    "close_name": text("of a Close frame: what the code means"),
    "close_reason": text("of a Close frame: the reason in words"),
    "close_first": boolean("of a Close frame: the other side had sent none"),
    "ping_frame": frame("the frame of the ping that a pong answers; null: none was seen"),
    "pong_frame": frame("the frame of the pong that answers a ping, where a hole delayed the ping: else the pong tells it"),
    "round_trip_ns": time("of a pong: since that ping; or of such a ping: until that pong"),
    "round_trip_certain": boolean("no other ping with the same payload was waiting; false: the oldest of them is taken"),
    "errors": listing("what the frame must not have: " + "; ".join(f"{name}: {meaning}" for name, meaning in ERRORS.items())),
    "resynchronised": boolean("the first frame that was found again after `lost`"),
    "text": text("of the last frame of a text message: its beginning, decompressed; null: not asked for, or not readable"),
    "data": text("of the last frame of a binary message: its beginning, decompressed, in hexadecimal digits; null: as text"),
    "content_cut": boolean("there is more of the text or data"),
}  # fmt: skip


@dataclass(slots=True)
class Connection:
    """What is remembered of one."""

    latest: Place
    pings: Pings = field(default_factory=Pings)
    closes: list[Place | None] = field(default_factory=lambda: [None, None])  #: first Close frame of each direction


class Rows:
    """Frames as rows."""

    def __init__(self, show_secrets: bool = False) -> None:
        self._connections: OrderedDict[int, Connection] = OrderedDict()

    def rows(self, message: Message) -> Iterable[Row]:
        """One row for each frame."""
        if not isinstance(message, Frame) or message.origin is None:
            return
        known = self._connections.get(message.origin.stream)
        if message.kind == "no_close" and known is not None:  # it has no bytes of its own: behind the latest ones of either side
            message.first = message.last = max(known.latest, message.last or known.latest)
        if message.first is None or message.last is None:
            return
        if known is None:
            if len(self._connections) >= MAX_STREAMS:
                self._connections.popitem(last=False)
            known = self._connections[message.origin.stream] = Connection(message.last)
        known.latest = max(known.latest, message.last)
        yield _row(message) | _related(message, message.last, known)


def _row(message: Frame) -> Row:
    row = placed(message, message.client) | {
        "kind": message.kind,
        "opcode": message.opcode,
        "opcode_name": None if message.opcode is None else OPCODES.get(message.opcode, "reserved"),
        "fin": message.fin,
        "masked": message.masked,
        "length": message.length,
    }
    if message.rsv:
        row["rsv"] = message.rsv >> 4
    if message.kind == "frame" and message.opcode is not None and message.opcode < Opcode.CLOSE:
        row["compressed"] = message.compressed
        if message.fin:
            row["message_frames"], row["message_length"] = message.message_frames, message.message_length
    elif message.opcode == Opcode.CLOSE:
        row["close_code"], row["close_reason"] = message.close_code, message.close_reason
        row["close_name"] = close_name(message.close_code)
    if message.errors:
        row["errors"] = list(message.errors)
    if message.resynchronised:
        row["resynchronised"] = True
    if message.content is not None:
        content = message.content
        row["text" if message.text else "data"] = content.decode(errors="replace") if message.text else content.hex()
        row["content_cut"] = message.content_cut
    return row


def _related(message: Frame, place: Place, known: Connection) -> Row:
    """What the frame has to do with those of the other side."""
    direction = message.direction
    if message.opcode == Opcode.CLOSE:
        other = known.closes[1 - direction]
        known.closes[direction] = known.closes[direction] or place
        return {"close_first": other is None or other.frame > place.frame}
    if not message.complete:
        return {}
    if message.opcode == Opcode.PONG:
        found = known.pings.pong(direction, message.payload, place)
        return {"ping_frame": None, "round_trip_ns": None} if found is None else _trip("ping_frame", found, place)
    if message.opcode == Opcode.PING:
        found = known.pings.ping(direction, message.payload, place)
        return {} if found is None else _trip("pong_frame", found, place)
    return {}


def _trip(key: str, found: Answered, place: Place) -> Row:
    took = abs(place.time - found.place.time)
    return {key: found.place.frame, "round_trip_ns": took, "round_trip_certain": found.certain}


def close_name(code: int | None) -> str:
    """What a close code means (RFC 6455 section 7.4)."""
    if code is None:
        return NO_CODE
    if code in REGISTERED:
        return CLOSE_CODES.get(code, "of a library")
    return "of the application" if code in PRIVATE else CLOSE_CODES.get(code, "reserved")
