"""Which applications ride on streams and datagrams: the one place where a protocol above TCP and UDP is registered.

It goes on where stack.py ends, in a file of its own since only some commands look so high.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Final, NamedTuple, Protocol

from analyzer.dissect.application import dns, http1, http2, sse, tls, websocket
from analyzer.dissect.application.starttls import ftp, imap, ldap, mysql, pop3, postgresql, smtp, xmpp
from analyzer.dissect.application.stream import Message, Place
from analyzer.dissect.application.tls import dtls

_DIGITS: Final = b"0123456789"
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#: protocol of a stream -> the values that its first byte may have, in either direction: what `recognise` is asked about at all
BEGINNINGS: Final[Mapping[ModuleType, bytes]] = {
    tls: bytes(range(0x14, 0x18)) + bytes(range(0x80, 0x100)),  # a record, or the length of a hello of SSL 2.0
    http1: _LETTERS + b"\r\n",
    http2: b"P",
    smtp: b"2EHLehl",
    ftp: b"2AFHOSUafhosu",
    imap: _LETTERS + _DIGITS + b"*.",
    pop3: b"+-ACSUacsu",
    xmpp: b"<",
    ldap: b"0",  # the tag of a SEQUENCE
    postgresql: b"\0",  # the high byte of a length
    mysql: bytes(range(0x14, 0x100)),  # the low byte of a length
    dns: bytes(range(0x40)),  # the high byte of a length
    websocket: b"",  # begins behind HTTP only
}
STREAMS: Final[Mapping[str, ModuleType]] = {module.NAME: module for module in BEGINNINGS}
#: by the value of the first byte: those that may begin with it
BY_FIRST_BYTE: Final = tuple(tuple(module for module, first in BEGINNINGS.items() if value in first) for value in range(256))


class DatagramState(Protocol):
    """What a conversation remembers from datagram to datagram, such as the fragments of a message."""

    def feed(self, direction: int, data: bytes, place: Place) -> Sequence[Message]:
        """The messages that a datagram completes; `first` of those that began earlier is filled in."""
        ...

    def close(self) -> Sequence[Message]:
        """Nothing more comes: what is there, incomplete."""
        ...


class Datagram(NamedTuple):
    """A protocol whose messages are datagrams, or parts of them."""

    module: ModuleType  #: has recognise_datagram, datagram_name and, without a state, datagram
    protocol: str  #: Message.PROTOCOL of its messages
    labels: bool  #: conversations are called by what its messages say
    state: Callable[[], DatagramState] | None = None


DATAGRAMS: Final = (Datagram(dns, "dns", False), Datagram(dtls, "tls", True, dtls.Datagrams))
BODIES: Final[Mapping[str, type]] = {"text/event-stream": sse.Reader}  #: media type -> reader of such bodies
