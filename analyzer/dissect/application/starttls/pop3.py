"""POP3 (RFC 1939) and its STLS (RFC 2595 section 4)."""

from __future__ import annotations

import re
from typing import Final

from .negotiation import Lines, Side, Step

NAME = "pop3"

PORTS: Final = frozenset((110, 995))
MAX_LINE: Final = 512  #: RFC 2449 section 4
GREETING: Final = b"+OK "  #: other protocols answer with a plain +OK
COMMAND: Final = re.compile(rb"(?:CAPA|STLS|APOP [\x21-\x7e]+ [0-9a-f]{32})\r?\n", re.IGNORECASE)
ON_PORT: Final = re.compile(rb"(?:USER|AUTH) [^\r\n]+\r?\n|AUTH\r?\n|\+OK\r?\n|-ERR[ \r][^\r\n]*\n", re.IGNORECASE)
REPLIES: Final = (b"+OK", b"-ERR", b"+ ")
VERBS: Final = (b"CAPA\r\n", b"STLS\r\n", b"APOP ", b"USER ", b"AUTH", b"+OK ", b"-ERR ")


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """The greeting of a server, or the first command of a client; on the port of POP3 also what others have like it."""
    line = head[:MAX_LINE]
    if line.startswith(GREETING) or COMMAND.match(line):
        return True
    on_port = not PORTS.isdisjoint(ports)
    if on_port and ON_PORT.match(line):
        return True
    if b"\n" in line or len(line) == MAX_LINE:
        return False
    if len(line) < 6:
        return None if any(verb.startswith(line.upper()) for verb in VERBS) else False
    return None if line[:5].upper() == b"APOP " or (on_port and line.upper().startswith(VERBS)) else False


class Conversation(Lines):
    """Up to STLS and the reply to it.

    Before the login every command and every reply to a challenge is a line that gets one reply, whose first line begins with +OK,
    -ERR or "+ "; the greeting is one more.
    """

    def read(self, side: Side, message: bytes) -> Step | None:
        """What a line means."""
        if message.startswith(REPLIES):
            side.replies += 1
            return Step("consent", side.replies - 1) if message.startswith(b"+OK") and side.whole else None
        if message.strip().upper() == b"STLS" and side.whole:
            return Step("request", side.messages)
        return None
