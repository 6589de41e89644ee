"""FTP (RFC 959): its control connection, and AUTH TLS (RFC 4217 section 4)."""

from __future__ import annotations

import re
from typing import Final

from .negotiation import Lines, Side, Step

NAME = "ftp"

PORTS: Final = frozenset((21, 990, 2121))
MAX_LINE: Final = 512
WAITED_FOR: Final = 2_048  #: bytes of a greeting of many lines
COMMAND: Final = re.compile(rb"AUTH (?:TLS|SSL|TLS-C|TLS-P)\r?\n", re.IGNORECASE)
ON_PORT: Final = re.compile(rb"(?:USER [^\r\n]+|FEAT|SYST|AUTH [^\r\n]+|OPTS [^\r\n]+|HOST [^\r\n]+)\r?\n", re.IGNORECASE)
VERBS: Final = (b"AUTH ", b"USER ", b"FEAT", b"SYST", b"OPTS ", b"HOST ")
CONSENT: Final = re.compile(rb"234[ \r\n]")
LAST_LINE: Final = re.compile(rb"^220[ \r\n][^\n]*\n?", re.MULTILINE)


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """A greeting that says FTP, or any on a port of it; or the first command of a client."""
    on_port = not PORTS.isdisjoint(ports)
    if head[:1] == b"2":
        if not head.startswith((b"220 ", b"220-")):
            return None if b"220".startswith(head[:4]) else False
        if on_port:
            return True
        last = LAST_LINE.search(head)
        if not (last and last[0].endswith(b"\n")) and len(head) < WAITED_FOR:
            return None
        greeting = head[:WAITED_FOR].upper()
        return b"FTP" in greeting and b"SMTP" not in greeting
    line = head[:MAX_LINE]
    if COMMAND.match(line) or (on_port and ON_PORT.match(line)):
        return True
    if b"\n" in line or len(line) == MAX_LINE:
        return False
    begin = line[:5].upper()
    wanted = VERBS if on_port else VERBS[:1]
    return None if any(verb.startswith(begin) or begin.startswith(verb) for verb in wanted) else False


class Conversation(Lines):
    """Up to AUTH TLS and the reply 234, which no other command has."""

    def read(self, side: Side, message: bytes) -> Step | None:
        """What a line means."""
        if CONSENT.match(message):
            return Step("consent")
        return Step("request") if COMMAND.fullmatch(message) else None
