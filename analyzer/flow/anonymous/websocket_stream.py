"""WebSocket (RFC 6455): headers of frames and the codes of close frames stay, under a masking key of zeros; all payload is zero.

The bit of compression goes, since zeros are no compressed message.
"""

from __future__ import annotations

from typing import Final

HEADER: Final = 2
LENGTHS: Final = {126: 2, 127: 8}  #: bytes of a longer length, by the short one
LENGTH, MASK, COMPRESSED = 0x7F, 0x80, 0x40
KEY: Final = 4
CLOSE: Final = 8
OPCODE, RESERVED = 0x0F, 0x30
KNOWN: Final = frozenset((0, 1, 2, 8, 9, 10))
CODE: Final = 2
LONGEST: Final = 1 << 62


class WebSocketStream:
    """One direction, from behind the handshake on."""

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        self.over = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        before = len(self._held)
        held = self._held + data
        at = 0
        patches: list[tuple[int, bytes]] = []
        while at < len(held) and not self.over:
            if self._skip:
                taken = min(self._skip, len(held) - at)
                at, self._skip = at + taken, self._skip - taken
                continue
            made = self._frame(held[at:])
            if made is None:
                break
            if made:
                patches.append((at - before, made))
                at += len(made)
        self._held = b"" if self.over else held[at:]
        return patches

    def _frame(self, held: bytes) -> bytes | None:
        """The header of a frame, with the code of a close frame; None: it is not all there."""
        if len(held) < HEADER:
            return None
        kind, short = held[0] & OPCODE, held[1] & LENGTH
        if kind not in KNOWN or held[0] & RESERVED:
            self.over = True
            return None
        key_at = HEADER + LENGTHS.get(short, 0)
        at = key_at + (KEY if held[1] & MASK else 0)
        size = int.from_bytes(held[HEADER:key_at], "big") if short in LENGTHS else short
        code = CODE if kind == CLOSE and size >= CODE else 0
        if len(held) < at + code:
            return None
        if size > LONGEST:
            self.over = True
            return None
        key = held[key_at:at] or bytes(KEY)
        told = bytes(octet ^ mask for octet, mask in zip(held[at : at + code], key, strict=False))
        self._skip = size - code
        return bytes([held[0] & ~COMPRESSED & 0xFF]) + held[1:key_at] + bytes(at - key_at) + told
