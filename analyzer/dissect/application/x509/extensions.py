"""Extensions that say whose certificate it is (RFC 5280 section 4.2.1): alternative names, CA or not, key identifiers."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import islice
from typing import Final

from .der import BOOLEAN, OCTET_STRING, SEQUENCE, Element, children, element

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"

DNS_NAME: Final = 0x82  #: GeneralName ::= CHOICE { ..., dNSName [2] IA5String, ... iPAddress [7] OCTET STRING, ... }
IP_ADDRESS: Final = 0x87
KEY_IDENTIFIER: Final = 0x80  #: AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0], ... }
ADDRESS_LENGTHS: Final = (4, 16)
AUTHORITY_PARTS: Final = 3  #: of an AuthorityKeyIdentifier
MAX_NAMES: Final = 2_048  #: alternative names of one certificate that are read; the largest of content networks have hundreds


@dataclass(slots=True)
class Identity:
    """What the extensions say."""

    dns_names: list[str] = field(default_factory=list)
    ip_addresses: list[str] = field(default_factory=list)
    is_ca: bool = False
    subject_key_id: str = ""
    authority_key_id: str = ""
    faults: list[str] = field(default_factory=list)


def identity(extensions: dict[str, bytes]) -> Identity:
    """Read from the values of the extensions; one that cannot be read is named, and left out as far as it cannot."""
    found = Identity()
    readers = {
        SUBJECT_ALT_NAME: ("subject_alt_name", SEQUENCE, _alternative_names),
        BASIC_CONSTRAINTS: ("basic_constraints", SEQUENCE, _constraints),
        SUBJECT_KEY_IDENTIFIER: ("subject_key_id", OCTET_STRING, _subject_key),
        AUTHORITY_KEY_IDENTIFIER: ("authority_key_id", SEQUENCE, _authority_key),
    }
    for oid, (name, tag, reader) in readers.items():
        if oid not in extensions:
            continue
        value = extensions[oid]
        outer = element(value, 0, len(value))
        clean = outer is not None and outer.tag == tag and not outer.cut and outer.end == len(value)
        if outer is None or outer.tag != tag or not reader(value, outer, found) or not clean:
            found.faults.append(name)
    return found


def _alternative_names(value: bytes, outer: Element, found: Identity) -> bool:
    clean, end = True, outer.start
    for number, name in enumerate(children(value, outer)):
        if number == MAX_NAMES:
            found.faults.append("too_many_names")
            return clean
        octets, end = value[name.start : name.end], name.end
        clean = clean and not name.cut
        if name.tag == DNS_NAME:
            clean = clean and octets.isascii()
            found.dns_names.append(octets.decode("utf-8", "replace"))
        elif name.tag == IP_ADDRESS:
            if len(octets) in ADDRESS_LENGTHS:
                found.ip_addresses.append(str(ip_address(octets)))
            else:
                clean = False
    return clean and end == outer.end


def _constraints(value: bytes, outer: Element, found: Identity) -> bool:
    """BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }"""
    first = next(children(value, outer), None)
    if first is not None and first.tag == BOOLEAN:
        found.is_ca = any(value[first.start : first.end])
    return first is not None or outer.start == outer.end


def _subject_key(value: bytes, outer: Element, found: Identity) -> bool:
    found.subject_key_id = value[outer.start : outer.end].hex()
    return True


def _authority_key(value: bytes, outer: Element, found: Identity) -> bool:
    for part in islice(children(value, outer), AUTHORITY_PARTS):
        if part.tag == KEY_IDENTIFIER:
            found.authority_key_id = value[part.start : part.end].hex()
            return True
    return True
