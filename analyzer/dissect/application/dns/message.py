"""DNS messages (RFC 1035 section 4), also those of multicast DNS (RFC 6762) and LLMNR (RFC 4795): what they say, as values.

A question is a dict with name, type, type_name, class; a record has ttl and data, too. Data is text in the form of zone files
(RFC 1035 section 5), without final dots; None where there is none; a list of texts for TXT; a dict for SVCB and HTTPS; hex for
unknown types (RFC 3597) and for data that contradicts its type. Equal OPT records may be one object: nobody changes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from analyzer.dissect.application.stream import Message

RESPONSE: Final = 0x8000
OPCODE: Final = 0x7800
OPCODE_SHIFT: Final = 11
TRUNCATED: Final = 0x0200
RCODE: Final = 0x000F

Record = dict[str, Any]


class Content(NamedTuple):
    """What the bytes of a message say, as far as they could be read."""

    id: int | None  #: None: cut off, as the next
    flags: int | None  #: the 16 bits behind the id
    asked: bytes  #: the questions as they were sent
    questions: list[Record]
    answers: list[Record]
    authorities: list[Record]
    additionals: list[Record]
    edns: Record | None  #: what the OPT record says (RFC 6891); its extended bits of the rcode are not in `rcode`
    malformed: str  #: what stopped the parser or was skipped, and where; "": nothing
    end: int  #: where it stopped: the length, where all is well

    @property
    def response(self) -> bool | None:
        return None if self.flags is None else self.flags & RESPONSE != 0

    @property
    def opcode(self) -> int | None:
        return None if self.flags is None else (self.flags & OPCODE) >> OPCODE_SHIFT

    @property
    def rcode(self) -> int | None:
        return None if self.flags is None else self.flags & RCODE


@dataclass(slots=True, kw_only=True, eq=False)
class DnsMessage(Message):
    """A message in its conversation."""

    PROTOCOL: ClassVar[str] = "dns"

    protocol: str = "dns"  #: dns, mdns or llmnr
    content: Content


NOTHING: Final = Content(None, None, b"", [], [], [], [], None, "", 0)
