"""What encrypted records are by their lengths: alerts, Finished, tickets, and the control frames that HTTP/2 begins with.

In TLS 1.3 a record is longer than what it holds by the tag and the true type (RFC 8446 section 5.2); before, with ciphers that
authenticate, by the tag and the part of the nonce that is sent (RFC 5288 section 3; RFC 7905 section 2: none).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from analyzer.dissect.application.stream import Place
from analyzer.dissect.application.tls.names import cipher_suite_name
from analyzer.dissect.application.tls.record import HEADER

SHORT_TAGS: Final = frozenset((0x1305,))  #: TLS_AES_128_CCM_8_SHA256
LONG_HASHES: Final = frozenset((0x1302,))  #: TLS_AES_256_GCM_SHA384
TYPE: Final = 1
TAG: Final = 16
SHORT_TAG: Final = 8
ALERT: Final = 2
MESSAGE_HEADER: Final = 4
HASH: Final = 32
LONG_HASH: Final = 48
EMPTY_CERTIFICATE: Final = MESSAGE_HEADER + 4

MOST_TICKETS: Final = 4  #: that servers send at once
LEAST_TICKET: Final = 40  #: bytes of a record; a ticket holds a key, or names one
MOST_TICKET: Final = 1_000
MOST_TICKET_WITH_CERTIFICATES: Final = 2_100  #: those of the client may be in it

EXPLICIT_NONCE: Final = 8  #: RFC 5288 section 3

ALIKE: Final = (0, 16)  #: bytes in which tickets of one session differ: none, or a block of the cipher that encrypts them

#: RFC 9113 section 4.1 and 6: bytes of frames that connections begin with
FRAME: Final = 9
SETTING: Final = 6
MOST_SETTINGS: Final = 8
WINDOW_UPDATE: Final = FRAME + 4
PING: Final = FRAME + 8
LARGEST_CONTROL: Final = FRAME + MOST_SETTINGS * SETTING + WINDOW_UPDATE + FRAME
MOST_CONTROL: Final = 4  #: records of such frames before the first answer


class Ciphertext(NamedTuple):
    """An encrypted record."""

    start: int  #: stream offsets, its header included
    end: int
    type: int
    first: Place  #: the frame with its first byte
    last: Place  #: the frame that completes it

    @property
    def length(self) -> int:
        """As its header says."""
        return self.end - self.start - HEADER


class Lengths:
    """Of the records of TLS 1.3 that can be told by their length, with this cipher suite."""

    def __init__(self, cipher_suite: int | None) -> None:
        self.added = TYPE + (SHORT_TAG if cipher_suite in SHORT_TAGS else TAG)
        self.alert = self.added + ALERT
        self.finished = self.added + MESSAGE_HEADER + (LONG_HASH if cipher_suite in LONG_HASHES else HASH)
        self.empty_certificate = self.added + EMPTY_CERTIFICATE


def added(cipher_suite: int | None) -> int | None:
    """Bytes that a record has more than what it holds, before TLS 1.3; None: that depends on what it holds."""
    name = "" if cipher_suite is None else cipher_suite_name(cipher_suite)
    if "CHACHA20" in name:
        return TAG
    if "GCM" in name or "CCM" in name:
        return EXPLICIT_NONCE + (SHORT_TAG if name.endswith("CCM_8") else TAG)
    return None


def may_be_ticket(record: Ciphertext, client_certificate: bool) -> bool:
    """Whether it has the length of one."""
    return LEAST_TICKET <= record.length <= (MOST_TICKET_WITH_CERTIFICATES if client_certificate else MOST_TICKET)


def tickets(able: Sequence[Ciphertext], apart: int, client_certificate: bool) -> int:
    """How many of the records at the beginning look like tickets: of one length with the first, in one burst, not too many."""
    first = able[0]
    if not may_be_ticket(first, client_certificate):
        return 0
    count = 1
    while (
        count < len(able)
        and abs(able[count].length - first.length) in ALIKE
        and able[count].first.time - first.first.time < apart
    ):
        count += 1
    return count if count <= MOST_TICKETS else 0


def is_control(length: int) -> bool:
    """Whether so many bytes of HTTP/2 can be SETTINGS, its acknowledgment, WINDOW_UPDATE, or these in a row."""
    for more in (0, WINDOW_UPDATE, FRAME, WINDOW_UPDATE + FRAME):
        rest = length - more
        if (rest == 0 and more) or (FRAME <= rest <= FRAME + MOST_SETTINGS * SETTING and (rest - FRAME) % SETTING == 0):
            return True
    return length == PING
