"""What is taken for DNS, and what is not."""

from __future__ import annotations

import struct

import pytest

from analyzer.dissect.application import dns
from analyzer.dissect.application.dns.recognise import protocol_of

from .build import QUESTION, TO_QUESTION, name, query, question, record, response

KNOWN = (40_000, 53)
OTHER = (40_000, 4_000)


@pytest.mark.parametrize("port", dns.PORTS)
def test_everything_on_the_ports_of_dns(port: int) -> None:
    assert dns.recognise_datagram(b"x", (40_000, port)) and dns.recognise_datagram(b"x", (port, 40_000))
    assert not dns.recognise_datagram(b"", (40_000, port))


@pytest.mark.parametrize(
    "message",
    [query(), response(record(TO_QUESTION, 1, b"\1\2\3\4")), query(more=(record(b"\0", 41, b"", 1232),)), response(flags=0x8183)],
)
def test_messages_on_other_ports(message: bytes) -> None:
    assert dns.recognise_datagram(message, OTHER)
    assert not dns.recognise_datagram(message[:-1], OTHER)
    assert not dns.recognise_datagram(message + b"x", OTHER)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        bytes(12),
        bytes(29),
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        bytes.fromhex("16030100c8010000c40303") + bytes(200),
        query(flags=0x0140),  # the reserved bit
        query(flags=0x1900),  # opcode 3
        query(flags=0x0103),  # an error in a query
        query(question("www.example", 1, 77)),
        query(question("www.example", 30_000)),
        query(question("a\x01b")),
        query(question("CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 33)),  # NetBIOS
        response(question=b""),
        response(record(name("CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 33, b"x"), question=b""),
    ],
)
def test_what_is_no_message_on_other_ports(message: bytes) -> None:
    assert not dns.recognise_datagram(message, OTHER)


@pytest.mark.parametrize("ports", (KNOWN, OTHER))
def test_streams(ports: tuple[int, int]) -> None:
    message = query()
    framed = struct.pack("!H", len(message)) + message
    assert dns.recognise(framed, ports) is True
    assert dns.recognise(framed * 3, ports) is True
    for size in range(len(framed)):
        assert dns.recognise(framed[:size], ports) is None
    assert dns.recognise(b"\0\5hello", ports) is False
    assert dns.recognise(b"GET / HTTP/1.1\r\n", ports) is False


def test_messages_of_a_zone_transfer_need_no_question() -> None:
    message = response(record(b"\0", 1, bytes(4)), question=b"")
    framed = struct.pack("!H", len(message)) + message
    assert dns.recognise(framed, KNOWN) is True and dns.recognise(framed, OTHER) is False


def test_the_beginning_of_a_long_message_is_enough_on_the_port_of_dns() -> None:
    message = response(*[record(TO_QUESTION, 16, b"\xff" + b"x" * 255)] * 20)
    framed = struct.pack("!H", len(message)) + message
    assert dns.recognise(framed[:1_400], KNOWN) is True
    assert dns.recognise(framed[:1_400], OTHER) is None
    assert dns.recognise(framed, OTHER) is True


@pytest.mark.parametrize(
    ("ports", "protocol"),
    [((53, 5353), "dns"), ((5353, 5353), "mdns"), ((5355, 40_000), "llmnr"), ((1, 2), "dns"), ((40_000, 5353), "mdns")],
)
def test_protocol(ports: tuple[int, int], protocol: str) -> None:
    assert protocol_of(ports) == protocol_of(ports[::-1]) == dns.datagram_name(ports) == protocol


def test_datagram() -> None:
    (message,) = dns.datagram(query(), (40_000, 5353), 1)
    assert (message.direction, message.start, message.end, message.complete) == (1, 0, len(query()), True)
    assert (message.protocol, message.PROTOCOL, message.missing) == ("mdns", "dns", 0)
    assert message.content.asked == QUESTION
