"""A chain of real certificates (RFC 5280) for each name, always the same: the RSA keys come from a seeded generator."""

from __future__ import annotations

import datetime
import math
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

EXPONENT = 65537
PRIME_BITS = 1024
ROUNDS = 8  #: of Miller and Rabin's test
BEGIN = datetime.datetime(2020, 8, 1, tzinfo=datetime.UTC)


def prime(chance: random.Random) -> int:
    """A prime whose product with another one has twice the bits."""
    while True:
        number = chance.getrandbits(PRIME_BITS) | 3 << PRIME_BITS - 2 | 1
        if all(number % small for small in range(3, 1000, 2)) and (number - 1) % EXPONENT and probably_prime(number, chance):
            return number


def probably_prime(number: int, chance: random.Random) -> bool:
    """Miller and Rabin's test."""
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    for _ in range(ROUNDS):
        power = pow(chance.randrange(2, number - 1), (number - 1) >> twos, number)
        if power in (1, number - 1):
            continue
        if not any((power := power * power % number) == number - 1 for _ in range(twos - 1)):
            return False
    return True


def key(chance: random.Random) -> rsa.RSAPrivateKey:
    """2048 bits."""
    p, q = prime(chance), prime(chance)
    d = pow(EXPONENT, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def named(common: str) -> x509.Name:
    """O=Example, CN=..."""
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Authority:
    """A root, an intermediate authority, and one key for all servers."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.root, self.middle, self.leaf = key(chance), key(chance), key(chance)
        self.intermediate = self.certificate("Example CA 1", "Example Root", self.root, self.middle, 3650)

    def chain(self, name: str) -> list[bytes]:
        """A server's certificate and the intermediate one."""
        return [self.certificate(name, "Example CA 1", self.middle, self.leaf, 90), self.intermediate]

    def certificate(self, subject: str, issuer: str, signer: rsa.RSAPrivateKey, holder: rsa.RSAPrivateKey, days: int) -> bytes:
        """DER."""
        authority = holder is self.middle
        builder = (
            x509.CertificateBuilder(named(issuer), named(subject), holder.public_key(), self.chance.getrandbits(120) | 1 << 119)
            .not_valid_before(BEGIN)
            .not_valid_after(BEGIN + datetime.timedelta(days))
            .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(holder.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if not authority:
            names = [x509.DNSName(subject), x509.DNSName("*." + subject.split(".", 1)[-1])]
            usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
