"""Encrypted Client Hello (RFC 9849): is a name hidden behind this ClientHello, or does it only look so?

Clients without a key of the server send the extension with random bytes (GREASE, section 6.2), made so that nobody on the way
can tell it from a true offer. One ClientHello therefore proves nothing by its shape. What does prove an offer:

- the visible server name is the public name of an operator that publishes keys for ECH: a client sends it for nothing else.
- a second ClientHello, after a HelloRetryRequest, has an empty `enc`: with GREASE it would repeat the first one (section 6.2).
- the extension is of the inner type, which only servers behind a client-facing one see.
- its predecessor encrypted_server_name is there, which had no GREASE.

Without such a proof it is called GREASE: that is what nearly all of them are, and what cannot be told from it.
"""

from __future__ import annotations

from typing import Final

NONE: Final = "none"
GREASE: Final = "grease"
OFFERED: Final = "offered"

ENCRYPTED_CLIENT_HELLO: Final = 0xFE0D
ENCRYPTED_SERVER_NAME: Final = 0xFFCE

INNER: Final = 1  #: type, its first byte; 0: the outer one
ENC_LENGTH: Final = 6  #: behind type, KDF, AEAD, config_id
ENC: Final = 8

#: names that stand in ClientHellos only where ECH hides another one
PUBLIC_NAMES: Final = frozenset(("cloudflare-ech.com", "public.tls-ech.dev", "cover.defo.ie"))


def judge(extension: bytes, server_name: str | None) -> str:
    """What an encrypted_client_hello extension says, beside the visible server name."""
    if extension[:1] == bytes((INNER,)):
        return OFFERED
    if (server_name or "").lower() in PUBLIC_NAMES:
        return OFFERED
    empty = len(extension) >= ENC and extension[ENC_LENGTH:ENC] == b"\0\0"
    return OFFERED if empty else GREASE
