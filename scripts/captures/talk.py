"""Two hosts talking TCP, told segment by segment; a modelled receiver acknowledges as a real one does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from captures.files import START, Frame

CLIENT_MAC, SERVER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::2"
CLIENT_PORT, SERVER_PORT = 40000, 7777

MS = 1_000_000
SYN_OPTIONS: list[tuple[str, Any]] = [("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("WScale", 7)]


def payload(start: int, length: int) -> bytes:
    """Bytes that depend on their place in the stream only: a repeated segment repeats its bytes."""
    return bytes((start + i) % 251 for i in range(length))


class Talk:
    """One connection. Sequence numbers are relative to the side's initial one; times are ns after the segment before."""

    def __init__(
        self,
        client: str = CLIENT,
        server: str = SERVER,
        ports: tuple[int, int] = (CLIENT_PORT, SERVER_PORT),
        isn: tuple[int, int] = (1000, 500_000),
        start: int = START,
        window: int = 502,
    ) -> None:
        self.address = {"c": client, "s": server}
        self.port = {"c": ports[0], "s": ports[1]}
        self.isn = {"c": isn[0], "s": isn[1]}
        self.next = {"c": 0, "s": 0}  #: next sequence number of a sender
        self.expected = {"c": 0, "s": 0}  #: next in-order number that the *other* side has of this sender
        self.held: dict[str, list[tuple[int, int]]] = {"c": [], "s": []}
        self.window = {"c": window, "s": window}
        self.identification = {"c": 100, "s": 7000}
        self.now = start - MS
        self.frames: list[Frame] = []

    def packet(
        self,
        who: str,
        length: int = 0,
        flags: str = "A",
        *,
        seq: int | None = None,
        ack: int | None = None,
        window: int | None = None,
        options: Sequence[tuple[Any, Any]] = (),
        lost: bool = False,
        data: bytes | None = None,
    ) -> Any:
        """The segment as an IP packet, with the model brought up to date."""
        other = "s" if who == "c" else "c"
        seq = self.next[who] if seq is None else seq
        ack = self.expected[other] if ack is None else ack
        data = payload(seq, length) if data is None else data
        end = seq + len(data) + ("S" in flags) + ("F" in flags)
        if not lost:
            self.receive(who, seq, end)
        self.next[who] = max(self.next[who], end)
        self.identification[who] += 1
        source, target = self.address[who], self.address[other]
        if ":" in source:
            network: Any = IPv6(src=source, dst=target, hlim=64)
        else:
            network = IP(src=source, dst=target, id=self.identification[who], flags="DF", ttl=64)
        segment = TCP(
            sport=self.port[who],
            dport=self.port[other],
            flags=flags,
            seq=(self.isn[who] + seq) % 2**32,
            ack=(self.isn[other] + ack) % 2**32 if "A" in flags else 0,
            window=self.window[who] if window is None else window,
            options=list(options),
        )
        return network / segment / data

    def receive(self, who: str, begin: int, end: int) -> None:
        """The peer gets [begin, end): it advances over everything that it then holds without a hole."""
        self.held[who].append((begin, end))
        for low, high in sorted(self.held[who]):
            if low <= self.expected[who] < high:
                self.expected[who] = high

    def send(self, who: str, length: int = 0, flags: str = "A", *, after: int = MS, hidden: bool = False, **more: Any) -> None:
        """A segment that the capture sees, unless it is `hidden`; `lost=True` if it does not reach the peer."""
        self.now += after
        packet = self.packet(who, length, flags, **more)
        if not hidden:
            self.frames.append(Frame(bytes(ethernet(packet, who)), self.now))

    def open(self, options: Sequence[tuple[Any, Any]] = SYN_OPTIONS, rtt: int = 10 * MS) -> Talk:
        """The handshake, seen beside the client: the whole round trip lies before the SYN-ACK."""
        self.send("c", flags="S", window=64240, options=options)
        self.send("s", flags="SA", window=65160, options=options, after=rtt)
        self.send("c", after=MS // 10)
        return self

    def close(self) -> Talk:
        """FIN, FIN, ACK."""
        self.send("c", flags="FA")
        self.send("s", flags="FA")
        self.send("c")
        return self


def ethernet(packet: Any, who: str = "c") -> Any:
    """In an Ethernet frame between the two hosts."""
    source, target = (CLIENT_MAC, SERVER_MAC) if who == "c" else (SERVER_MAC, CLIENT_MAC)
    return Ether(src=source, dst=target) / packet


def sample(ipv6: bool = False) -> list[tuple[str, bytes]]:
    """The traffic that every link type and tunnel carries: a short TCP connection (7 packets), then two UDP datagrams."""
    client, server = (CLIENT6, SERVER6) if ipv6 else (CLIENT, SERVER)
    talk = Talk(client, server)
    who = "cscccsc"
    packets = [
        talk.packet("c", flags="S", options=SYN_OPTIONS),
        talk.packet("s", flags="SA", options=SYN_OPTIONS),
        talk.packet("c"),
        talk.packet("c", 20, "PA"),
        talk.packet("c", flags="FA"),
        talk.packet("s", flags="FA"),
        talk.packet("c"),
    ]
    return [(side, bytes(p)) for side, p in zip(who, packets, strict=True)] + datagrams(ipv6)


def datagrams(ipv6: bool = False) -> list[tuple[str, bytes]]:
    """A datagram and its answer."""
    client, server = (CLIENT6, SERVER6) if ipv6 else (CLIENT, SERVER)
    there = IPv6(src=client, dst=server) if ipv6 else IP(src=client, dst=server, id=1)
    back = IPv6(src=server, dst=client) if ipv6 else IP(src=server, dst=client, id=2)
    return [
        ("c", bytes(there / UDP(sport=CLIENT_PORT, dport=SERVER_PORT) / b"question")),
        ("s", bytes(back / UDP(sport=SERVER_PORT, dport=CLIENT_PORT) / b"the answer")),
    ]


def ethernet_sample(ipv6: bool = False) -> list[bytes]:
    """`sample` in Ethernet frames."""
    return [bytes(ethernet(packet_class(data)(data), who)) for who, data in sample(ipv6)]


def packet_class(data: bytes) -> Any:
    """The scapy class of an IP packet, by its version."""
    return IPv6 if data[0] >> 4 == 6 else IP
