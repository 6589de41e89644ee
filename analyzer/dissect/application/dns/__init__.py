"""The Domain Name System (RFC 1035) over UDP and TCP, multicast DNS (RFC 6762) and LLMNR (RFC 4795)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .addresses import addresses
from .conversation import Conversation
from .message import Content, DnsMessage
from .parser import parse, placed
from .recognise import PORTS, protocol_of, recognise, recognise_datagram

__all__ = [
    "NAME", "PORTS", "Content", "Conversation", "DnsMessage", "addresses", "datagram", "datagram_name", "parse", "recognise",
    "recognise_datagram",
]  # fmt: skip

NAME = "dns"
PROTOCOLS: Final = frozenset({DnsMessage.PROTOCOL})  #: of the messages in datagrams
NAMES_CONVERSATIONS: Final = False  #: what conversations are called does not depend on the messages


def datagram_name(ports: tuple[int, int]) -> str:
    """What a conversation between these ports is called: dns, mdns or llmnr."""
    return protocol_of(ports)


def datagram(data: bytes, ports: tuple[int, int], direction: int = 0) -> Sequence[DnsMessage]:
    """The message in a datagram between these ports."""
    protocol = protocol_of(ports)
    return (placed(parse(data, protocol == "mdns"), protocol, direction, 0, len(data)),)
