"""pcaps/application/: DNS (RFC 1035), mDNS (RFC 6762) and LLMNR (RFC 4795) as dig and resolvers rarely write them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from captures.files import START, Capture, Frame
from captures.talk import CLIENT, CLIENT_MAC, MS, SERVER_MAC, Talk

A, CNAME, PTR, TXT, AAAA, SRV = 1, 5, 12, 16, 28, 33
DNS_PORT, MDNS_PORT, LLMNR_PORT = 53, 5353, 5355
QUERY, ANSWER, AUTHORITATIVE, TRUNCATED, SECURE_DYNAMIC = 0x0100, 0x8180, 0x8400, 0x8380, 0x2800
CACHE_FLUSH, UNICAST = 0x8000, 0x8000  #: the top bit of mDNS's classes
POINTER = 0xC000
INSIDE, OUTSIDE = "10.0.0.53", "192.0.2.53"
HEADER = 12


def name(text: str) -> bytes:
    """Labels, without compression."""
    return b"".join(bytes([len(label)]) + label for label in text.encode().split(b".") if label) + b"\0"


def question(text: str, kind: int = A, class_: int = 1) -> bytes:
    """A question."""
    return name(text) + struct.pack(">HH", kind, class_)


def rr(owner: bytes, kind: int, data: bytes, ttl: int = 300, class_: int = 1) -> bytes:
    """A record."""
    return owner + struct.pack(">HHIH", kind, class_, ttl, len(data)) + data


def message(number: int, flags: int, questions: Sequence[bytes] = (), answers: Sequence[bytes] = ()) -> bytes:
    """Header, questions, answers."""
    return struct.pack(">6H", number, flags, len(questions), len(answers), 0, 0) + b"".join((*questions, *answers))


def address(text: str) -> bytes:
    """IPv4."""
    return bytes(map(int, text.split(".")))


def pointer(place: int = HEADER) -> bytes:
    """A compression pointer."""
    return struct.pack(">H", POINTER | place)


def sent(source: str, target: str, ports: tuple[int, int], data: bytes, after: int = 5 * MS) -> tuple[bytes, int]:
    """A datagram and its distance from the one before."""
    macs = (CLIENT_MAC, SERVER_MAC) if source == CLIENT else (SERVER_MAC, CLIENT_MAC)
    packet = Ether(src=macs[0], dst=macs[1]) / IP(src=source, dst=target, id=1) / UDP(sport=ports[0], dport=ports[1]) / data
    return bytes(packet), after


def asked(server: str, port: int, data: bytes, after: int = 5 * MS) -> tuple[bytes, int]:
    """By the client."""
    return sent(CLIENT, server, (port, DNS_PORT), data, after)


def answered(server: str, port: int, data: bytes, after: int = 5 * MS) -> tuple[bytes, int]:
    """To the client."""
    return sent(server, CLIENT, (DNS_PORT, port), data, after)


def timed(items: Sequence[tuple[bytes, int]]) -> list[Frame]:
    """Frames at their distances."""
    out, now = [], START
    for data, after in items:
        now += after
        out.append(Frame(data, now))
    return out


def split_horizon() -> list[Frame]:
    """One name, two servers, a private and a public address."""
    ask = question("intranet.example")
    both = [rr(pointer(), A, address(one)) for one in ("192.168.1.1", "198.51.100.1")]
    return timed(
        [
            asked(INSIDE, 50001, message(1, QUERY, [ask])),
            answered(INSIDE, 50001, message(1, ANSWER, [ask], [rr(pointer(), A, address("10.1.2.3"))])),
            asked(OUTSIDE, 50002, message(2, QUERY, [ask])),
            answered(OUTSIDE, 50002, message(2, ANSWER, [ask], [rr(pointer(), A, address("203.0.113.7"))])),
            asked(INSIDE, 50003, message(3, QUERY, [question("both.example")])),
            answered(
                *(INSIDE, 50003),
                message(3, ANSWER, [question("both.example")], both),
            ),
        ]
    )


def compression() -> list[Frame]:
    """Names that never end, or end outside."""
    owner = name("loop.example")
    at = HEADER + len(owner) + 4  # where the answer begins
    bad = {
        "to itself": pointer(at),
        "to one that points back": b"\1a" + pointer(at),
        "forward": pointer(at + 40),
        "behind the end": pointer(0x3FFF),
        "a label of a reserved kind": b"\x81abc\0",
        "cut in its length": b"\x3fabc",
    }
    long = b"".join(bytes([63]) + bytes([97 + n]) * 63 for n in range(5)) + b"\0"
    frames = [asked(INSIDE, 50010, message(10, QUERY, [question("loop.example")]))]
    for number, owner_ in enumerate((*bad.values(), long)):
        data = message(10 + number, ANSWER, [question("loop.example")], [rr(owner_, A, address("10.0.0.9"))])
        frames.append(answered(INSIDE, 50010 + number, data))
    chain = [rr(b"\1%c" % (97 + n) + pointer(HEADER if not n else at + (n - 1) * 18), A, address("10.0.0.9")) for n in range(20)]
    frames.append(answered(INSIDE, 50030, message(30, ANSWER, [question("loop.example")], chain)))
    return timed(frames)


def mdns() -> list[Frame]:
    """A printer is looked for, says its name, and goes."""
    service, printer = "_ipp._tcp.local", "Büro Drucker._ipp._tcp.local"
    group, mdns_ports = "224.0.0.251", (MDNS_PORT, MDNS_PORT)
    records = [
        rr(name(service), PTR, name(printer), 4500),
        rr(name(printer), SRV, struct.pack(">HHH", 0, 0, 631) + name("drucker.local"), 120, 1 | CACHE_FLUSH),
        rr(name(printer), TXT, b"\x09txtvers=1\x0bty=Deskjet9", 4500, 1 | CACHE_FLUSH),
        rr(name("drucker.local"), A, address("10.0.0.77"), 120, 1 | CACHE_FLUSH),
    ]
    goodbye = [rr(name(service), PTR, name(printer), 0)]
    return timed(
        [
            sent(CLIENT, group, mdns_ports, message(0, 0, [question(service, PTR)])),
            sent("10.0.0.77", group, mdns_ports, message(0, AUTHORITATIVE, [], records), 20 * MS),
            sent(CLIENT, group, mdns_ports, message(0, 0, [question("drucker.local", AAAA, 1 | UNICAST)])),
            sent(
                "10.0.0.77",
                group,
                mdns_ports,
                message(0, AUTHORITATIVE, [], goodbye),
                900 * MS,
            ),
        ]
    )


def llmnr() -> list[Frame]:
    """A name of the neighbourhood: asked, asked again, answered."""
    ask = question("printer")
    answer = [rr(pointer(), A, address("10.0.0.77"), 30)]
    return timed(
        [
            sent(CLIENT, "224.0.0.252", (51000, LLMNR_PORT), message(7, 0, [ask])),
            sent(CLIENT, "224.0.0.252", (51000, LLMNR_PORT), message(7, 0, [ask]), 100 * MS),
            sent("10.0.0.77", CLIENT, (LLMNR_PORT, 51000), message(7, 0x8000, [ask], answer)),
        ]
    )


def repeated() -> list[Frame]:
    """Asked three times: the second answer belongs to the first query still open; a late answer, one that nobody asked for."""
    ask, other = question("slow.example"), question("other.example")
    reply = message(5, ANSWER, [ask], [rr(pointer(), A, address("192.0.2.9"), 60)])
    return timed(
        [
            asked(INSIDE, 50040, message(5, QUERY, [ask])),
            asked(INSIDE, 50040, message(5, QUERY, [ask]), 1000 * MS),
            answered(INSIDE, 50040, reply, 30 * MS),
            answered(INSIDE, 50040, reply, 10 * MS),
            asked(INSIDE, 50041, message(6, QUERY, [other])),
            answered(OUTSIDE, 50041, message(6, ANSWER, [other], [rr(pointer(), A, address("192.0.2.66"))])),
            answered(INSIDE, 50042, message(77, ANSWER, [other], [rr(pointer(), A, address("192.0.2.9"))])),
        ]
    )


def over_tcp() -> list[Frame]:
    """The length in a segment of its own, two bytes of it in two segments, a message whose second half comes first."""
    talk = Talk(ports=(40_000, DNS_PORT)).open()
    ask = message(9, QUERY, [question("tcp.example")])
    data = struct.pack(">H", len(ask)) + ask
    for piece in (data[:1], data[1:2], data[2:]):
        talk.send("c", 0, "PA", data=piece)
    reply = message(9, ANSWER, [question("tcp.example")], [rr(pointer(), TXT, b"\xff" + b"t" * 255) for _ in range(8)])
    data = struct.pack(">H", len(reply)) + reply
    begin = talk.next["s"]
    talk.send("s", 0, "PA", data=data[1200:], seq=begin + 1200)
    talk.send("s", data=data[:1200], seq=begin)
    talk.send("c")
    return talk.close().frames


CAPTURES = [
    Capture(
        "application/dns_split_horizon.pcap",
        "intranet.example: 10.1.2.3 of one server, 203.0.113.7 of another; both.example has a private and a public address",
        split_horizon,
        {"dns.a == 10.1.2.3": "2", "dns.a == 203.0.113.7": "4", "dns.flags.response == 1": "2 4 6"},
    ),
    Capture(
        "application/dns_compression.pcap",
        "owners that point to themselves, in a circle, forward and behind the end, a reserved kind of label, a name of 320 "
        "bytes; at last twenty names each pointing to the one before, which is right",
        compression,
        {"udp.stream == 0": "1 2", "dns.count.answers == 20": "9"},
    ),
    Capture(
        "application/dns_repeated.pcap",
        "a query sent twice and answered twice; an answer from another address than was asked; one that nobody asked for",
        repeated,
        {"dns.retransmit_request": "2", "dns.flags.response == 1": "3 4 6 7"},
    ),
    Capture(
        "application/dns_over_tcp.pcap",
        "the length before a query comes in two segments; the answer's second half before its first",
        over_tcp,
        {"dns.flags.response == 0": "6", "tcp.len == 1": "4 5"},
    ),
    Capture(
        "application/mdns.pcap",
        "a printer (Büro Drucker) asked for, its records with the cache-flush bit, a question for a unicast answer, goodbye",
        mdns,
        {"mdns": "1-4"},
    ),
    Capture("application/llmnr.pcap", "a name asked for twice and answered by unicast", llmnr, {"llmnr": "1-3"}),
]
