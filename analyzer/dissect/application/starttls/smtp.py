"""SMTP (RFC 5321, LMTP: RFC 2033) and its STARTTLS (RFC 3207)."""

from __future__ import annotations

import re
from typing import Final

from .negotiation import Lines, Side, Step

NAME = "smtp"

PORTS: Final = frozenset((25, 465, 587, 2525))
GREETING: Final = re.compile(rb"220[ -][^\r\n]*\n?", re.ASCII)
COMMAND: Final = re.compile(rb"(?:EHLO|HELO|LHLO) [\x21-\x7e]+ *\r?\n", re.IGNORECASE)
REPLY: Final = re.compile(rb"[2-5][0-9][0-9](?:[ \r\n])")  #: the last line of a reply
READY: Final = b"220"
MAX_LINE: Final = 512  #: RFC 5321 section 4.5.3.1


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """A greeting that says SMTP, or any on a port of it; or the first command of a client."""
    line = head[:MAX_LINE]
    if line[:1] == b"2":
        if not line.startswith((b"220 ", b"220-")):
            return None if b"220".startswith(line) else False
        if b"SMTP" in line.upper():
            return True
        if b"\n" not in head and len(head) < MAX_LINE:
            return None
        return not PORTS.isdisjoint(ports)
    if COMMAND.match(line):
        return True
    if line[:5].upper() not in _BEGINNINGS:
        return False
    return None if b"\n" not in head and len(head) < MAX_LINE else False


_BEGINNINGS: Final = frozenset(verb[:size] for verb in (b"EHLO ", b"HELO ", b"LHLO ") for size in range(1, 6))


class Conversation(Lines):
    """Up to STARTTLS and the second reply 220: the first one is the greeting, and no other command has it."""

    def read(self, side: Side, message: bytes) -> Step | None:
        """What a line means."""
        if REPLY.match(message):
            side.replies += 1
            greeting = side.whole and side.replies == 1
            return Step("consent") if message.startswith(READY) and not greeting else None
        return Step("request") if message.strip().upper() == b"STARTTLS" else None
