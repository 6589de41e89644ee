"""What a certificate says (RFC 5280), with what is wrong in it; never an exception, whatever the bytes are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from .algorithms import SIGNATURES
from .extensions import identity
from .keys import Key, public_key, signature_hash, signed
from .names import common_name, text
from .outline import outline
from .remembered import remembered
from .times import moment

MAX_CERTIFICATE: Final = 65_536  #: bytes that are read of one; the largest signatures (SLH-DSA, FIPS 205) have 49,856
MAX_SERIAL: Final = 20  #: octets (RFC 5280 section 4.1.2.2); longer ones are shown, and said to be so
OVERHEAD: Final = 2_048  #: bytes of memory that a certificate takes beside its encoding and names,
NAME_SIZE: Final = 128  #: and a name


@dataclass(slots=True, frozen=True, eq=False)
class Certificate:
    """One certificate. What could not be read is empty or None, and named in `faults`."""

    der: bytes = field(repr=False)  #: at most MAX_CERTIFICATE
    sha256: str  #: fingerprint, lower hex
    subject: str  #: RFC 4514
    issuer: str
    subject_der: bytes = field(repr=False)
    issuer_der: bytes = field(repr=False)
    common_name: str  #: of the subject
    serial: str  #: lower hex
    not_before: datetime | None
    not_after: datetime | None
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    key: Key
    signature_algorithm: str
    signature_hash: str  #: empty where the algorithm has none of its own, or is unknown
    is_ca: bool
    self_signed: bool
    subject_key_id: str  #: lower hex
    authority_key_id: str
    faults: tuple[str, ...]  #: the fields that could not be read, or break the rules


def describe(der: bytes) -> Certificate:
    """The certificate in these bytes."""
    if len(der) <= MAX_CERTIFICATE:
        return _describe(der)
    begin = _describe(der[:MAX_CERTIFICATE])
    return replace(begin, sha256=hashlib.sha256(der).hexdigest(), faults=(*begin.faults, "too_long"))


def weight(one: Certificate) -> int:
    """About how many bytes of memory it takes."""
    return OVERHEAD + len(one.der) + NAME_SIZE * (len(one.dns_names) + len(one.ip_addresses))


@remembered(lambda proof, subject, issuer: weight(subject) + weight(issuer))
def issued(subject: Certificate, issuer: Certificate) -> bool | None:
    """Whether `issuer` signed `subject`; None: the names and key identifiers fit, the signature could not be checked."""
    if not subject.issuer_der or subject.issuer_der != issuer.subject_der:
        return False
    proof = signed(subject.der, issuer.der)
    if proof is None and subject.authority_key_id and issuer.subject_key_id:
        return None if subject.authority_key_id == issuer.subject_key_id else False
    return proof


@remembered(lambda found, der: weight(found))
def _describe(der: bytes) -> Certificate:
    fields = outline(der)
    faults = fields.faults
    texts = []
    for name, encoded in (("issuer", fields.issuer), ("subject", fields.subject)):
        written, clean = text(encoded) if encoded else ("", True)
        texts.append(written)
        if not clean:
            faults.append(name)
    times = [moment(time.tag, der[time.start : time.end]) for time in fields.validity]
    times += [(None, False)] * (2 - len(times))
    if fields.subject:
        faults += [name for name, (_, allowed) in zip(("not_before", "not_after"), times, strict=True) if not allowed]
    known = identity(fields.extensions)
    key = public_key(fields.public_key)
    if fields.public_key and not key.readable:
        faults.append("public_key")
    algorithm, digest = SIGNATURES.get(fields.signature_algorithm, (fields.signature_algorithm, ""))
    found = Certificate(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        subject=texts[1],
        issuer=texts[0],
        subject_der=fields.subject,
        issuer_der=fields.issuer,
        common_name=common_name(fields.subject),
        serial=_serial(fields.serial, faults),
        not_before=times[0][0],
        not_after=times[1][0],
        dns_names=tuple(known.dns_names),
        ip_addresses=tuple(known.ip_addresses),
        key=key,
        signature_algorithm=algorithm,
        signature_hash=digest or signature_hash(der),
        is_ca=known.is_ca,
        self_signed=False,
        subject_key_id=known.subject_key_id,
        authority_key_id=known.authority_key_id,
        faults=tuple(dict.fromkeys((*faults, *known.faults))),
    )
    # where its own key cannot be asked (MD5, unknown algorithms), the equal names must do
    return replace(found, self_signed=issued(found, found) is not False)


def _serial(value: bytes, faults: list[str]) -> str:
    """CertificateSerialNumber ::= INTEGER: positive, of at most 20 octets. Zero is forbidden too, but old roots have it."""
    if not value:
        return ""
    number = int.from_bytes(value, "big", signed=True)
    if number < 0:
        faults.append("serial_negative")
    if len(value) > MAX_SERIAL:
        faults.append("serial_too_long")
    return f"{number:x}"
