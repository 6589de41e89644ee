"""DNS messages as bytes."""

from __future__ import annotations

import struct

HEADER = struct.Struct("!6H")
QUESTION = b"\3www\7example\0" + struct.pack("!HH", 1, 1)
TO_QUESTION = b"\xc0\x0c"  #: pointer to the name of the first question
RESPONSE = 0x8180
QUERY = 0x0100


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in text.encode().split(b".") if label) + b"\0"


def question(text: str, kind: int = 1, family: int = 1) -> bytes:
    return name(text) + struct.pack("!HH", kind, family)


def record(owner: bytes, kind: int, data: bytes, family: int = 1, ttl: int = 60) -> bytes:
    return owner + struct.pack("!HHIH", kind, family, ttl, len(data)) + data


def query(asked: bytes = QUESTION, number: int = 1, flags: int = QUERY, more: tuple[bytes, ...] = ()) -> bytes:
    return HEADER.pack(number, flags, 1, 0, 0, len(more)) + asked + b"".join(more)


def response(
    *answers: bytes,
    question: bytes = QUESTION,
    flags: int = RESPONSE,
    number: int = 1,
    authorities: tuple[bytes, ...] = (),
    additionals: tuple[bytes, ...] = (),
) -> bytes:
    counts = (bool(question), len(answers), len(authorities), len(additionals))
    return HEADER.pack(number, flags, *counts) + question + b"".join((*answers, *authorities, *additionals))
