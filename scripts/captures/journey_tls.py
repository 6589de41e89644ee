"""TLS as bytes for pcaps/journey: what stands in the clear is real, what is encrypted is random and as long as in practice."""

from __future__ import annotations

import random

from large.hello import (
    ALPN,
    APPLICATION,
    CHANGE_CIPHER,
    EXTENDED_MASTER,
    GROUPS,
    HANDSHAKE,
    KEY_SHARE,
    P256,
    P384,
    PSK_MODES,
    SCHEMES,
    SERVER_HELLO,
    SERVER_NAME,
    SIGNATURES,
    TICKET,
    TLS12,
    TLS13,
    VERSIONS,
    X25519,
    handshake,
    record,
    shorts,
    vector,
)

RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  #: RFC 8446, section 4.1.3
CLIENT_HELLO, TICKET_MESSAGE, CERTIFICATE, KEY_EXCHANGE, REQUEST, DONE, VERIFY, CLIENT_EXCHANGE = 1, 4, 11, 12, 13, 14, 15, 16
PRE_SHARED = 41
SHARES = {X25519: 32, P256: 65}
AES_128, AES_128_OLDER = 0x1301, 0xC02F
TAG = 17  #: bytes that TLS 1.3 adds to what a record holds: the type inside, and the tag
OLDER_TAG = 24  #: the same of AES-GCM in TLS 1.2: the explicit nonce, and the tag
FINISHED = 36 + TAG  #: with SHA-256
CLOSE = 2 + TAG
ALERT = 21
FATAL = 2
CHANGE = record(CHANGE_CIPHER, b"\1")


class Secrets:
    """What cannot be read, and the two hellos; the same bytes each time."""

    def __init__(self, seed: int = 1) -> None:
        self.chance = random.Random(seed)

    def sealed(self, *sizes: int) -> bytes:
        """Encrypted records whose content (type and tag included) has these sizes."""
        return b"".join(record(APPLICATION, self.chance.randbytes(size)) for size in sizes)

    def client_hello(
        self,
        name: str | bytes,
        alpn: tuple[bytes, ...] = (b"h2", b"http/1.1"),
        *,
        version: int = TLS13,
        group: int = X25519,
        session: bytes | None = None,
        ticket: bytes | None = None,
        pre_shared: bool = False,
        padding: int = 0,
    ) -> bytes:
        """The record. `ticket`: that of TLS 1.2; `pre_shared`: resumption of TLS 1.3."""
        named = name if isinstance(name, bytes) else name.encode()
        extensions = [
            (SERVER_NAME, vector(b"\0" + vector(named))),
            (EXTENDED_MASTER, b""),
            (GROUPS, vector(shorts((X25519, P256, P384)))),
            (SIGNATURES, vector(shorts(SCHEMES))),
            (TICKET, ticket or b""),
        ]
        if alpn:
            extensions.append((ALPN, vector(b"".join(vector(one, 1) for one in alpn))))
        if version == TLS13:
            share = shorts((group,)) + vector(self.chance.randbytes(SHARES[group]))
            extensions += [(VERSIONS, vector(shorts((TLS13, TLS12)), 1)), (PSK_MODES, b"\1\1"), (KEY_SHARE, vector(share))]
        if padding:
            extensions.append((21, bytes(padding)))
        if pre_shared:  # the last one: RFC 8446, section 4.2.11
            identity = vector(vector(self.chance.randbytes(192)) + self.chance.randbytes(4))
            extensions.append((PRE_SHARED, identity + vector(vector(self.chance.randbytes(32), 1))))
        session = self.chance.randbytes(32) if session is None else session
        fixed = (
            shorts((TLS12,)) + self.chance.randbytes(32) + vector(session, 1) + vector(shorts((AES_128, AES_128_OLDER))) + b"\1\0"
        )
        joined = b"".join(shorts((kind,)) + vector(data) for kind, data in extensions)
        return record(HANDSHAKE, handshake(CLIENT_HELLO, fixed + vector(joined)), 0x0301)

    def server_hello(
        self, *, session: bytes = b"", alpn: bytes = b"", version: int = TLS13, retry: int = 0, pre_shared: bool = False
    ) -> bytes:
        """The record; `retry` is the group that a HelloRetryRequest asks for."""
        extensions: list[tuple[int, bytes]] = [(EXTENDED_MASTER, b"")] if version != TLS13 else [(VERSIONS, shorts((TLS13,)))]
        if version == TLS13:
            share = shorts((retry,)) if retry else shorts((X25519,)) + vector(self.chance.randbytes(32))
            extensions.append((KEY_SHARE, share))
        if alpn:
            extensions.append((ALPN, vector(vector(alpn, 1))))
        if pre_shared:
            extensions.append((PRE_SHARED, b"\0\0"))
        random_ = RETRY_RANDOM if retry else self.chance.randbytes(32)
        cipher = AES_128 if version == TLS13 else AES_128_OLDER
        fixed = shorts((TLS12,)) + random_ + vector(session, 1) + shorts((cipher,)) + b"\0"
        joined = b"".join(shorts((kind,)) + vector(data) for kind, data in extensions)
        return record(HANDSHAKE, handshake(SERVER_HELLO, fixed + vector(joined)))

    def flight(self, certificate: int = 2600, *, asks: bool = False, resumed: bool = False) -> bytes:
        """TLS 1.3, behind the ServerHello: EncryptedExtensions, Certificate and CertificateVerify if not resumed, Finished."""
        middle = () if resumed else (*((60 + TAG,) if asks else ()), certificate + TAG, 264 + TAG)
        return CHANGE + self.sealed(27 + TAG, *middle, FINISHED)

    def older_flight(self, chain: list[bytes], session: bytes, alpn: bytes = b"", *, asks: bool = False) -> bytes:
        """TLS 1.2: ServerHello to ServerHelloDone."""
        certificates = handshake(CERTIFICATE, vector(b"".join(vector(one, 3) for one in chain), 3))
        key = b"\3\0\x1d" + vector(self.chance.randbytes(32), 1) + shorts((SCHEMES[1],)) + vector(self.chance.randbytes(256))
        request = handshake(REQUEST, vector(b"\1\x40", 1) + vector(shorts(SCHEMES)) + vector(b""))
        parts = [certificates, handshake(KEY_EXCHANGE, key), *([request] if asks else []), handshake(DONE, b"")]
        hello = self.server_hello(session=session, alpn=alpn, version=TLS12)
        return hello + b"".join(record(HANDSHAKE, part) for part in parts)

    def older_keys(self, chain: list[bytes] | None = None) -> bytes:
        """TLS 1.2, the client's second flight: (Certificate,) ClientKeyExchange, (CertificateVerify,) and Finished."""
        shown = handshake(CERTIFICATE, vector(b"".join(vector(one, 3) for one in chain), 3)) if chain is not None else b""
        proof = handshake(VERIFY, shorts((SCHEMES[1],)) + vector(self.chance.randbytes(256))) if chain else b""
        exchange = handshake(CLIENT_EXCHANGE, vector(self.chance.randbytes(32), 1))
        clear = b"".join(record(HANDSHAKE, part) for part in (shown, exchange, proof) if part)
        return clear + self.older_finished()

    def older_finished(self) -> bytes:
        """TLS 1.2: ChangeCipherSpec and the encrypted Finished."""
        return CHANGE + record(HANDSHAKE, self.chance.randbytes(16 + OLDER_TAG))

    def older_ticket(self) -> bytes:
        """TLS 1.2: NewSessionTicket, in the clear."""
        return record(HANDSHAKE, handshake(TICKET_MESSAGE, b"\0\0\x1c\x20" + vector(self.chance.randbytes(192))))

    def bytes(self, count: int) -> bytes:
        """A session id, say."""
        return self.chance.randbytes(count)


def alert(description: int, level: int = FATAL) -> bytes:
    """In the clear."""
    return record(ALERT, bytes((level, description)))
