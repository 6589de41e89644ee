"""Certificates to test with: real ones by `cryptography`, and ones that no library would make, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * 1_000_000_000
DAY = timedelta(days=1)
DAY_NS = 86_400 * 1_000_000_000

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def new_key(number: int = 0) -> Key:
    """One of several keys."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Issuer:
    """Who signs."""

    name: x509.Name
    key: Key


def name(common_name: str, **more: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name([*(x509.NameAttribute(getattr(NameOID, oid), value) for oid, value in more.items()), *attributes])


def make(
    subject: str | x509.Name,
    issuer: Issuer | None = None,
    *,
    key: Key | None = None,
    dns: Sequence[str] = (),
    ips: Sequence[str] = (),
    ca: bool = False,
    begins: datetime = NOW - 100 * DAY,
    ends: datetime = NOW + 200 * DAY,
    serial: int = 0x1234,
    key_ids: bool = True,
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """A certificate, self-signed without an issuer."""
    key = key or new_key()
    subject = name(subject) if isinstance(subject, str) else subject
    issuer = issuer or Issuer(subject, key)
    builder = x509.CertificateBuilder(issuer.name, subject, key.public_key(), serial, begins, ends)
    names = [*map(x509.DNSName, dns), *(x509.IPAddress(ip_address(ip)) for ip in ips)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    if key_ids:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
    return builder.sign(issuer.key, digest or hashes.SHA256()).public_bytes(Encoding.DER)


ROOT = Issuer(name("Test Root", COUNTRY_NAME="DE"), new_key(1))
MIDDLE = Issuer(name("Test Intermediate", COUNTRY_NAME="DE"), new_key(2))


def root_der() -> bytes:
    return make(ROOT.name, key=ROOT.key, ca=True)


def middle_der(**changed: object) -> bytes:
    return make(MIDDLE.name, ROOT, key=MIDDLE.key, ca=True, **changed)  # type: ignore[arg-type]


def leaf_der(**changed: object) -> bytes:
    return make("www.example.com", MIDDLE, **{"dns": ["www.example.com"], **changed})  # type: ignore[arg-type]


def tlv(tag: int, *content: bytes) -> bytes:
    value = b"".join(content)
    if len(value) < 0x80:
        return bytes((tag, len(value))) + value
    size = (len(value).bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + len(value).to_bytes(size, "big") + value


def oid(dotted: str) -> bytes:
    arcs = tuple(map(int, dotted.split(".")))
    value = b""
    for arc in (40 * arcs[0] + arcs[1], *arcs[2:]):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(0x80 | arc & 0x7F)
        value += bytes(reversed(octets))
    return tlv(6, value)


def name_der(*attributes: tuple[str, int, bytes]) -> bytes:
    """Each (type, tag of the string, octets)."""
    return tlv(0x30, *(tlv(0x31, tlv(0x30, oid(kind), tlv(tag, value))) for kind, tag, value in attributes))


def extension(kind: str, value: bytes) -> bytes:
    return tlv(0x30, oid(kind), tlv(4, value))


def public_key_der() -> bytes:
    return new_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def raw(
    *,
    version: bytes = b"\xa0\x03\x02\x01\x02",
    serial: bytes = b"\x01",
    issuer: bytes = name_der(("2.5.4.3", 12, b"Issuer")),
    begins: bytes = tlv(0x17, b"240101000000Z"),
    ends: bytes = tlv(0x17, b"250101000000Z"),
    subject: bytes = name_der(("2.5.4.3", 12, b"Subject")),
    key: bytes | None = None,
    extensions: Sequence[bytes] = (),
    algorithm: str = "1.2.840.10045.4.3.2",
) -> bytes:
    """A certificate of these fields, with a signature that is none."""
    signature = tlv(0x30, oid(algorithm))
    listed = tlv(0xA3, tlv(0x30, *extensions)) if extensions else b""
    key = public_key_der() if key is None else key
    body = version + tlv(2, serial) + signature + issuer + tlv(0x30, begins, ends) + subject + key + listed
    return tlv(0x30, tlv(0x30, body), signature, tlv(3, b"\0sign"))
