"""Distinguished names (RFC 5280 section 4.1.2.4) as text (RFC 4514): the most specific part first.

An attribute has its registered short name (RFC 4519 and the IANA registry of LDAP descriptors); the last ones of SHORT_NAMES have
none there, and the name that OpenSSL gives them. All others are dotted numbers with the value in hexadecimal (section 2.4).
Control characters are escaped, which section 2.4 leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from .der import OBJECT_IDENTIFIER, SEQUENCE, SET, Element, children, element, object_identifier

MAX_ATTRIBUTES: Final = 256  #: of one name
PARTS: Final = 2  #: AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }

COMMON_NAME: Final = "2.5.4.3"
SHORT_NAMES: Final = {
    COMMON_NAME: "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
    "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
    "2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress", "2.5.4.17": "postalCode", "2.5.4.20": "telephoneNumber",
    "2.5.4.41": "name", "2.5.4.42": "givenName", "2.5.4.43": "initials", "2.5.4.44": "generationQualifier",
    "2.5.4.45": "x500UniqueIdentifier", "2.5.4.46": "dnQualifier", "2.5.4.51": "houseIdentifier", "2.5.4.65": "pseudonym",
    "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.3": "mail", "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.840.113549.1.9.8": "unstructuredAddress",
    "2.5.4.97": "organizationIdentifier",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}  # fmt: skip

#: string types; TeletexString is read as Latin-1, which is what everybody put there
ENCODINGS: Final = {
    0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii",
    0x1C: "utf-32-be", 0x1E: "utf-16-be",
}  # fmt: skip
ESCAPED: Final = str.maketrans(
    {character: "\\" + character for character in '"+,;<>\\'} | {code: f"\\{code:02X}" for code in (*range(0x20), 0x7F)}
)


def text(name: bytes) -> tuple[str, bool]:
    """The text of a DER encoded Name, as far as it can be read, and whether it could be read as a whole."""
    relative: list[str] = []
    clean = True
    attributes: list[str] = []
    for begins, oid, value in _attributes(name):
        if value is None:
            clean = False
            break
        if begins and attributes:
            relative.append("+".join(attributes))
            attributes = []
        shown, readable = _value(name, oid, value)
        attributes.append(f"{SHORT_NAMES.get(oid, oid)}={shown}")
        clean = clean and readable
    if attributes:
        relative.append("+".join(attributes))
    return ",".join(reversed(relative)), clean


def common_name(name: bytes) -> str:
    """Its last, most specific common name; empty without one."""
    found = ""
    for _, oid, value in _attributes(name):
        if oid == COMMON_NAME and value is not None and value.tag in ENCODINGS:
            found = name[value.start : value.end].decode(ENCODINGS[value.tag], "replace")
    return found


def _attributes(name: bytes) -> Iterator[tuple[bool, str, Element | None]]:
    """Each attribute: whether a new relative name begins with it, its type and its value; a None where something is wrong."""
    wrong = False, "", None
    outer = element(name, 0, len(name))
    if outer is None or outer.tag != SEQUENCE or outer.cut:
        yield wrong
        return
    end, most = outer.start, MAX_ATTRIBUTES
    for relative in children(name, outer):
        end, begins = relative.end, True
        for attribute in children(name, relative):
            parts = list(islice(children(name, attribute), PARTS + 1)) if attribute.tag == SEQUENCE else []
            oid = object_identifier(name[parts[0].start : parts[0].end]) if parts else ""
            most -= 1
            if (
                most < 0
                or relative.tag != SET
                or len(parts) != PARTS
                or parts[0].tag != OBJECT_IDENTIFIER
                or not oid
                or parts[1].cut
            ):
                yield wrong
                return
            yield begins, oid, parts[1]
            begins = False
    if end != outer.end:
        yield wrong


def _value(name: bytes, oid: str, value: Element) -> tuple[str, bool]:
    """An attribute's value as text, and whether it is what its type says."""
    octets = name[value.start : value.end]
    encoding = ENCODINGS.get(value.tag)
    if encoding is None or oid not in SHORT_NAMES:
        return "#" + name[value.at : value.end].hex(), True
    readable = True
    try:
        decoded = octets.decode(encoding)
    except UnicodeDecodeError:
        decoded, readable = octets.decode(encoding, "replace"), False
    shown = decoded.translate(ESCAPED)
    if decoded.startswith((" ", "#")):
        shown = "\\" + shown
    if len(decoded) > 1 and decoded.endswith(" "):
        shown = shown[:-1] + "\\ "
    return shown, readable
