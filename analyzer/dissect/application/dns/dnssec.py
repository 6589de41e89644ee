"""Keys, signatures and hashes in records: DNSSEC (RFC 4034, RFC 5155), TLSA (RFC 6698), SSHFP (RFC 4255).

The form is that of zone files.
"""

from __future__ import annotations

import struct
from base64 import b32hexencode, b64encode
from datetime import UTC, datetime

from .code_points import type_name
from .names import MalformedError, Names


def ds(names: Names, at: int, end: int) -> str:
    """RFC 4034 section 5: key tag, algorithm, digest type, digest."""
    tag, algorithm, kind = struct.unpack_from("!HBB", names.data[:end], at)
    return f"{tag} {algorithm} {kind} {names.data[at + 4 : end].hex()}"


def dnskey(names: Names, at: int, end: int) -> str:
    """RFC 4034 section 2: flags, protocol, algorithm, key."""
    flags, protocol, algorithm = struct.unpack_from("!HBB", names.data[:end], at)
    return f"{flags} {protocol} {algorithm} {b64encode(names.data[at + 4 : end]).decode()}"


def rrsig(names: Names, at: int, end: int) -> str:
    """RFC 4034 section 3: type, algorithm, labels, TTL, expiration, inception, key tag, signer, signature."""
    kind, algorithm, labels, ttl, expiration, inception, tag = struct.unpack_from("!HBBIIIH", names.data[:end], at)
    signer, behind = names.read(at + 18)
    if behind > end:
        raise MalformedError("the data of a record is longer than it says")
    times = f"{_moment(expiration)} {_moment(inception)}"
    signature = b64encode(names.data[behind:end]).decode()
    return f"{type_name(kind)} {algorithm} {labels} {ttl} {times} {tag} {signer} {signature}"


def nsec(names: Names, at: int, end: int) -> str:
    """RFC 4034 section 4: the next name, and the types that exist."""
    following, behind = names.read(at)
    return " ".join((following, *_types(names.data[behind:end])))


def nsec3(names: Names, at: int, end: int) -> str:
    """RFC 5155 section 3: hash algorithm, flags, iterations, salt, hash of the next name, types."""
    data = names.data[at:end]
    algorithm, flags, iterations, salt = struct.unpack_from("!BBHB", data)
    hashed = 5 + salt
    following = hashed + 1 + data[hashed]
    if following > len(data):
        raise MalformedError("the data of a record is longer than it says")
    owner = b32hexencode(data[hashed + 1 : following]).decode().rstrip("=").lower()
    return " ".join(map(str, (algorithm, flags, iterations, data[5:hashed].hex() or "-", owner, *_types(data[following:]))))


def nsec3param(names: Names, at: int, end: int) -> str:
    """RFC 5155 section 4."""
    algorithm, flags, iterations, salt = struct.unpack_from("!BBHB", names.data[:end], at)
    if at + 5 + salt != end:
        raise MalformedError("the data of a record is longer than it says")
    return f"{algorithm} {flags} {iterations} {names.data[at + 5 : end].hex() or '-'}"


def tlsa(names: Names, at: int, end: int) -> str:
    """RFC 6698 section 2: usage, selector, matching type, data."""
    usage, selector, matching = struct.unpack_from("!BBB", names.data[:end], at)
    return f"{usage} {selector} {matching} {names.data[at + 3 : end].hex()}"


def sshfp(names: Names, at: int, end: int) -> str:
    """RFC 4255 section 3: algorithm, hash, fingerprint."""
    algorithm, kind = struct.unpack_from("!BB", names.data[:end], at)
    return f"{algorithm} {kind} {names.data[at + 2 : end].hex()}"


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%d%H%M%S}"


def _types(data: bytes) -> list[str]:
    """Type bit maps (RFC 4034 section 4.1.2): windows of 256 types."""
    found: list[str] = []
    at = 0
    while at < len(data):
        window, size = data[at : at + 2]
        if not 1 <= size <= 32 or at + 2 + size > len(data):
            raise MalformedError("a type bit map is cut short")
        for place, octet in enumerate(data[at + 2 : at + 2 + size]):
            found.extend(type_name(window << 8 | place << 3 | bit) for bit in range(8) if octet & 0x80 >> bit)
        at += 2 + size
    return found
