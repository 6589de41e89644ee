"""What is DNS: on its own ports nearly everything, elsewhere only a message of which every part makes sense.

NetBIOS names (RFC 1002 section 4.2) travel in the same format and are not taken for DNS.
"""

from __future__ import annotations

from typing import Final

from .code_points import CLASSES, OPCODES, TYPES
from .message import RESPONSE, Content
from .parser import HEADER_SIZE, parse

PORT: Final = 53
MDNS_PORT: Final = 5353
LLMNR_PORT: Final = 5355
PORTS: Final = (PORT, MDNS_PORT, LLMNR_PORT)

LENGTH_SIZE: Final = 2  #: before each message on a byte stream (RFC 1035 section 4.2.2)
RESERVED: Final = 0x0040  #: of the flags: must be zero
MAX_COUNT: Final = 4  #: questions of a message that is recognised by content alone
SMALLEST_QUESTION: Final = 5  #: bytes
SMALLEST_RECORD: Final = 11
NETBIOS_NAME: Final = 32  #: letters that an encoded NetBIOS name has, out of NETBIOS_LETTERS
NETBIOS_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOP")


def protocol_of(ports: tuple[int, int]) -> str:
    """dns, mdns or llmnr; the lower of two known ports decides, as in Wireshark."""
    if PORT in ports:
        return "dns"
    return "mdns" if MDNS_PORT in ports else "llmnr" if LLMNR_PORT in ports else "dns"


def recognise_datagram(data: bytes, ports: tuple[int, int]) -> bool:
    """Whether a datagram is a message."""
    if ports[0] in PORTS or ports[1] in PORTS:
        return len(data) > 0
    return _header_makes_sense(data) and _makes_sense(parse(data), len(data), False)


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """Whether messages with their lengths begin here; None: more bytes are needed."""
    if len(head) < LENGTH_SIZE:
        return None
    size = head[0] << 8 | head[1]
    message = head[LENGTH_SIZE : LENGTH_SIZE + size]
    if size < HEADER_SIZE or (len(message) >= HEADER_SIZE and not _header_makes_sense(message, size)):
        return False
    if len(message) == size:
        return _makes_sense(parse(message), size, _known(ports))
    if len(message) < HEADER_SIZE or not _known(ports):
        return None
    asked = parse(message).questions
    return all(one["class"] in CLASSES for one in asked) if asked else None


def _known(ports: tuple[int, int]) -> bool:
    return ports[0] in PORTS or ports[1] in PORTS


def _header_makes_sense(data: bytes, size: int = 0) -> bool:
    if len(data) < HEADER_SIZE:
        return False
    flags = data[2] << 8 | data[3]
    questions, answers, authorities, additionals = (data[at] << 8 | data[at + 1] for at in range(4, HEADER_SIZE, 2))
    if flags & RESERVED or flags >> 11 & 0xF not in OPCODES or questions > MAX_COUNT:
        return False
    if not flags & RESPONSE and (flags & 0xF or not questions):
        return False
    records = answers + authorities + additionals
    smallest = HEADER_SIZE + questions * SMALLEST_QUESTION + records * SMALLEST_RECORD
    return questions + records > 0 and smallest <= (size or len(data))


def _makes_sense(content: Content, size: int, known: bool) -> bool:
    """Only on `known` ports may a message be without questions: zone transfers go on in this way (RFC 5936 section 2.2)."""
    if content.malformed or content.end != size or not (content.questions or known):
        return False
    for one in content.questions:
        first = one["name"].partition(".")[0]
        if one["class"] & 0x7FFF not in CLASSES or one["type"] not in TYPES or not one["name"].isprintable():
            return False
        if len(first) == NETBIOS_NAME and NETBIOS_LETTERS.issuperset(first):
            return False
    return True
