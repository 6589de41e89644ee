"""The Certificate message (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2): the certificates in it, that of the sender first.

TLS 1.2: certificate_list<0..2^24-1>, each entry cert_data<1..2^24-1>
TLS 1.3: certificate_request_context<0..2^8-1> before it, extensions<0..2^16-1> behind each cert_data
"""

from __future__ import annotations

from typing import Final

LENGTH: Final = 3  #: bytes of the length of the list, and of a certificate
CONTEXT_LENGTH: Final = 1
EXTENSIONS_LENGTH: Final = 2
MAX_CHAIN: Final = 100  #: certificates that are taken from one message; TLS libraries stop at 10 to 100


def parse_chain(body: bytes, tls13: bool = False) -> list[bytes]:
    """The certificates in a message, without its header. One that is cut is the last, as far as it goes."""
    at = CONTEXT_LENGTH + body[0] if tls13 and body else 0
    end = min(len(body), at + LENGTH + int.from_bytes(body[at : at + LENGTH], "big"))
    at += LENGTH
    chain: list[bytes] = []
    while at + LENGTH <= end and len(chain) < MAX_CHAIN:
        size = int.from_bytes(body[at : at + LENGTH], "big")
        at += LENGTH
        if size and at < end:
            chain.append(body[at : min(at + size, end)])
        at += size
        if tls13:
            at += EXTENSIONS_LENGTH + int.from_bytes(body[at : at + EXTENSIONS_LENGTH], "big")
    return chain
