"""WebSocket frames as bytes, and a conversation that is fed with them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

from analyzer.dissect.application.stream import NEVER, Exchange, Opening
from analyzer.dissect.application.websocket import Conversation
from analyzer.dissect.application.websocket.frame import Frame

CLIENT, SERVER = 0, 1
KEY = bytes.fromhex("37fa213d")
DEFLATE = {"sec-websocket-extensions": "permessage-deflate"}


def frame(
    opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0, key: bytes = b"", length: bytes | None = None
) -> bytes:
    """A frame, masked if there is a key; `length`: its length field, to lie."""
    size = len(payload)
    if length is None and size < 126:
        length = bytes([size])
    elif length is None:
        length = b"\x7e" + size.to_bytes(2, "big") if size < 1 << 16 else b"\x7f" + size.to_bytes(8, "big")
    second = length[0] | (0x80 if key else 0)
    masked = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload)) if key else payload
    return bytes([fin << 7 | rsv << 4 | opcode, second]) + length[1:] + key + masked


def deflated(messages: Iterable[bytes], takeover: bool = True, bits: int = 15) -> list[bytes]:
    """Messages as permessage-deflate sends them."""
    out = []
    compressor = zlib.compressobj(wbits=-bits)
    for message in messages:
        if not takeover:
            compressor = zlib.compressobj(wbits=-bits)
        out.append((compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff"))
    return out


def opened(headers: dict[str, str] | None = None, limit: int = 0, whole: bool = True) -> Conversation:
    """A conversation that begins at offset 0 in both directions, direction 0 being the client."""
    exchange = Exchange(CLIENT, "/", "h", {}, {"upgrade": "websocket"} | (headers or {}))
    return Conversation(Opening((0, 0), 0, (1, 80), (whole, whole), frozenset({"websocket"}), limit, context=exchange))


class Fed:
    """Feeds a conversation the way the stream layer does: what lies before `wanted` is skipped."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.at = [0, 0]
        self.frames: list[Frame] = []

    def feed(self, direction: int, data: bytes) -> Fed:
        """One segment; several ones: see `feeds`."""
        start, end = self.at[direction], self.at[direction] + len(data)
        wanted = self.conversation.wanted[direction]
        if wanted < end:
            self._take(self.conversation.feed(direction, data[max(wanted - start, 0) :]))
            assert self.conversation.wanted[direction] >= end
        self.at[direction] = end
        return self

    def feeds(self, direction: int, data: bytes, sizes: Sequence[int] = (1,)) -> Fed:
        """Segments of these sizes, over and over."""
        at = turn = 0
        while at < len(data):
            size = sizes[turn % len(sizes)]
            self.feed(direction, data[at : at + size])
            at, turn = at + size, turn + 1
        return self

    def gap(self, direction: int, size: int) -> Fed:
        """Bytes that never come."""
        end = self.at[direction] + size
        wanted = self.conversation.wanted[direction]
        if size and wanted < end:
            self._take(self.conversation.gap(direction, end - max(wanted, self.at[direction])))
            assert self.conversation.wanted[direction] >= end
        self.at[direction] = end
        return self

    def close(self, ended: bool = True) -> Fed:
        """Both directions."""
        for direction in (CLIENT, SERVER):
            self._take(self.conversation.close(direction, ended))
            assert self.conversation.wanted[direction] == NEVER
        return self

    def _take(self, found: Iterable[object]) -> None:
        for one in found:
            assert isinstance(one, Frame)
            self.frames.append(one)


def facts(one: Frame) -> tuple[object, ...]:
    """What two readings of a frame have to agree on."""
    return (
        one.direction, one.kind, one.start, one.end, one.complete, one.opcode, one.fin, one.masked, one.rsv, one.length,
        one.compressed, one.errors, one.payload, one.close_code, one.close_reason, one.message_frames, one.message_length,
    )  # fmt: skip
