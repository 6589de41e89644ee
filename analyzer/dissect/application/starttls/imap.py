"""IMAP (RFC 9051) and its STARTTLS (section 6.2.1)."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from analyzer.dissect.application.stream import Opening

from .negotiation import Lines, Side, Step

NAME = "imap"

GREETINGS: Final = (b"* OK", b"* PREAUTH", b"* BYE")
COMMAND: Final = re.compile(
    rb"[A-Za-z0-9.]{1,32} (?:CAPABILITY|STARTTLS|LOGIN [^\r\n]+|AUTHENTICATE [^\r\n]+|ID [^\r\n]+)\r?\n", re.IGNORECASE
)
MAX_HEAD: Final = 512  #: bytes of a first line that are waited for
#: of a COMMAND; a tag alone could be anything
BEGINS: Final = re.compile(rb"[A-Za-z0-9.]{1,32} (?:[CSLAI][A-Z]*|(?:LOGIN|AUTHENTICATE|ID) [^\r\n]*)?\r?", re.IGNORECASE)
TAG: Final = re.compile(rb"[A-Za-z0-9.]{1,32}")
PORTS: Final = frozenset((143, 993))
REQUEST: Final = re.compile(rb"[^ \r\n]+ STARTTLS *\r?\n", re.IGNORECASE)
#: a line with a tag: a reply, or else a command
TAGGED: Final = re.compile(rb"([^* +\r\n][^ \r\n]*) (?:(OK|NO|BAD)(?=[ \r\n]))?", re.IGNORECASE)
CONSENT: Final = b"OK"


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """The greeting of a server, or the first command of a client."""
    if head[:1] == b"*":
        begin = head[: max(map(len, GREETINGS))].upper()
        if begin.startswith(GREETINGS):
            return True
        return None if any(greeting.startswith(begin) for greeting in GREETINGS) else False
    if COMMAND.match(head[:MAX_HEAD]):
        return True
    begins = BEGINS.fullmatch(head) or (not PORTS.isdisjoint(ports) and TAG.fullmatch(head))
    return None if begins and len(head) < MAX_HEAD else False


class Conversation(Lines):
    """Up to STARTTLS and the OK with the tag of that command.

    Tags may be used again, and some clients know only one: the third reply with a tag answers the third command with it.
    """

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._commands: Counter[bytes] = Counter()  #: with this tag, so far
        self._replies: Counter[bytes] = Counter()

    def read(self, side: Side, message: bytes) -> Step | None:
        """What a line means."""
        tagged = TAGGED.match(message)
        if not tagged:
            return None
        tag, result = tagged.groups()
        times = self._replies if result else self._commands
        times[tag] += 1
        if not side.whole:  # nobody knows how many are missing: the records will show where they begin
            return None
        if REQUEST.fullmatch(message):
            return Step("request", (tag, times[tag]))
        return Step("consent", (tag, times[tag])) if result and result.upper() == CONSENT else None
