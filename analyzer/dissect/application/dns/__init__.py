"""The Domain Name System (RFC 1035) over UDP and TCP, multicast DNS (RFC 6762) and LLMNR (RFC 4795)."""

from __future__ import annotations

from .addresses import addresses
from .conversation import Conversation
from .message import Content, DnsMessage
from .parser import parse
from .placing import datagram
from .recognise import PORTS, protocol_of, recognise, recognise_datagram

__all__ = [
    "NAME", "PORTS", "Content", "Conversation", "DnsMessage", "addresses", "datagram", "datagram_name", "parse", "recognise",
    "recognise_datagram",
]  # fmt: skip

NAME = "dns"


def datagram_name(ports: tuple[int, int]) -> str:
    """What a conversation between these ports is called: dns, mdns or llmnr."""
    return protocol_of(ports)
