"""A layer as it is shown, whoever took it apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

FRAME: Final = "frame"  #: name of the layer with what the capture says of the packet
BY_US: Final = "analyzer"
BY_SCAPY: Final = "scapy"
BY_TSHARK: Final = "tshark"


class Value(NamedTuple):
    """A field: what machines read of it, and what people do."""

    name: str
    value: Any  #: None where only the text is known
    text: str
    doc: str = ""
    minor: bool = False  #: another field says the same, so that the tree can go without it


class Note(NamedTuple):
    """A sentence about a layer, and the style that it is painted in."""

    sentence: str
    style: str


@dataclass(slots=True)
class Layer:
    """Some bytes of the frame, or of a datagram that was reassembled from several, and what they say."""

    protocol: str  #: Wireshark's name
    title: str
    info: str = ""  #: what it says, in a few words
    values: list[Value] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    offset: int = 0  #: of its first byte
    data: bytes = b""  #: secrets are masked
    reassembled: bool = False  #: the offset counts in the reassembled datagram
    quoted: bool = False  #: an ICMP error quotes it
    fault: str = ""  #: Fault by name, in lower case
    by: str = BY_US
    row: dict[str, Any] | None = None  #: of a message: instead of values
