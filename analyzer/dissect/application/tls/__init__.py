"""TLS 1.0 to 1.3 over TCP (RFC 2246, 4346, 5246, 8446) and SSL 3.0 (RFC 6101). DTLS over UDP is in dtls.py."""

from __future__ import annotations

from .conversation import Conversation
from .record import recognise

NAME = "tls"

__all__ = ["NAME", "Conversation", "recognise"]
