"""DNS messages (RFC 1035 section 4), also those of multicast DNS (RFC 6762) and LLMNR (RFC 4795): what they say, as values.

A question is a dict with name, type, type_name, class; a record has ttl and data, too. Data is text in the form of zone files
(RFC 1035 section 5), without final dots; None where there is none; a list of texts for TXT; a dict for SVCB and HTTPS; hex for
unknown types (RFC 3597) and for data that contradicts its type.

Popular names are asked again and again: messages that are equal but for their ids share one Content, and equal OPT records may be
one object. Nobody changes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from analyzer.dissect.application.stream import Message

RESPONSE: Final = 0x8000
OPCODE: Final = 0x7800
OPCODE_SHIFT: Final = 11
TRUNCATED: Final = 0x0200
RCODE: Final = 0x000F

Record = dict[str, Any]


@dataclass(slots=True)
class Content:
    """What the bytes behind the id of a message say, as far as they could be read."""

    flags: int | None  #: the 16 bits behind the id; None: cut off
    asked: bytes  #: the questions as they were sent
    questions: list[Record]
    answers: list[Record]
    authorities: list[Record]
    additionals: list[Record]
    edns: Record | None  #: what the OPT record says (RFC 6891); its extended bits of the rcode are not in `rcode`
    malformed: str  #: what stopped the parser or was skipped, and where; "": nothing
    end: int  #: where it stopped: the length, where all is well
    derived: Any = field(default=None, compare=False, repr=False)  #: what the flow layer makes of all this, once

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
    id: int | None  #: None: cut off
    content: Content
