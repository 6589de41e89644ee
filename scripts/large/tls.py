"""Many TLS connections over TCP: handshake, hello of 517 to 1,750 bytes, the server's flight, some data, the end.

2,000 servers, the popular ones often; seven of ten speak TLS 1.3, the others 1.2 with a chain of real certificates. Every
connection has its own random, session id and key share. In one of 500 the server's first segment arrives after its second.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from large import names
from large.certificates import Authority
from large.frames import NO_PLACE, SEED, Ints, Own, Payloads
from large.frames import write as write_frames
from large.hello import (
    APPLICATION,
    CHANGE_CIPHER,
    CLIENTS,
    HANDSHAKE,
    RANDOM_PLACE,
    SESSION_PLACE,
    TLS12,
    TLS13,
    client_hello,
    handshake,
    record,
    server_hello,
    vector,
)
from large.segments import ACK, FIN, MSS, PSH, SYN, Segments, headers

SERVERS = 2000
MODERN = 0.7  #: of them speak TLS 1.3
CLIENT_SHARES = (0.5, 0.2, 0.3)  #: how common each kind of client is
CERTIFICATE, KEY_EXCHANGE, DONE, CLIENT_EXCHANGE, NEW_TICKET = 11, 12, 14, 16, 4
EARLY_END = record(21, bytes(26))  #: close_notify, encrypted
STEP = 200  #: us from connection to connection
ROUND_TRIP, BURST = 20_000, 20  #: us
LATE = 500  #: one connection in so many has its segments out of order
OWN = 32  #: bytes of random, session id and what we vary of a key share

#: way, flags, which payload (see Template), and whether the sender waited for the other side
SLOTS = (
    (0, SYN, None, False), (1, SYN | ACK, None, True), (0, ACK, None, True), (0, ACK, 0, False), (0, ACK | PSH, 1, False),
    (1, ACK, 2, True), (1, ACK, 3, False), (1, ACK | PSH, 4, False), (0, ACK, None, True), (0, ACK | PSH, 5, False),
    (1, ACK | PSH, 6, True), (0, ACK | PSH, 7, True), (1, ACK | PSH, 8, True), (0, FIN | ACK | PSH, 9, True),
    (1, FIN | ACK, None, True), (0, ACK, None, True),
)  # fmt: skip
HELLO_SLOT, FLIGHT_SLOT = 3, 5


@dataclass
class Template:
    """What one server and one kind of client say: the payload of each slot that has one, empty where it sends nothing."""

    payloads: list[bytes]
    share: int  #: place of the key share in the first payload


def templates() -> Iterator[Template]:
    """For every server each kind of client."""
    chance = random.Random(SEED)
    authority = Authority(chance)
    for name in names.pool(SERVERS, chance):
        chain = [] if chance.random() < MODERN else authority.chain(name)
        for client in CLIENTS:
            hello, share = client_hello(name, client, chance)
            server = older_server(chain, client.alpn[0], chance) if chain else modern_server(chance)
            flight, rest = server[0], server[1:]
            yield Template([*cut(hello, 2), *cut(flight, 3), *rest], share)


def cut(data: bytes, parts: int) -> list[bytes]:
    """Full segments; the last part takes what is left, the others may be empty."""
    return [data[n * MSS : (n + 1) * MSS] for n in range(parts)]


def modern_server(chance: random.Random) -> list[bytes]:
    """TLS 1.3: flight, client's Finished with its request, nothing, nothing, answer, end."""
    change = record(CHANGE_CIPHER, b"\1")
    encrypted = b"".join(record(APPLICATION, chance.randbytes(size)) for size in (40, chance.randint(2300, 2700), 281, 53))
    flight = record(HANDSHAKE, server_hello(TLS13, b"", chance)) + change + encrypted
    request = change + record(APPLICATION, chance.randbytes(53)) + record(APPLICATION, chance.randbytes(chance.randint(150, 600)))
    answer = record(APPLICATION, chance.randbytes(250)) + record(APPLICATION, chance.randbytes(chance.randint(200, 1100)))
    return [flight, request, b"", b"", answer, record(APPLICATION, chance.randbytes(19))]


def older_server(chain: list[bytes], alpn: bytes, chance: random.Random) -> list[bytes]:
    """TLS 1.2: flight, client's exchange, ticket and Finished, request, answer, end."""
    change, finished = record(CHANGE_CIPHER, b"\1"), record(HANDSHAKE, chance.randbytes(40))
    certificates = handshake(CERTIFICATE, vector(b"".join(vector(one, 3) for one in chain), 3))
    exchange = handshake(KEY_EXCHANGE, b"\3\0\x1d" + vector(chance.randbytes(32), 1) + b"\4\1" + vector(chance.randbytes(256)))
    messages = (server_hello(TLS12, alpn, chance), certificates, exchange, handshake(DONE, b""))
    flight = b"".join(record(HANDSHAKE, one) for one in messages)
    client = record(HANDSHAKE, handshake(CLIENT_EXCHANGE, vector(chance.randbytes(32), 1))) + change + finished
    ticket = record(HANDSHAKE, handshake(NEW_TICKET, b"\0\0\x1c\x20" + vector(chance.randbytes(192)))) + change + finished
    request, answer = chance.randbytes(chance.randint(150, 600)), chance.randbytes(chance.randint(200, 1300))
    return [flight, client, ticket, record(APPLICATION, request), record(APPLICATION, answer), EARLY_END]


@dataclass
class Pool:
    """The templates' payloads behind each other."""

    data: bytearray = field(default_factory=bytearray)
    begin: list[list[int]] = field(default_factory=list)
    length: list[list[int]] = field(default_factory=list)
    share: list[int] = field(default_factory=list)

    def add(self, template: Template) -> None:
        """One more template."""
        ends = np.cumsum([len(payload) for payload in template.payloads]) + len(self.data)
        self.length.append([len(payload) for payload in template.payloads])
        self.begin.append([int(end) - size for end, size in zip(ends, self.length[-1], strict=True)])
        self.share.append(template.share)
        self.data += b"".join(template.payloads)


def write(packets: int, target: BinaryIO) -> None:
    """The capture: every connection's segments in the order of their times."""
    pool = Pool()
    for one in templates():
        pool.add(one)
    generator = np.random.default_rng(SEED)
    connections = packets // 12 + 300  # more than enough; the end is cut off
    template = names.chosen(connections, SERVERS, generator) * len(CLIENTS)
    template += generator.choice(len(CLIENTS), connections, p=CLIENT_SHARES)
    segments, begin, slot = story(template, np.array(pool.length, np.int64), np.array(pool.begin, np.int64))
    order = np.argsort(segments.time, kind="stable")[:packets]
    segments, begin, slot = segments[order], begin[order], slot[order]
    connection = segments.connection
    places = [
        (HELLO_SLOT, np.full(connections, RANDOM_PLACE)),
        (HELLO_SLOT, np.full(connections, SESSION_PLACE)),
        (HELLO_SLOT, np.array(pool.share, np.int64)[template]),
        (FLIGHT_SLOT, np.full(connections, RANDOM_PLACE)),
    ]
    own = [
        Own(np.where(slot == where, place[connection], NO_PLACE), connection, fresh(connections, generator))
        for where, place in places
    ]
    payloads = Payloads(np.frombuffer(bytes(pool.data), np.uint8), begin, own)
    write_frames(target, lambda low, high: headers(segments[slice(low, high)], low), segments.length, payloads)


def fresh(count: int, generator: np.random.Generator) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Random bytes, a row for each connection."""
    return generator.integers(0, 256, (count, OWN), np.uint8)


def story(template: Ints, lengths: Ints, begins: Ints) -> tuple[Segments, Ints, Ints]:
    """The segments of all connections, where each payload begins in the pool, and which slot each is."""
    count = len(template)
    number = np.arange(count, dtype=np.int64)
    sent = [np.zeros_like(number), np.zeros_like(number)]  # sequence number of each way
    clock = number * STEP
    columns: list[tuple[Ints, ...]] = []
    keep = []
    for slot, (way, flags, payload, waited) in enumerate(SLOTS):
        size = np.zeros_like(number) if payload is None else lengths[template, payload]
        there = np.ones(count, bool) if payload is None else size > 0
        clock = clock + np.where(there, ROUND_TRIP if waited and way else BURST, 0)
        late = (number % LATE == 7) & (slot == FLIGHT_SLOT)
        ack = sent[1 - way] if slot else np.zeros_like(number)
        begin = np.zeros_like(number) if payload is None else begins[template, payload]
        columns.append((number, np.full_like(number, way), sent[way], ack, np.full_like(number, flags), size,
                        clock + late * (BURST + BURST // 2), begin, np.full_like(number, slot)))  # fmt: skip
        keep.append(there)
        sent[way] = sent[way] + size + (1 if flags & (SYN | FIN) else 0)
    mask = np.stack(keep, axis=1).ravel()
    joined = [np.stack([column[n] for column in columns], axis=1).ravel()[mask] for n in range(len(columns[0]))]
    return Segments(*joined[:7]), joined[7], joined[8]
