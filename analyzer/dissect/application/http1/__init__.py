"""HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112): messages out of the byte streams of a connection."""

from __future__ import annotations

from .conversation import Conversation
from .start_line import recognise

NAME = "http"

__all__ = ["NAME", "Conversation", "recognise"]
