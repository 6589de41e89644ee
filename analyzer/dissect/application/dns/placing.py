# cython: language_level=3
"""DNS messages with the place that they have in a datagram or a stream."""

from __future__ import annotations

from collections.abc import Sequence

import cython

from .message import DnsMessage
from .parser import parse
from .recognise import PORT, protocol_of

_empty = DnsMessage.__new__


def datagram(data: bytes, ports: tuple[int, int], direction: cython.int = 0) -> Sequence[DnsMessage]:
    """The message in a datagram between these ports."""
    protocol = "dns" if ports[0] == PORT or ports[1] == PORT else protocol_of(ports)
    return (placed(data, protocol, direction, 0, len(data)),)


def placed(
    data: bytes, protocol: str, direction: cython.int, start: cython.longlong, end: cython.longlong, complete: bool = True
) -> DnsMessage:
    """A message, of which `data` may be the beginning only. The same as DnsMessage(...), in a quarter of its time."""
    message = _empty(DnsMessage)
    message.direction = direction
    message.start = start
    message.end = end
    message.complete = complete
    message.origin = message.first = message.last = None
    message.missing = 0
    message.protocol = protocol
    message.id = data[0] << 8 | data[1] if len(data) >= 2 else None
    message.content = parse(data, protocol == "mdns")
    return message
