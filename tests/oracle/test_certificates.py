"""Every certificate of pcaps/ and of the reference captures: what we read is what `cryptography` and `openssl x509` read.

tshark takes them out of the captures. Where texts may differ, and why (our text is RFC 4514 with registered names):

- OpenSSL writes GN for givenName, street for STREET, and hexadecimal in upper case.
- OpenSSL writes serial numbers with an even number of digits; ours have no zeros in front.
- `cryptography` writes the value of an attribute without a short name as text, which RFC 4514 section 2.4 forbids.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from analyzer.dissect.application.x509.certificate import Certificate, describe
from analyzer.dissect.application.x509.names import SHORT_NAMES
from analyzer.dissect.application.x509.times import in_words

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
EVERYONE = os.environ.get("ANALYZER_REQUIRE_TSHARK") == "1"
MARKS = b"\x06\x03\x55\x04", b"TRAFFIC_SECRET"  #: an attribute of a name; keys for what is encrypted
COMPRESSED = {".gz", ".zst", ".lz4", ".bz2", ".xz"}
CONTROL = re.compile(r"(?<!\\)\\([01][0-9A-F]|7F)")  #: what we escape (RFC 4514 section 2.4), and cryptography does not
NO_CAPTURES = {".md", ".py", ".json", ".keylog", ".txt", ".png"}
KEYS = {
    rsa.RSAPublicKey: "rsa", dsa.DSAPublicKey: "dsa", ec.EllipticCurvePublicKey: "ec", ed25519.Ed25519PublicKey: "ed25519",
    ed448.Ed448PublicKey: "ed448",
}  # fmt: skip


def captures() -> Iterator[Path]:
    for folder in [ROOT / "pcaps", *([Path(REFERENCE, "captures")] if REFERENCE else [])]:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in NO_CAPTURES:
                data = b"" if path.suffix in COMPRESSED else path.read_bytes()
                if path.suffix in COMPRESSED or any(mark in data for mark in MARKS):
                    yield path


def from_capture(path: Path) -> set[bytes]:
    fields = [part for protocol in ("tls", "dtls") for part in ("-e", f"{protocol}.handshake.certificate")]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,", *fields]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return {bytes.fromhex(one) for one in re.split(r"[,\t\n]", out.replace(":", "")) if one}


@cache
def certificates() -> dict[str, bytes]:
    """Fingerprint -> DER."""
    if shutil.which("tshark") is None:
        if EVERYONE:
            pytest.fail("tshark is not installed")
        pytest.skip("tshark is not installed: nobody takes the certificates out of the captures")
    with ThreadPoolExecutor(2) as pool:
        found = set().union(*pool.map(from_capture, captures()))
    return {hashlib.sha256(der).hexdigest(): der for der in found}


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set: only the certificates of pcaps/ are compared")
def test_reference_captures_have_certificates() -> None:
    assert len(certificates()) > 40


def test_cryptography_agrees() -> None:
    differences = []
    for fingerprint, der in certificates().items():
        ours = describe(der)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            both = list(compared(ours, x509.load_der_x509_certificate(der)))
        for what, mine, other in both:
            if mine != other:
                differences.append(f"{fingerprint[:16]} {what}: {mine!r}, cryptography says {other!r}")
    assert not differences, "\n".join(differences)


def compared(ours: Certificate, theirs: x509.Certificate) -> Iterator[tuple[str, object, object]]:
    names = {x509.ObjectIdentifier(oid): short for oid, short in SHORT_NAMES.items()}
    for what, text, name in (("subject", ours.subject, theirs.subject), ("issuer", ours.issuer, theirs.issuer)):
        if "#" not in text:
            yield what, CONTROL.sub(lambda escaped: chr(int(escaped[1], 16)), text), name.rfc4514_string(names)
    yield "serial", ours.serial, f"{theirs.serial_number:x}"
    yield "not_before", ours.not_before, theirs.not_valid_before_utc
    yield "not_after", ours.not_after, theirs.not_valid_after_utc
    yield "fingerprint", ours.sha256, theirs.fingerprint(hashes.SHA256()).hex()
    digest = theirs.signature_hash_algorithm
    yield "hash", ours.signature_hash, digest.name if digest else ""
    key = theirs.public_key()
    yield "key", ours.key.type, next(name for kind, name in KEYS.items() if isinstance(key, kind))
    yield "bits", ours.key.bits, getattr(key, "key_size", ours.key.bits)
    found = {extension.oid: extension.value for extension in theirs.extensions}
    names_of = found.get(x509.SubjectAlternativeName.oid)
    yield "dns_names", list(ours.dns_names), names_of.get_values_for_type(x509.DNSName) if names_of else []
    addresses = names_of.get_values_for_type(x509.IPAddress) if names_of else []
    yield "ip_addresses", list(ours.ip_addresses), list(map(str, addresses))
    constraints = found.get(x509.BasicConstraints.oid)
    yield "is_ca", ours.is_ca, bool(constraints and constraints.ca)
    own = found.get(x509.SubjectKeyIdentifier.oid)
    yield "subject_key_id", ours.subject_key_id, own.digest.hex() if own else ""
    above = found.get(x509.AuthorityKeyIdentifier.oid)
    yield "authority_key_id", ours.authority_key_id, (above.key_identifier or b"").hex() if above else ""


def test_openssl_agrees() -> None:
    if shutil.which("openssl") is None:
        if EVERYONE:
            pytest.fail("openssl is not installed")
        pytest.skip("openssl is not installed")
    differences = []
    for fingerprint, der in certificates().items():
        ours, theirs = describe(der), openssl(der)
        mine = {
            "subject": as_openssl(ours.subject),
            "issuer": as_openssl(ours.issuer),
            "serial": ours.serial.upper().removeprefix("-").zfill(2),
            "notBefore": in_words(ours.not_before).replace("T", " ") if ours.not_before else None,
            "notAfter": in_words(ours.not_after).replace("T", " ") if ours.not_after else None,
        }
        mine["serial"] = "-" * ours.serial.startswith("-") + mine["serial"].zfill(len(mine["serial"]) + len(mine["serial"]) % 2)
        for what, value in mine.items():
            if value != theirs.get(what):
                differences.append(f"{fingerprint[:16]} {what}: {value!r}, openssl says {theirs.get(what)!r}")
    assert not differences, "\n".join(differences)


def openssl(der: bytes) -> dict[str, str]:
    options = ["-noout", "-subject", "-issuer", "-serial", "-dates", "-dateopt", "iso_8601", "-nameopt", "RFC2253,-esc_msb,utf8"]
    run = subprocess.run(["openssl", "x509", "-inform", "DER", *options], input=der, capture_output=True, check=True)
    return dict(line.split("=", 1) for line in run.stdout.decode().rstrip("\n").split("\n"))


def as_openssl(text: str) -> str:
    text = re.sub(r"#[0-9a-f]+", lambda found: found[0].upper(), text)
    return re.sub(r"(^|[,+])(givenName|STREET)=", lambda m: m[1] + {"givenName": "GN", "STREET": "street"}[m[2]] + "=", text)
