"""ClientHello in the format of SSL 2.0 (RFC 5246 appendix E.2), which clients sent until about 2010 to reach old servers."""

from __future__ import annotations

from .message import ClientHello
from .record import SSLV2_CIPHER, SSLV2_FIXED


def parse(hello: ClientHello, body: bytes) -> None:
    """Fill in what a message that recognise_sslv2 found whole says. Ciphers of SSL 2.0 itself have three bytes."""
    hello.sslv2 = True
    hello.version = body[1] << 8 | body[2]
    ciphers, session, challenge = (body[at] << 8 | body[at + 1] for at in (3, 5, 7))
    end = SSLV2_FIXED + ciphers
    hello.cipher_suites = tuple(body[at] << 16 | body[at + 1] << 8 | body[at + 2] for at in range(SSLV2_FIXED, end, SSLV2_CIPHER))
    hello.session_id = body[end : end + session]
    hello.random = body[end + session : end + session + challenge]
