"""Public keys and signatures, through the library `cryptography`: what kind of key, how strong, and did it sign this."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .algorithms import BITS, KEYS
from .der import SEQUENCE, children, element
from .outline import algorithm

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


class Key(NamedTuple):
    """A public key."""

    type: str  #: a name, or the dotted number of an unknown algorithm; empty where there is none
    bits: int | None
    curve: str = ""
    readable: bool = True  #: false: the library refuses it


@cache
def refusals() -> tuple[type[Exception], ...]:
    """What the library raises where it does not like or does not know something."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509 import InvalidVersion

    return ValueError, TypeError, OverflowError, UnsupportedAlgorithm, InvalidVersion, InvalidSignature


def load(der: bytes) -> Certificate | None:
    """The certificate as the library reads it, if it does."""
    from cryptography.x509 import load_der_x509_certificate

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is a fault of the certificate, which is named elsewhere
        try:
            return load_der_x509_certificate(der)
        except refusals():
            return None


def public_key(encoded: bytes) -> Key:
    """Of a SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    outer = element(encoded, 0, len(encoded))
    first = next(children(encoded, outer), None) if outer else None
    oid = algorithm(encoded, first) if first and first.tag == SEQUENCE else ""
    if not oid:
        return Key("", None, readable=False)
    kind = KEYS.get(oid, oid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            key = load_der_public_key(encoded)
        except refusals():
            return Key(kind, BITS.get(kind), readable=False)
    curve = key.curve.name if isinstance(key, EllipticCurvePublicKey) else ""
    return Key(kind, BITS.get(kind, getattr(key, "key_size", None)), curve)


def signature_hash(der: bytes) -> str:
    """The hash of a signature whose algorithm does not name it (RSASSA-PSS, RFC 4055 section 3.1); empty if unknown."""
    certificate = load(der)
    try:
        algorithm = certificate.signature_hash_algorithm if certificate else None
    except refusals():
        return ""
    return algorithm.name if algorithm else ""


def signed(der: bytes, issuer: bytes) -> bool | None:
    """Whether the key of `issuer` made the signature of `der`; None where that cannot be found out."""
    from cryptography.exceptions import InvalidSignature

    certificate, signer = load(der), load(issuer)
    if certificate is None or signer is None:
        return None
    try:
        certificate.verify_directly_issued_by(signer)
    except InvalidSignature:
        return False
    except refusals():
        return None
    return True
