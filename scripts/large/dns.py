"""DNS over UDP (RFC 1035, RFC 6891, RFC 9460): what clients ask two resolvers, and what these answer.

10,000 names, the popular ones often; A, AAAA and HTTPS together, as browsers ask. Chains of CNAMEs, names that do not
exist, types that a name does not have; a query in 500 is lost and repeated after a second, one in 1000 never answered.
"""

from __future__ import annotations

import random
import struct
from typing import BinaryIO

import numpy as np

from large import names
from large.frames import ETHERNET, IP, RECORD, SEED, Bytes, Ints, Own, Payloads, big, lower_headers
from large.frames import write as write_frames

UDP = 8
HEADERS = RECORD + ETHERNET + IP + UDP
PROTOCOL, PORT = 17, 53
NAMES = 10_000
A, CNAME, SOA, AAAA, OPT, HTTPS = 1, 5, 6, 28, 41, 65
TYPES = (A, AAAA, HTTPS)
SHARES = (0.5, 0.3, 0.2)  #: how often each type is asked
NAME_ERROR = 3
QUERY_FLAGS, ANSWER_FLAGS = 0x0100, 0x8180
ADDITIONAL = struct.pack(">BHHIH", 0, OPT, 1232, 0, 0)
AUTHORITY = b"\3ns1\4test\0\4host\4test\0" + struct.pack(">5I", 1, 7200, 900, 86400, 300)
QUESTION_POINTER = 0xC00C
CLIENTS, RESOLVERS = 100, 2
FIRST_PORT, CLIENT_PORTS = 49_152, 1000  #: a port is used again after some seconds
STEP = 400  #: us from query to query
ROUND_TRIP = 8_000  #: us, the mean of the answers' times
LOST, SILENT = 500, 1000  #: one query in so many
PATIENCE = 1_000_000  #: us until a query is repeated


def encoded(name: str) -> bytes:
    """Labels, without compression."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(owner: int, kind: int, ttl: int, data: bytes) -> bytes:
    """A resource record whose owner is a compression pointer."""
    return struct.pack(">HHHIH", owner, kind, 1, ttl, len(data)) + data


def address(chance: random.Random) -> bytes:
    """Out of 198.18.0.0/15 (RFC 2544)."""
    return b"\xc6" + bytes([18 + chance.randrange(2)]) + chance.randbytes(2)


def address6(chance: random.Random) -> bytes:
    """Out of 2001:db8::/32 (RFC 3849)."""
    return b"\x20\x01\x0d\xb8" + chance.randbytes(12)


def service(chance: random.Random) -> bytes:
    """HTTPS: this name itself, with ALPN and an address hint."""
    alpn, hint = b"\2h3\2h2", address(chance)
    return struct.pack(">HBHH", 1, 0, 1, len(alpn)) + alpn + struct.pack(">HH", 4, len(hint)) + hint


def answer(name: str, kind: int, exists: bool, chance: random.Random) -> bytes:
    """Everything after the id: flags, counts, question, records."""
    question = encoded(name) + struct.pack(">HH", kind, 1)
    has = exists and chance.random() < {A: 0.99, AAAA: 0.6, HTTPS: 0.3}[kind]
    owner, body, answers = QUESTION_POINTER, b"", 0
    for step in range(chance.choices((0, 1, 2), (6, 3, 1))[0] if exists else 0):
        place = 12 + len(question) + len(body) + 12
        body += record(owner, CNAME, chance.randint(20, 3600), encoded(f"{step}.{name.split('.')[1]}.cdn.test"))
        owner, answers = 0xC000 | place, answers + 1
    for _ in range((chance.randint(1, 4) if kind != HTTPS else 1) if has else 0):
        data = {A: address, AAAA: address6, HTTPS: service}[kind](chance)
        body, answers = body + record(owner, kind, chance.randint(20, 600), data), answers + 1
    if not has:
        zone = 0xC000 | 12 + 1 + question[0]  # the question's name without its first label
        body += record(zone, SOA, 900, AUTHORITY)
    flags = ANSWER_FLAGS if exists else ANSWER_FLAGS | NAME_ERROR
    return struct.pack(">5H", flags, 1, answers, 0 if has else 1, 1) + question + body + ADDITIONAL


def templates() -> tuple[Bytes, Ints, Ints]:
    """The bytes of every query and answer with id 0; begins and lengths in the order name, type, query before answer."""
    chance = random.Random(SEED)
    messages = []
    for name in names.pool(NAMES, chance):
        exists = chance.random() > 0.05
        for kind in TYPES:
            query = struct.pack(">6H", 0, QUERY_FLAGS, 1, 0, 0, 1) + encoded(name) + struct.pack(">HH", kind, 1) + ADDITIONAL
            messages += [query, b"\0\0" + answer(name, kind, exists, chance)]
    lengths = np.array([len(message) for message in messages], np.int64)
    return np.frombuffer(b"".join(messages), np.uint8), np.cumsum(lengths) - lengths, lengths


def write(packets: int, target: BinaryIO) -> None:
    """The capture: queries and answers in the order of their times."""
    pool, begins, lengths = templates()
    generator = np.random.default_rng(SEED)
    queries = packets // 2 + packets // 300 + 2  # enough: some have no answer, some are sent twice
    number = np.arange(queries, dtype=np.int64)
    asked = names.chosen(queries, NAMES, generator) * 2 * len(TYPES) + generator.choice(len(TYPES), queries, p=SHARES) * 2
    lost, silent = number % LOST == 100, number % SILENT == 700
    sent = number * STEP
    answered = sent + 200 + generator.exponential(ROUND_TRIP, queries).astype(np.int64) + np.where(lost, PATIENCE, 0)
    which = np.concatenate([number, number[lost | silent], number[~silent]])
    time = np.concatenate([sent, sent[lost | silent] + PATIENCE, answered[~silent]])
    back = np.arange(len(which)) >= len(which) - int((~silent).sum())
    order = np.argsort(time, kind="stable")[:packets]
    which, time, back = which[order], time[order], back[order]
    message = asked[which] + back
    length = lengths[message]
    identity = big(generator.integers(0, 1 << 16, queries), 2)
    client, port = generator.integers(0, CLIENTS, queries), FIRST_PORT + generator.integers(0, CLIENT_PORTS, queries)

    def headers(low: int, high: int) -> Bytes:
        part = slice(low, high)
        one, size = which[part], length[part] + UDP
        out = np.zeros((high - low, HEADERS), np.uint8)
        resolver = 0x0AFF0001 + client[one] % RESOLVERS
        lower_headers(out, low, PROTOCOL, time[part], size, back[part], (0x0A000001 + client[one], resolver))
        udp = RECORD + ETHERNET + IP
        out[:, udp : udp + 2] = big(np.where(back[part], PORT, port[one]), 2)
        out[:, udp + 2 : udp + 4] = big(np.where(back[part], port[one], PORT), 2)
        out[:, udp + 4 : udp + 6] = big(size, 2)
        return out

    write_frames(target, headers, length, Payloads(pool, begins[message], [Own(np.zeros_like(which), which, identity)]))
