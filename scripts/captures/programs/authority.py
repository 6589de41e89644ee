"""Make a certificate authority and what servers and clients show, good and bad, as PEM files in the current folder.

root.pem, server.pem (with its intermediate), leaf.pem (without), expired.pem, future.pem, other.pem (another name),
self.pem (self-signed), client.pem; server.key belongs to all but the last, which has client.key.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

NAME = "shop.example"
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)


def named(common: str) -> x509.Name:
    """O=Example, CN=..."""
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate(
    subject: str, holder: Key, issuer: str, signer: Key, begin: int, end: int, names: tuple[str, ...] = ()
) -> x509.Certificate:
    """Valid from `begin` to `end` days from now; without names it is an authority."""
    builder = (
        x509.CertificateBuilder(named(issuer), named(subject), holder.public_key(), x509.random_serial_number())
        .not_valid_before(NOW + begin * DAY)
        .not_valid_after(NOW + end * DAY)
        .add_extension(x509.BasicConstraints(not names, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(holder.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def main() -> None:
    """Write the files."""
    root, middle, client = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    server = rsa.generate_private_key(65537, 2048)
    issuer, names = "Example Issuing CA", (NAME, f"*.{NAME}")
    intermediate = certificate(issuer, middle, "Example Root CA", root, -100, 1000)
    leaf = certificate(NAME, server, issuer, middle, -10, 80, names)
    files = {
        "root": [certificate("Example Root CA", root, "Example Root CA", root, -1000, 3000)],
        "server": [leaf, intermediate],
        "leaf": [leaf],
        "expired": [certificate(NAME, server, issuer, middle, -100, -10, names), intermediate],
        "future": [certificate(NAME, server, issuer, middle, 10, 100, names), intermediate],
        "other": [certificate("other.example", server, issuer, middle, -10, 80, ("other.example",)), intermediate],
        "self": [certificate(NAME, server, NAME, server, -10, 80, names)],
        "client": [certificate("Carla Client", client, issuer, middle, -10, 80, ("carla.example",)), intermediate],
    }
    for name, chain in files.items():
        Path(f"{name}.pem").write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))
    for name, key in (("server", server), ("client", client)):
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        Path(f"{name}.key").write_bytes(pem)


if __name__ == "__main__":
    main()
