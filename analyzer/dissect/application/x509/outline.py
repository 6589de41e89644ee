"""The fields of a certificate (RFC 5280 section 4.1), as they lie in its encoding; nothing is judged but that they are there.

Certificate     ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
TBSCertificate  ::= SEQUENCE { [0] version, serialNumber INTEGER, signature, issuer, validity, subject,
                               subjectPublicKeyInfo, [1] issuerUniqueID, [2] subjectUniqueID, [3] extensions }
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Element,
    children,
    element,
    object_identifier,
)

VERSION: Final = 0xA0
EXTENSIONS: Final = 0xA3
MAX_EXTENSIONS: Final = 128  #: of one certificate that are read; real ones have about ten

#: the fields that every certificate has, behind the version
FIELDS: Final = (
    ("serial", INTEGER), ("signature", SEQUENCE), ("issuer", SEQUENCE), ("validity", SEQUENCE), ("subject", SEQUENCE),
    ("public_key", SEQUENCE),
)  # fmt: skip


@dataclass(slots=True)
class Outline:
    """The encoded fields; what is not there or cut is empty."""

    serial: bytes = b""  #: the value, without tag and length
    issuer: bytes = b""
    validity: tuple[Element, ...] = ()
    subject: bytes = b""
    public_key: bytes = b""
    signature_algorithm: str = ""  #: that of the signature itself, behind tbsCertificate; else the one inside
    extensions: dict[str, bytes] = field(default_factory=dict)  #: type -> value; the first of each type
    faults: list[str] = field(default_factory=list)


def outline(der: bytes) -> Outline:
    """What there is of it."""
    found = Outline()
    whole = element(der, 0, len(der))
    if whole is None or whole.tag != SEQUENCE:
        found.faults.append("not_der")
        return found
    if whole.cut:
        found.faults.append("cut")
    elif whole.end != len(der):
        found.faults.append("trailing_bytes")
    outer = list(zip(range(3), children(der, whole), strict=False))
    if not outer or outer[0][1].tag != SEQUENCE:
        found.faults.append("structure")
        return found
    _to_be_signed(der, outer[0][1], found)
    if len(outer) == 3 and outer[1][1].tag == SEQUENCE and outer[2][1].tag == BIT_STRING:
        found.signature_algorithm = algorithm(der, outer[1][1]) or found.signature_algorithm
    elif not whole.cut:
        found.faults.append("signature")
    return found


def _to_be_signed(der: bytes, parent: Element, found: Outline) -> None:
    parts = list(zip(range(len(FIELDS) + 4), children(der, parent), strict=False))
    at = 1 if parts and parts[0][1].tag == VERSION else 0
    for number, (name, tag) in enumerate(FIELDS, at):
        part = parts[number][1] if number < len(parts) else None
        if part is None or part.tag != tag or part.cut:
            found.faults.append(name)
            return
        if name == "serial":
            found.serial = der[part.start : part.end]
        elif name == "signature":
            found.signature_algorithm = algorithm(der, part)
        elif name == "validity":
            found.validity = tuple(time for _, time in zip(range(2), children(der, part), strict=False))
        else:
            setattr(found, name, der[part.at : part.end])
    for _, part in parts[at + len(FIELDS) :]:
        if part.tag == EXTENSIONS:
            _extensions(der, part, found)


def _extensions(der: bytes, parent: Element, found: Outline) -> None:
    """Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }"""
    listed = next(children(der, parent), None)
    if listed is None or listed.tag != SEQUENCE or listed.cut:
        found.faults.append("extensions")
    if listed is None:
        return
    for number, extension in enumerate(children(der, listed)):
        parts = list(zip(range(3), children(der, extension), strict=False)) if extension.tag == SEQUENCE else []
        tags = tuple(part.tag for _, part in parts)
        whole = tags in ((OBJECT_IDENTIFIER, OCTET_STRING), (OBJECT_IDENTIFIER, BOOLEAN, OCTET_STRING))
        oid = object_identifier(der[parts[0][1].start : parts[0][1].end]) if whole else ""
        if not oid or oid in found.extensions or parts[-1][1].cut or number >= MAX_EXTENSIONS:
            if "extensions" not in found.faults:
                found.faults.append("extensions")
            if number >= MAX_EXTENSIONS:
                return
            continue
        found.extensions[oid] = der[parts[-1][1].start : parts[-1][1].end]


def algorithm(der: bytes, parent: Element) -> str:
    """The type of an AlgorithmIdentifier; empty where it cannot be read."""
    first = next(children(der, parent), None)
    return object_identifier(der[first.start : first.end]) if first and first.tag == OBJECT_IDENTIFIER else ""
