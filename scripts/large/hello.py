"""TLS hellos as bytes (RFC 8446, RFC 5246, RFC 9849): three kinds of client, and the ServerHello of either version."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

RANDOM_PLACE = 5 + 4 + 2  #: record header, handshake header, version
SESSION_PLACE = RANDOM_PLACE + 32 + 1
HANDSHAKE, CHANGE_CIPHER, APPLICATION = 22, 20, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
TLS12, TLS13 = 0x0303, 0x0304
SERVER_NAME, GROUPS, POINTS, SIGNATURES, ALPN, PADDING, EXTENDED_MASTER, TICKET = 0, 10, 11, 13, 16, 21, 23, 35
VERSIONS, PSK_MODES, KEY_SHARE, STATUS, SCT, COMPRESS, RENEGOTIATION = 43, 45, 51, 5, 18, 27, 0xFF01
ENCRYPTED_HELLO, HKDF_SHA256, AES_128_GCM = 0xFE0D, 1, 1
SEALED = 144  #: bytes of what looks like an encrypted ClientHello (RFC 9849, section 6.2)
X25519, P256, P384, MLKEM = 29, 23, 24, 0x11EC
SHARE_SIZES = {X25519: 32, P256: 65, MLKEM: 1216}
CIPHERS = (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x9C, 0x9D, 0x2F, 0x35)
SCHEMES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)
PADDED = 512  #: what RFC 7685 pads a hello to
GREASE = tuple(0x0A0A + 0x1010 * n for n in range(16))


@dataclass(frozen=True)
class Client:
    """What a kind of client sends."""

    shares: tuple[int, ...]
    alpn: tuple[bytes, ...]
    greased: bool  #: RFC 8701, and GREASE ECH
    shuffled: bool  #: extensions in another order every time
    padded: bool


CLIENTS = (
    Client((MLKEM, X25519), (b"h2", b"http/1.1"), greased=True, shuffled=True, padded=False),
    Client((X25519, P256), (b"h2", b"http/1.1"), greased=False, shuffled=False, padded=True),
    Client((X25519,), (b"http/1.1",), greased=False, shuffled=False, padded=True),
)


def record(kind: int, data: bytes, version: int = TLS12) -> bytes:
    """A record."""
    return struct.pack(">BHH", kind, version, len(data)) + data


def handshake(kind: int, data: bytes) -> bytes:
    """A handshake message."""
    return struct.pack(">I", kind << 24 | len(data)) + data


def vector(data: bytes, width: int = 2) -> bytes:
    """Bytes behind their length."""
    return len(data).to_bytes(width, "big") + data


def shorts(values: tuple[int, ...]) -> bytes:
    """16-bit numbers."""
    return struct.pack(f">{len(values)}H", *values)


def client_hello(name: str, client: Client, chance: random.Random) -> tuple[bytes, int]:
    """The record, and where in it the first key share's bytes begin."""
    first = client.shares[0]
    grease = (chance.choice(GREASE),) if client.greased else ()
    groups = (*grease, *client.shares, *(group for group in (X25519, P256, P384) if group not in client.shares))
    exchange = chance.randbytes(SHARE_SIZES[first])
    shares = b"".join(shorts((group,)) + vector(b"\0") for group in grease) + shorts((first,)) + vector(exchange)
    shares += b"".join(shorts((group,)) + vector(chance.randbytes(SHARE_SIZES[group])) for group in client.shares[1:])
    extensions = [
        (SERVER_NAME, vector(b"\0" + vector(name.encode()))),
        (EXTENDED_MASTER, b""),
        (RENEGOTIATION, b"\0"),
        (GROUPS, vector(shorts(groups))),
        (POINTS, b"\1\0"),
        (TICKET, b""),
        (ALPN, vector(b"".join(vector(one, 1) for one in client.alpn))),
        (STATUS, b"\1\0\0\0\0"),
        (SIGNATURES, vector(shorts(SCHEMES))),
        (SCT, b""),
        (KEY_SHARE, vector(shares)),
        (PSK_MODES, b"\1\1"),
        (VERSIONS, vector(shorts((*grease, TLS13, TLS12)), 1)),
        (COMPRESS, b"\2\0\2"),
    ]
    if client.greased:
        sealed = b"\0" + shorts((HKDF_SHA256, AES_128_GCM)) + chance.randbytes(1)
        extensions.append((ENCRYPTED_HELLO, sealed + vector(chance.randbytes(32)) + vector(chance.randbytes(SEALED))))
    if client.shuffled:
        chance.shuffle(extensions)
    if client.greased:
        extensions = [(chance.choice(GREASE[:8]), b""), *extensions, (chance.choice(GREASE[8:]), b"\0")]
    ciphers = (*grease, *CIPHERS)
    fixed = shorts((TLS12,)) + bytes(32) + vector(bytes(32), 1) + vector(shorts(ciphers)) + b"\1\0"
    joined = b"".join(shorts((kind,)) + vector(data) for kind, data in extensions)
    size = 4 + len(fixed) + 2 + len(joined)
    if client.padded and size < PADDED:
        joined += shorts((PADDING,)) + vector(bytes(max(0, PADDED - size - 4)))
    whole = record(HANDSHAKE, handshake(CLIENT_HELLO, fixed + vector(joined)), 0x0301)
    return whole, whole.index(exchange)


def server_hello(version: int, alpn: bytes, chance: random.Random) -> bytes:
    """The handshake message; ALPN is encrypted in TLS 1.3."""
    if version == TLS13:
        extensions = shorts((VERSIONS,)) + vector(shorts((TLS13,)))
        extensions += shorts((KEY_SHARE,)) + vector(shorts((X25519,)) + vector(chance.randbytes(32)))
        cipher, session = 0x1301, chance.randbytes(32)
    else:
        extensions = shorts((EXTENDED_MASTER,)) + vector(b"") + shorts((RENEGOTIATION,)) + vector(b"\0")
        extensions += shorts((ALPN,)) + vector(vector(vector(alpn, 1)))
        cipher, session = 0xC02F, b""
    fixed = shorts((TLS12,)) + chance.randbytes(32) + vector(session, 1) + shorts((cipher,)) + b"\0"
    return handshake(SERVER_HELLO, fixed + vector(extensions))
