"""What the captures of pcaps/journey are told with: lookups and connections on one clock, every moment given in nanoseconds.

`at` is a time since the beginning of the capture. Whatever was told is put into the order of its times at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from captures.application import ANSWER, CNAME, DNS_PORT, QUERY, A, message, question, rr
from captures.application import name as labels
from captures.files import START, Frame
from captures.talk import CLIENT, CLIENT6, CLIENT_MAC, SERVER_MAC, SYN_OPTIONS, Talk

RESOLVER = "10.0.0.53"
WEB, WEB2, WEB6 = "198.51.100.80", "198.51.100.81", "2001:db8::80"
FULL = 1460  #: bytes of a full segment
US, MS, SECOND = 1_000, 1_000_000, 1_000_000_000
AAAA = 28
NO_SUCH_NAME = 0x8183


class Told(Talk):
    """A connection whose segments have absolute times."""

    def tell(self, who: str, at: int, data: bytes = b"", flags: str = "", **more: Any) -> Told:
        """One segment at this moment."""
        self.now = START + at
        self.send(who, 0, flags or ("PA" if data else "A"), after=0, data=data, **more)
        return self

    def pour(self, who: str, at: int, data: bytes, step: int = 10 * US, size: int = FULL) -> int:
        """Full segments with `step` between them; gives the time of the last."""
        pieces = [data[place : place + size] for place in range(0, len(data), size)]
        for number, piece in enumerate(pieces):
            self.tell(who, at + number * step, piece, "PA" if number == len(pieces) - 1 else "A")
        return at + (len(pieces) - 1) * step

    def connect(self, at: int, rtt: int, behind: int = 0) -> Told:
        """SYN, SYN/ACK after `rtt`, ACK `behind` it."""
        self.tell("c", at, flags="S", window=64240, options=SYN_OPTIONS)
        self.tell("s", at + rtt, flags="SA", window=65160, options=SYN_OPTIONS)
        return self.tell("c", at + rtt + behind)

    def end(self, at: int, rtt: int, behind: int = 10 * US) -> Told:
        """The client closes, the server too after `rtt`; the client acknowledges it `behind` that."""
        return self.tell("c", at, flags="FA").tell("s", at + rtt, flags="FA").tell("c", at + rtt + behind)


class Scene:
    """Everything of one capture."""

    def __init__(self) -> None:
        self.talks: list[Told] = []
        self.datagrams: list[Frame] = []
        self.identifier = 0

    def talk(self, server: str = WEB, port: int = 80) -> Told:
        """One more connection of the client."""
        number = len(self.talks)
        client = CLIENT6 if ":" in server else CLIENT
        self.talks.append(Told(client, server, (40_000 + number, port), (1000 + 7919 * number, 500_000 + 104_729 * number)))
        return self.talks[-1]

    def datagram(self, at: int, source: str, target: str, ports: tuple[int, int], data: bytes) -> None:
        """One datagram of UDP."""
        macs = (SERVER_MAC, CLIENT_MAC) if target in (CLIENT, CLIENT6) else (CLIENT_MAC, SERVER_MAC)
        network = IPv6(src=source, dst=target) if ":" in source else IP(src=source, dst=target, id=1)
        packet = Ether(src=macs[0], dst=macs[1]) / network / UDP(sport=ports[0], dport=ports[1]) / data
        self.datagrams.append(Frame(bytes(packet), START + at))

    def ask(self, at: int, name: str, kind: int = A) -> int:
        """A query; gives its identifier."""
        self.identifier += 1
        self.repeat(at, self.identifier, name, kind)
        return self.identifier

    def repeat(self, at: int, identifier: int, name: str, kind: int = A) -> None:
        """The same query (again)."""
        self.datagram(at, CLIENT, RESOLVER, (50_000 + identifier, DNS_PORT), message(identifier, QUERY, [question(name, kind)]))

    def answer(
        self,
        at: int,
        identifier: int,
        name: str,
        data: Sequence[bytes],
        kind: int = A,
        chain: Sequence[str] = (),
        flags: int = ANSWER,
    ) -> None:
        """Its answer: a chain of other names, then addresses that belong to the last of them."""
        owners = [name, *chain]
        records = [rr(labels(owner), CNAME, labels(target)) for owner, target in zip(owners, chain, strict=False)]
        records += [rr(labels(owners[-1]), kind, one) for one in data]
        reply = message(identifier, flags, [question(name, kind)], records)
        self.datagram(at, RESOLVER, CLIENT, (DNS_PORT, 50_000 + identifier), reply)

    def frames(self) -> list[Frame]:
        """In the order of their times."""
        return sorted(
            [*self.datagrams, *(frame for talk in self.talks for frame in talk.frames)], key=lambda frame: frame.time or 0
        )
