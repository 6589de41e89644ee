"""Values for tests of journeys, made by hand: times in ms, frame N at no particular time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analyzer.dissect.application.stream import Place
from analyzer.flow.application.rows import Row
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.wait_reason import Reason, waited_for
from analyzer.flow.tcp.ledger.waits import Wait
from analyzer.journey.connection import Connection, Exchange, Opened

MS = 1_000_000
CLIENT, SERVER, OTHER = "10.0.0.1", "192.0.2.1", "192.0.2.2"
RESOLVER = "10.0.0.53"
TYPES = {"A": 1, "AAAA": 28, "HTTPS": 65}


def at(frame: int, ms: float) -> Place:
    """A frame."""
    return Place(frame, round(ms * MS))


def wait(reason: Reason, start: float, end: float, side: int = 0, frames: Sequence[int] = (1, 2)) -> Wait:
    """A wait of a connection whose client is direction 0."""
    who = waited_for(reason, side, 0)
    return Wait(reason, round(start * MS), round(end * MS), side, who, frames[0], frames[-1], tuple(frames))


def exchange(request: float, sent: float, first: float | None, last: float | None, **more: Any) -> Exchange:
    """An HTTP request: from the first of its frames to the last, and those of its answer."""
    said = {"method": "GET", "host": "shop.example", "target": "/", "status": 200} | more
    begin = None if first is None else at(20, first)
    return Exchange(at(10, request), at(11, sent), begin, None if last is None else at(21, last), **said)


def connection(
    syn: float | None = 0,
    ack: float | None = 20,
    exchanges: Sequence[Exchange] = (),
    *,
    stream: int = 0,
    last: float = 1000,
    outcome: str = "established",
    client: str = CLIENT,
    server: str = SERVER,
    rtts: Sequence[tuple[float, float]] = (),
    far: float | None = 20,
    opened: dict[str, Any] | None = None,
    waits: Sequence[Wait] = (),
    **more: Any,
) -> Connection:
    """One whose client is direction 0; the SYN is frame 1 + 100 * stream, the ACK two behind it."""
    base = 100 * stream
    begun = Opened(
        syn=None if syn is None else at(base + 1, syn),
        ack=None if ack is None else at(base + 3, ack),
        syn_count=1,
        **(opened or {}),
    )
    position = Position((None if far is None else round(far * MS), 0), ("acks", "acks"), 0)
    return Connection(
        stream=stream,
        ends=Ends(4, (client, server), (50000 + stream, 80)),
        client=0,
        first=begun.syn or at(base + 1, 0),
        last=at(base + 99, last),
        opened=begun,
        outcome=outcome,
        application="http" if exchanges else None,
        position=position,
        waits=list(waits),
        exchanges=list(exchanges),
        data_client=100 if exchanges else 0,
        rtt_time=np.array([round(time * MS) for time, _ in rtts], np.int64),
        rtt_ns=np.array([round(way * MS) for _, way in rtts], np.int64),
        **more,
    )


def query(frame: int, ms: float, name: str = "shop.example", kind: str = "A", **more: Any) -> Row:
    """A row of DNS."""
    return {
        "last_frame": frame,
        "time_ns": round(ms * MS),
        "client": CLIENT,
        "server": RESOLVER,
        "transport": "udp",
        "protocol": "dns",
        "id": 1,
        "response": False,
        "opcode": 0,
        "rcode": None,
        "flags": [],
        "questions": [{"name": name, "type": TYPES[kind]}],
        "answers": [],
        "additionals": [],
    } | more


def answer(
    frame: int,
    ms: float,
    addresses: Sequence[str],
    name: str = "shop.example",
    kind: str = "A",
    asked: int | None = 1,
    **more: Any,
) -> Row:
    """The row of a response."""
    row = query(frame, ms, name, kind, response=True, rcode=0, rcode_name="NOERROR", query_frame=asked)
    if addresses:
        row["addresses"] = list(addresses)
    return row | more
