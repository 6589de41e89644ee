"""Fields of packets: everything that `packets -e` can show and a display filter can ask for, by Wireshark's names.

A field finds all its occurrences in a batch at once, as columns. What is shown of them and what a filter does with them
is decided by the reader: see Field.shown and Field.occurrences.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from . import analysis, frame, link, network, protocol, transport, wireless
from .field import Field
from .view import Dissected, Occurrences, View, views

__all__ = ["FIELDS", "NAMED", "Dissected", "Field", "Occurrences", "UnknownField", "View", "find", "views"]

NEAREST: Final = 3  #: suggestions for a name that is unknown
#: what users of Wireshark often ask for and no dissector here takes apart
NOT_YET: Final = frozenset(
    (
        "bootp", "dhcp", "dhcpv6", "ftp", "gquic", "http2", "http3", "imap", "kerberos", "ldap", "mqtt", "nbns", "ntp", "pop",
        "quic", "rtcp", "rtp", "sip", "smb", "smb2", "smtp", "snmp", "ssdp", "ssh", "stun", "syslog", "telnet", "tftp",
    )
)  # fmt: skip
#: families that are no fields of packets, since their messages span packets -> the command that shows them
COMMANDS: Final = {
    "dns": "dns", "mdns": "dns", "llmnr": "dns", "tls": "tls", "ssl": "tls", "dtls": "tls", "http": "http",
    "websocket": "websocket",
}  # fmt: skip

_MODULES: Final = (frame, link, wireless, network, transport, analysis, protocol)
NAMED: Final = frozenset(field.name for field in protocol.NAMED)  #: protocols that are recognized and not dissected
FIELDS: Final[dict[str, Field]] = {
    field.name: field for fields in (*(module.FIELDS for module in _MODULES), protocol.NAMED) for field in fields
}


class UnknownField(ValueError):
    """A name that is no field, with the nearest ones that are, or the reason why Wireshark's field is not here."""

    def __init__(self, name: str) -> None:
        self.name = name
        family = name.lower().partition(".")[0]
        missing = (family in NOT_YET or family in COMMANDS) and family not in FIELDS
        self.nearest = [] if missing else difflib.get_close_matches(name, FIELDS, NEAREST, 0.6)
        hint = "`analyzer fields` lists all"
        if missing and family in COMMANDS:
            hint = f"its messages span packets: the command `analyzer {COMMANDS[family]}` shows them"
        elif missing:
            hint = f"{family} is not dissected yet"
        elif self.nearest:
            hint = f"did you mean {' or '.join(self.nearest)}?"
        super().__init__(f"there is no field {name!r}; {hint}")


def find(names: Iterable[str]) -> list[Field]:
    """The fields of these names, each once. Raises UnknownField."""
    fields = []
    for name in dict.fromkeys(names):
        if name not in FIELDS:
            raise UnknownField(name)
        fields.append(FIELDS[name])
    return fields
