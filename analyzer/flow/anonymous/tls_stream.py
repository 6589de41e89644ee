"""TLS (RFC 8446, RFC 5246): records and handshake messages stay as far as their heads go, and the structure of hellos.

A record keeps its header, a handshake message in the clear its type and length, an alert its two bytes. Of a ClientHello and a
ServerHello stay versions, cipher suites, compression and the extensions of KEPT; names are replaced, and random values, session
identifiers, key shares and tickets become others of the same length, equal ones equal.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from .anonymizer import Anonymizer

HEADER: Final = 5
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
LONGEST_RECORD: Final = (1 << 14) + 2048
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
CERTIFICATE_LENGTHS: Final = 6  #: of the list and of the first certificate: an empty list means something else
MESSAGE_HEADER: Final = 4
LONGEST_HANDSHAKE: Final = 1 << 16  #: of messages in several records; the rest of longer ones is not looked at
RANDOM: Final = 32
#: the random value of a HelloRetryRequest (RFC 8446 section 4.1.3)
RETRY: Final = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")
SERVER_NAME, ALPN, PRE_SHARED_KEY, KEY_SHARE = 0, 16, 41, 51
PLAIN_STATUS_REQUEST: Final = b"\x01\0\0\0\0"  #: for whatever OCSP has (RFC 6066 section 8)
#: maximum fragment length, groups, point formats, signature algorithms, SCT, encrypt-then-MAC, extended master
#: secret, certificate compression, record size limit, early data, versions, PSK modes, post-handshake authentication
KEPT: Final = frozenset((1, 10, 11, 13, 22, 23, 27, 28, 42, 43, 45, 49, 50))
#: names of ALPN
PROTOCOLS: Final = frozenset((b"h2", b"h3", b"http/1.1", b"http/1.0", b"dot", b"doq", b"imap", b"pop3", b"ftp", b"mqtt"))
RECORDS: Final = (CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA)


def begins(data: bytes) -> bool:
    """A stream, or the rest of one, begins with a record."""
    return len(data) >= 3 and data[0] in RECORDS and data[1] == 3 and data[2] <= 4


def may_begin(data: bytes) -> bool:
    """The same of so few bytes that nobody can tell."""
    return len(data) < 3 and data[0] in RECORDS and data[1:] in (b"", b"\x03")


class TlsStream:
    """One direction."""

    def __init__(self, anonymizer: Anonymizer) -> None:
        self._anonymizer = anonymizer
        self._held = b""
        self._skip = 0  #: bytes of a record that nobody looks at
        self._encrypted = False
        #: an unfinished message: its bytes, and where its pieces lie
        self._inside: tuple[bytes, list[tuple[int, int]]] = (b"", [])
        self._offset = 0
        self.over = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        base = self._offset
        self._offset += len(data)
        here = base - len(self._held)  # offset of the first held byte
        held = self._held + data
        at = min(self._skip, len(held))
        self._skip -= at
        patches: list[tuple[int, bytes]] = []
        while not self._skip and len(held) - at >= HEADER:
            kind, size = held[at], int.from_bytes(held[at + 3 : at + 5], "big")
            if not begins(held[at : at + 3]) or size > LONGEST_RECORD:
                self.over = True
                break
            plain = kind == HANDSHAKE and not self._encrypted
            if kind == HANDSHAKE and not plain:  # a hello may follow a change of cipher that means nothing (RFC 8446 D.4)
                if len(held) - at < HEADER + MESSAGE_HEADER:
                    break
                told = MESSAGE_HEADER + int.from_bytes(held[at + HEADER + 1 : at + HEADER + MESSAGE_HEADER], "big")
                plain = held[at + HEADER] in (CLIENT_HELLO, SERVER_HELLO) and told == size
            read = plain or kind in (ALERT, CHANGE_CIPHER_SPEC)
            if read and len(held) - at - HEADER < size:
                break
            patches.append((here + at, held[at : at + HEADER]))
            at += HEADER
            if read:
                patches += self._record(kind, held[at : at + size], here + at)
                at += size
            else:
                self._skip = max(size - (len(held) - at), 0)
                at = min(at + size, len(held))
        self._held = b"" if self.over else held[at:]
        return [(place - base, octets) for place, octets in patches]

    def _record(self, kind: int, record: bytes, at: int) -> list[tuple[int, bytes]]:
        if kind == CHANGE_CIPHER_SPEC:
            self._encrypted = True
            return [(at, b"\x01")] if record == b"\x01" else []
        if kind == ALERT:
            return [(at, record)] if len(record) == 2 and record[0] in (1, 2) else []
        held, pieces = self._inside
        held, pieces = held + record, [*pieces, (at, len(record))]
        patches: list[tuple[int, bytes]] = []
        done = 0
        while len(held) - done >= MESSAGE_HEADER:
            size = MESSAGE_HEADER + int.from_bytes(held[done + 1 : done + 4], "big")
            if len(held) - done < size:
                break
            patches += _spread(self._message(held[done : done + size]), done, pieces)
            done += size
        if len(held) - done > LONGEST_HANDSHAKE:
            self._encrypted, held, pieces, done = True, b"", [], 0
        self._inside = held[done:], _behind(pieces, done)
        return patches

    def _message(self, message: bytes) -> bytes:
        """A handshake message; zeros but for its head where it is no hello."""
        kind = message[0]
        head = message[:MESSAGE_HEADER]
        body = bytes(len(message) - MESSAGE_HEADER)
        if kind in (CLIENT_HELLO, SERVER_HELLO):
            with suppress(IndexError):
                body = self._hello(kind, message[MESSAGE_HEADER:])
        elif kind == CERTIFICATE:
            body = (message[MESSAGE_HEADER : MESSAGE_HEADER + CERTIFICATE_LENGTHS] + body)[: len(body)]
        return head + body

    def _hello(self, kind: int, hello: bytes) -> bytes:
        out = bytearray(len(hello))
        at = 2 + RANDOM
        random, session = hello[2:at], hello[at]
        if at + 1 + session > len(hello):
            return bytes(out)
        out[:2] = hello[:2]
        out[2:at] = random if random == RETRY else self._anonymizer.octets(random)
        out[at] = session
        out[at + 1 : at + 1 + session] = self._anonymizer.octets(hello[at + 1 : at + 1 + session])
        at += 1 + session
        if kind == CLIENT_HELLO:
            suites = 2 + int.from_bytes(hello[at : at + 2], "big")
            plain = suites + 1 + hello[at + suites]
        else:
            plain = 3
        out[at : at + plain] = hello[at : at + plain]
        at += plain
        if at + 2 <= len(hello):
            out[at : at + 2] = hello[at : at + 2]
            at += 2
        while at + 4 <= len(hello):
            number, size = (int.from_bytes(hello[at + i : at + i + 2], "big") for i in (0, 2))
            if at + 4 + size > len(hello):
                break
            out[at : at + 4] = hello[at : at + 4]
            out[at + 4 : at + 4 + size] = self._extension(kind, number, hello[at + 4 : at + 4 + size])
            at += 4 + size
        del out[len(hello) :]
        return bytes(out)

    def _extension(self, kind: int, number: int, value: bytes) -> bytes:
        if number in KEPT or value == PLAIN_STATUS_REQUEST:
            return value
        if number == SERVER_NAME and len(value) > 5 and len(value) == 5 + int.from_bytes(value[3:5], "big"):
            return value[:5] + self._anonymizer.labels(value[5:])
        if number == ALPN:
            return value[:2] + protocols(value[2:], self._anonymizer)
        if number == KEY_SHARE:
            return self._shares(kind, value)
        if number == PRE_SHARED_KEY and kind == SERVER_HELLO:
            return value[:2] + bytes(len(value[2:]))
        if number == PRE_SHARED_KEY:
            return self._psk(value)
        return self._anonymizer.octets(value) if number == 35 else bytes(len(value))

    def _shares(self, kind: int, value: bytes) -> bytes:
        """Groups and lengths; other keys."""
        if len(value) == 2:  # of a HelloRetryRequest: the group alone
            return value
        at = 2 if kind == CLIENT_HELLO else 0
        made = value[:at]
        while len(value) - at >= 4:
            size = int.from_bytes(value[at + 2 : at + 4], "big")
            made += value[at : at + 4] + self._anonymizer.octets(value[at + 4 : at + 4 + size])
            at += 4 + size
        return (made + bytes(len(value)))[: len(value)]

    def _psk(self, value: bytes) -> bytes:
        """The lengths of identities and binders; other contents."""
        out = bytearray(len(value))
        at, stop = 2, min(2 + int.from_bytes(value[:2], "big"), len(value))
        out[:2] = value[:2]
        while stop - at >= 2:
            size = int.from_bytes(value[at : at + 2], "big")
            if at + 2 + size + 4 > stop:
                return bytes(out)
            out[at : at + 2] = value[at : at + 2]
            out[at + 2 : at + 2 + size] = self._anonymizer.octets(value[at + 2 : at + 2 + size])
            at += 2 + size + 4
        out[at : at + 2] = value[at : at + 2]
        at += 2
        while at < len(value):
            out[at] = value[at]
            at += 1 + value[at]
        return bytes(out[: len(value)])


def protocols(listed: bytes, anonymizer: Anonymizer) -> bytes:
    """Names of protocols, each behind its length: the known ones, and letters instead of others."""
    made, at = b"", 0
    while at < len(listed):
        name = listed[at + 1 : at + 1 + listed[at]]
        made += listed[at : at + 1] + (name if name in PROTOCOLS else anonymizer.label(name))
        at += 1 + len(name)
    return made


def _spread(octets: bytes, start: int, pieces: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
    """Bytes from `start` on of what the pieces hold together, as patches of each piece."""
    found, before = [], 0
    for at, size in pieces:
        first, last = max(start, before), min(start + len(octets), before + size)
        if first < last:
            found.append((at + first - before, octets[first - start : last - start]))
        before += size
    return found


def _behind(pieces: list[tuple[int, int]], done: int) -> list[tuple[int, int]]:
    """The pieces without their first bytes."""
    left = []
    for at, size in pieces:
        taken = min(done, size)
        done -= taken
        if taken < size:
            left.append((at + taken, size - taken))
    return left
