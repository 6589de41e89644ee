"""Connections written down as segments with what is in them, and what `Gather` makes of them.

    Spoken().opened().send(21, "c", hello()).send(42, "s", server_hello(), record(281), record(69)).connection()

Times are ms; the way there and back is 20 ms, and the capture point is at the client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.dissect.application.stream import Message, Origin, Place
from analyzer.dissect.application.tls.following import Record
from analyzer.dissect.application.tls.message import Alert, Certificate, ClientHello, Finished, ServerHello
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.ledger import judge
from analyzer.journey.connection import Connection
from analyzer.journey.gather import Gather
from tests.flow.tcp.ledger.making import trace

MS = 1_000_000
ENDS = Ends(4, ("10.0.0.1", "192.0.2.1"), (50000, 443))
AES_128, AES_256, TLS_1_2_GCM = 0x1301, 0x1302, 0xC02F

Part = tuple[int, Callable[..., Message] | None, dict[str, Any]]  #: bytes, the message that they are, its fields


def raw(size: int) -> Part:
    """Bytes that no message is made of."""
    return size, None, {}


def hello(size: int = 517, **more: Any) -> Part:
    """A ClientHello of a client that can use tickets."""
    return size, ClientHello, {"extensions": (0, 10, 13, 43, 45, 51), "sni": "shop.example", "alpn": ("http/1.1",)} | more


def server_hello(size: int = 127, version: int = 0x0304, cipher_suite: int = AES_128, **more: Any) -> Part:
    return size, ServerHello, {"version": version, "cipher_suite": cipher_suite, "resumed": False} | more


def record(length: int, kind: int = 23) -> Part:
    """An encrypted record, by what its header says."""
    return length + 5, Record, {"type": kind}


def finished(length: int = 53) -> Part:
    return length + 5, Finished, {}


def alert(description: int, level: int = 2) -> Part:
    return 7, Alert, {"level": level, "description": description}


def certificate(size: int = 900) -> Part:
    return size, Certificate, {"chain": (b"der",)}


@dataclass
class Spoken:
    """A connection. Its frames count from 1, in the order of the calls."""

    lines: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    at: list[int] = field(default_factory=lambda: [0, 0])

    def line(self, text: str) -> Spoken:
        """A packet as in tests/flow/tcp/ledger/making.py."""
        self.lines.append(text)
        return self

    def opened(self, begin: float = 0, rtt: float = 20) -> Spoken:
        """The handshake of TCP."""
        return self.line(f"{begin} c S").line(f"{begin + rtt} s SA").line(f"{begin + rtt} c A")

    def send(self, ms: float, side: str, *parts: Part, ack: int | None = None) -> Spoken:
        """One segment with these messages, which acknowledges all that the other side sent."""
        direction = "cs".index(side)
        start = self.at[direction]
        place = Place(len(self.lines) + 1, round(ms * MS))
        for size, make, more in parts:
            begin = self.at[direction]
            self.at[direction] += size
            if make is not None:
                message = make(direction=direction, start=begin, end=begin + size, **more)
                message.first = message.last = place
                message.origin = Origin("tcp", 0, ENDS.addresses, ENDS.ports, 0)
                if hasattr(message, "client"):
                    message.client = 0
                self.messages.append(message)
        had = self.at[1 - direction] if ack is None else ack
        self.lines.append(f"{ms} {side} PA {start}+{self.at[direction] - start} ack {had}")
        return self

    def connection(self, latest: float | None = None, messages: Sequence[Message] = ()) -> Connection:
        """What becomes of it; the capture goes on until `latest`, by default to the last packet."""
        gather = Gather()
        for message in (*self.messages, *messages):
            gather.add(message)
        judged = judge(trace(*self.lines))
        judged.ends = ENDS
        if latest is not None:
            gather._latest_ns = round(latest * MS)
        made = gather.judged(judged)
        assert made is not None
        return made
