"""The truth of a connection whose keys are known: in which frames the request and the first byte of its answer lie.

Follows the records of TLS 1.2 (RFC 5246) and 1.3 (RFC 8446) with the secrets of a key log, AES-GCM and ChaCha20-Poly1305, on
captures without renegotiation or key updates. Everything here is apart from the analyzer: it reads frames with the laboratory's
parser and puts the streams together itself.
"""

from __future__ import annotations

import hmac
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from lab import pcapfile
from lab.frame import ACK, SYN, distance, parse, places

CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, FINISHED = 1, 2, 20
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
VERSIONS_EXTENSION = 43
TLS13 = 0x0304
#: suite -> hash, key length, ChaCha20
SUITES = {0x1301: ("sha256", 16, False), 0x1302: ("sha384", 32, False), 0x1303: ("sha256", 32, True)}
for _suite in (0xC02F, 0xC02B, 0x009C, 0x009E):
    SUITES[_suite] = ("sha256", 16, False)
for _suite in (0xC030, 0xC02C, 0x009D, 0x009F):
    SUITES[_suite] = ("sha384", 32, False)
for _suite in (0xCCA8, 0xCCA9, 0xCCAA):
    SUITES[_suite] = ("sha256", 32, True)
TAG, EXPLICIT = 16, 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS = 1


@dataclass
class Way:
    """What one side sent: its bytes, and for each place of them the first frame that showed it."""

    base: int | None = None  #: sequence number of the first byte
    data: bytearray = field(default_factory=bytearray)
    starts: list[tuple[int, int, int]] = field(default_factory=list)  #: begin, end, frame; in the order of frames
    parts: dict[int, bytes] = field(default_factory=dict)

    def add(self, seq: int, payload: bytes, frame: int) -> None:
        """A segment."""
        assert self.base is not None
        begin = distance(seq, self.base)
        if payload and begin >= 0:
            self.starts.append((begin, begin + len(payload), frame))
            if len(payload) > len(self.parts.get(begin, b"")):
                self.parts[begin] = payload

    def join(self) -> None:
        """Put the segments together, up to the first hole."""
        for begin in sorted(self.parts):
            if begin > len(self.data):
                return
            self.data += self.parts[begin][len(self.data) - begin :] if begin + len(self.parts[begin]) > len(self.data) else b""

    def frame(self, place: int) -> int:
        """The first frame that showed this byte."""
        return next(frame for begin, end, frame in self.starts if begin <= place < end)


@dataclass
class Talk:
    """A connection as it was captured."""

    syn: int  #: frame of its first SYN
    client_port: int
    server_port: int
    client: Way = field(default_factory=Way)
    server: Way = field(default_factory=Way)


@dataclass
class Truth:
    """Frames by number."""

    client_port: int
    server_port: int
    version: int
    http2: bool
    data: int  #: the first byte of the client's data (in HTTP/2 the preface)
    request: int | None  #: the first byte of the record with the request
    first_byte: int | None  #: the first byte of the record with the beginning of the answer
    finished: int | None  #: the record of the client's Finished begins there


def talks(path: Path) -> tuple[dict[int, int], list[Talk]]:
    """Frame -> time, and the connections that begin in the capture, by the order of their SYNs."""
    found: dict[tuple[bytes, int, bytes, int], Talk] = {}
    made: list[Talk] = []
    times: dict[int, int] = {}
    for number, (time, frame) in enumerate(pcapfile.read(path), 1):
        times[number] = time
        segment, where = parse(frame), places(frame)
        if segment is None or where is None:
            continue
        payload = frame[where[2] - segment.payload : where[2]]
        begin = (segment.seq + 1) % 2**32
        if segment.flags & (SYN | ACK) == SYN and (segment.flow not in found or found[segment.flow].client.base != begin):
            found[segment.flow] = Talk(number, segment.flow[1], segment.flow[3], Way(begin))  # ports may be used again
            made.append(found[segment.flow])
        talk = found.get(segment.flow) or found.get(segment.reverse)
        if talk is None:
            continue
        way = talk.client if segment.flow in found else talk.server
        if segment.flags & SYN:
            way.base = begin
        elif way.base is not None:
            way.add(segment.seq, payload, number)
    for talk in made:
        talk.client.join()
        talk.server.join()
    return times, made


def records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where each record begins, its type and content."""
    at = 0
    while at + 5 <= len(data):
        kind, _, length = struct.unpack_from(">BHH", data, at)
        if at + 5 + length > len(data):
            return
        yield at, kind, data[at + 5 : at + 5 + length]
        at += 5 + length


def key_log(path: Path) -> dict[bytes, dict[str, bytes]]:
    """Client random -> label -> secret."""
    found: dict[bytes, dict[str, bytes]] = defaultdict(dict)
    for line in path.read_text().splitlines():
        parts = line.split()
        if len(parts) == 3 and not line.startswith("#"):
            found[bytes.fromhex(parts[1])][parts[0]] = bytes.fromhex(parts[2])
    return found


def expand(secret: bytes, label: bytes, length: int, name: str) -> bytes:
    """HKDF-Expand-Label of TLS 1.3 with an empty context, up to one block of the hash."""
    full = b"tls13 " + label
    info = struct.pack(">HB", length, len(full)) + full + b"\0"
    return hmac.digest(secret, info + b"\1", name)[:length]


def prf(secret: bytes, seed: bytes, length: int, name: str) -> bytes:
    """The PRF of TLS 1.2."""
    out, a = b"", seed
    while len(out) < length:
        a = hmac.digest(secret, a, name)
        out += hmac.digest(secret, a + seed, name)
    return out[:length]


class Opener:
    """Decrypts the records of one side with one key."""

    def __init__(self, key: bytes, iv: bytes, chacha: bool, older: bool) -> None:
        self.cipher: AESGCM | ChaCha20Poly1305 = ChaCha20Poly1305(key) if chacha else AESGCM(key)
        self.iv, self.explicit, self.older, self.number = iv, older and not chacha, older, 0

    def open(self, kind: int, content: bytes) -> tuple[int, bytes] | None:
        """Type and content inside; None if this is not the key."""
        if self.explicit:
            nonce, sealed = self.iv + content[:EXPLICIT], content[EXPLICIT:]
        else:
            nonce, sealed = (int.from_bytes(self.iv, "big") ^ self.number).to_bytes(12, "big"), content
        length = len(sealed) - TAG if self.older else len(content)
        head = struct.pack(">BHH", kind, 0x0303, length)
        try:
            plain = self.cipher.decrypt(nonce, sealed, struct.pack(">Q", self.number) + head if self.older else head)
        except InvalidTag:
            return None
        self.number += 1
        if self.older:
            return kind, plain
        plain = plain.rstrip(b"\0")
        return plain[-1], plain[:-1]


def _hello(content: bytes) -> tuple[bytes, int, int]:
    """Random, suite and version of a ServerHello."""
    random_, session = content[6:38], content[38]
    at = 39 + session
    (suite,) = struct.unpack_from(">H", content, at)
    (version,) = struct.unpack_from(">H", content, 4)
    at += 5
    while at + 4 <= len(content):
        kind, length = struct.unpack_from(">HH", content, at)
        if kind == VERSIONS_EXTENSION:
            (version,) = struct.unpack_from(">H", content, at + 4)
        at += 4 + length
    return random_, suite, version


def _plain(way: Way, openers: list[Opener], older: bool) -> Iterator[tuple[int, int, bytes]]:
    """Where each encrypted record begins, what type is inside, and what it holds."""
    encrypted = not older
    for at, kind, content in records(bytes(way.data)):
        if kind == CHANGE_CIPHER:
            encrypted = True
        elif encrypted and (older or kind == APPLICATION):
            while openers:
                opened = openers[0].open(kind, content)
                if opened is not None:
                    yield at, *opened
                    break
                openers.pop(0)


def _http2(pieces: list[tuple[int, bytes]], skip: int) -> int | None:
    """Where the record begins that has the first HEADERS frame."""
    data = b"".join(piece for _, piece in pieces)
    at = skip
    while at + 9 <= len(data):
        if data[at + 3] == HEADERS:
            passed = 0
            for place, piece in pieces:
                passed += len(piece)
                if at < passed:
                    return place
        at += 9 + int.from_bytes(data[at : at + 3], "big")
    return None


def truth(talk: Talk, keys: dict[bytes, dict[str, bytes]]) -> Truth | None:
    """None: no handshake that came to its end, no keys, or no request."""
    hellos = [content for _, kind, content in records(bytes(talk.server.data)) if kind == HANDSHAKE and content[:1] == b"\2"]
    hellos = [content for content in hellos if content[6:38] != RETRY]
    first = next((content for _, kind, content in records(bytes(talk.client.data)) if kind == HANDSHAKE), b"")
    if not hellos or first[6:38] not in keys:
        return None
    secrets = keys[first[6:38]]
    server_random, suite, version = _hello(hellos[0])
    name, length, chacha = SUITES[suite]
    older = version != TLS13
    sides: dict[str, list[Opener]] = {}
    if older:
        fixed = 12 if chacha else 4
        block = prf(secrets["CLIENT_RANDOM"], b"key expansion" + server_random + first[6:38], 2 * (length + fixed), name)
        ivs = block[2 * length :]
        sides["CLIENT"] = [Opener(block[:length], ivs[:fixed], chacha, True)]
        sides["SERVER"] = [Opener(block[length : 2 * length], ivs[fixed:], chacha, True)]
    else:
        for side in ("CLIENT", "SERVER"):
            stages = [secrets.get(f"{side}_{stage}") for stage in ("HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0")]
            sides[side] = [
                Opener(expand(one, b"key", length, name), expand(one, b"iv", 12, name), chacha, False) for one in stages if one
            ]
    sent = list(_plain(talk.client, sides["CLIENT"], older))
    data = [(at, content) for at, kind, content in sent if kind == APPLICATION]
    finished = next((at for at, kind, content in sent if kind == HANDSHAKE and content[:1] == bytes([FINISHED])), None)
    back = [(at, content) for at, kind, content in _plain(talk.server, sides["SERVER"], older) if kind == APPLICATION]
    if not data:
        return None
    http2 = b"".join(content for _, content in data).startswith(PREFACE)
    request = _http2(data, len(PREFACE)) if http2 else data[0][0]
    answer = _http2(back, 0) if http2 else back[0][0] if back else None
    return Truth(
        talk.client_port,
        talk.server_port,
        version,
        http2,
        talk.client.frame(data[0][0]),
        None if request is None else talk.client.frame(request),
        None if answer is None else talk.server.frame(answer),
        None if finished is None else talk.client.frame(finished),
    )
