"""permessage-deflate (RFC 7692): what was agreed, and the content of compressed messages, under a cap.

The window of one message goes on in the next (context takeover), unless no_context_takeover was agreed: then, and where nobody
wants the content, nothing is kept between messages. A window that lost a part cannot be used again: what follows stays unread.
"""

from __future__ import annotations

import zlib
from typing import Final, NamedTuple

NAME_OF_EXTENSION: Final = "permessage-deflate"
TAIL: Final = b"\x00\x00\xff\xff"  #: what the sender leaves out at the end of each message (section 7.2.1)
WIDEST: Final = 15  #: window bits, where nothing is agreed
NARROWEST: Final = 9  #: zlib compresses with 9 where 8 was agreed
PIECE: Final = 1 << 16  #: most bytes to inflate at once
ALLOWANCE: Final = 16 << 20  #: bytes that one direction may inflate to, whatever they came from,
FACTOR: Final = 64  #: and how many more for each compressed one: ten times what text gives, a sixteenth of a bomb
MAX_RESTARTS: Final = 64  #: DEFLATE streams that may end within one message (BFINAL, section 7.2.3.4)


class Agreement(NamedTuple):
    """What holds for the messages of one direction."""

    takeover: bool = True
    bits: int = WIDEST


def extensions(value: str) -> list[tuple[str, dict[str, str]]]:
    """The extensions that a Sec-WebSocket-Extensions header names, with their parameters (RFC 6455 section 9.1)."""
    found = []
    for one in value.split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        if name:
            found.append((name.lower(), {key.strip().lower(): text.strip().strip('"') for key, _, text in pairs}))
    return found


def agreement(parameters: dict[str, str], role: str) -> Agreement:
    """Of the messages that the "client" or the "server" sends."""
    bits = parameters.get(f"{role}_max_window_bits", "")
    known = bits.isascii() and bits.isdecimal() and len(bits) <= 2 and 8 <= int(bits) <= WIDEST
    return Agreement(f"{role}_no_context_takeover" not in parameters, max(int(bits), NARROWEST) if known else WIDEST)


class Inflater:
    """The compressed messages of one direction."""

    def __init__(self, agreed: Agreement) -> None:
        self._agreed = agreed
        self._stream = zlib.decompressobj(-agreed.bits)
        self._budget = ALLOWANCE
        self._restarts = 0
        self.broken = False  #: the window is not known (any more)

    @property
    def takeover(self) -> bool:
        """All of a message has to be inflated, since the next one needs its window."""
        return self._agreed.takeover

    def begin(self) -> None:
        """A message begins."""
        self._restarts = 0
        if not self.takeover:
            self.broken = False
            self._stream = zlib.decompressobj(-self._agreed.bits)

    def add(self, data: bytes, content: bytearray, most: int) -> bool:
        """Inflate the next bytes of a message; `content` grows up to `most` bytes. Whether there was more than that."""
        more = False
        self._budget += FACTOR * len(data)
        piece = b""
        while (data or len(piece) == PIECE) and not self.broken:
            try:
                piece = self._stream.decompress(data, PIECE)
            except zlib.error:
                self.broken = True
                break
            room = most - len(content)
            content += piece[:room]
            more = more or len(piece) > room
            data = self._stream.unconsumed_tail
            self._budget -= len(piece)
            if self._stream.eof:
                data, piece = self._stream.unused_data, b""
                self._stream = zlib.decompressobj(-self._agreed.bits)
                self._restarts += 1
            if self._budget < 0 or self._restarts > MAX_RESTARTS:
                self.broken = True
            elif more and not self.takeover:
                break
        return more

    def finish(self, content: bytearray, most: int) -> bool:
        """The message is at its end."""
        return self.add(TAIL, content, most)

    def damage(self) -> None:
        """A part of a message is missing."""
        self.broken = True
