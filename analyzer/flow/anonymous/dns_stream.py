"""DNS over TCP (RFC 7766): each message behind its length."""

from __future__ import annotations

from typing import Final

from . import dns_message
from .anonymizer import Anonymizer

PORT: Final = 53
PREFIX: Final = 2


class DnsStream:
    """One direction."""

    over = False

    def __init__(self, anonymizer: Anonymizer) -> None:
        self._anonymizer = anonymizer
        self._held = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        before = len(self._held)
        held = self._held + data
        at, patches = 0, []
        while len(held) - at >= PREFIX:
            size = int.from_bytes(held[at : at + PREFIX], "big")
            if len(held) - at - PREFIX < size:
                break
            message = dns_message.anonymous(held[at + PREFIX : at + PREFIX + size], self._anonymizer)
            patches.append((at - before, held[at : at + PREFIX] + message))
            at += PREFIX + size
        self._held = held[at:]
        return patches
