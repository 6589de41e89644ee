"""What maskers keep of a stream, in whatever pieces it comes."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from analyzer.flow.anonymous import Anonymizer, dns_message
from analyzer.flow.anonymous.contents import Masker
from analyzer.flow.anonymous.dns_stream import DnsStream
from analyzer.flow.anonymous.http_stream import Exchanges, HttpStream
from analyzer.flow.anonymous.tls_stream import TlsStream
from analyzer.flow.anonymous.websocket_stream import WebSocketStream

ONE = Anonymizer(bytes(range(32)))
QUERY = bytes.fromhex("123401000001000000000000") + b"\x06secret\x03com\0\0\x01\0\x01"
HTTP = (
    b"POST /private/thing?user=me HTTP/1.1\r\nHost: shop.customer.com:8080\r\nContent-Length: 6\r\nX-Customer: me\r\n\r\nsecret"
    b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nCookie: a=b\r\n\r\n5;of=me\r\nhello\r\n0\r\nX-Sum: 12\r\n\r\n"
)
TLS = b"\x15\x03\x03\0\x02\x02\x28\x17\x03\x03\0\x05hello\x14\x03\x03\0\x01\x01\x16\x03\x03\0\x06secret"
WEBSOCKET = b"\x81\x85KEY!\x23\x20\x35\x4d\x24\x82\x7e\0\x80" + b"p" * 128 + b"\x88\x02\x03\xe8"
STREAMS: dict[str, tuple[Callable[[], Masker], bytes]] = {
    "http": (lambda: HttpStream(ONE, Exchanges()), HTTP),
    "tls": (lambda: TlsStream(ONE), TLS),
    "dns": (lambda: DnsStream(ONE), 2 * (len(QUERY).to_bytes(2, "big") + QUERY)),
    "websocket": (WebSocketStream, WEBSOCKET),
}


def masked(masker: Masker, data: bytes, sizes: Callable[[], int]) -> bytes:
    out, at = bytearray(len(data)), 0
    while at < len(data) and not masker.over:
        piece = data[at : at + sizes()]
        for place, octets in masker.feed(piece):
            assert at + place >= 0 and at + place + len(octets) <= at + len(piece)
            out[at + place : at + place + len(octets)] = octets
        at += len(piece)
    return bytes(out)


@pytest.mark.parametrize("name", STREAMS)
def test_pieces_do_not_matter(name: str) -> None:
    make, data = STREAMS[name]
    whole = masked(make(), data, lambda: len(data))
    assert any(whole) and len(whole) == len(data)
    assert masked(make(), data, lambda: 1) == whole
    numbers = random.Random(5)
    for _ in range(20):
        assert masked(make(), data, lambda: numbers.randrange(1, 40)) == whole


@pytest.mark.parametrize("name", STREAMS)
def test_nothing_is_too_odd(name: str) -> None:
    make, data = STREAMS[name]
    numbers = random.Random(7)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(numbers.randrange(1, 6)):
            broken[numbers.randrange(len(broken))] = numbers.randrange(256)
        masked(make(), bytes(broken), lambda: numbers.randrange(1, 30))


def test_http_keeps_its_framing_alone() -> None:
    make, data = STREAMS["http"]
    made = masked(make(), data, lambda: len(data))
    for kept in (
        b"POST /",
        b" HTTP/1.1\r\nHost: ",
        b".com:8080\r\n",
        b"Content-Length: 6\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"\r\n0\r\n",
    ):
        assert kept in made, kept
    for gone in (b"private", b"user", b"shop", b"customer", b"Customer", b"secret", b"a=b", b"of=me", b"hello", b"12"):
        assert gone in data and gone not in made, gone
    assert ONE.labels(b"shop.customer.com") in made


def test_tls_keeps_records_and_alerts() -> None:
    make, data = STREAMS["tls"]
    assert masked(make(), data, lambda: len(data)) == data.replace(b"hello", bytes(5)).replace(b"secret", bytes(6))


def test_websocket_keeps_headers_and_codes() -> None:
    make, data = STREAMS["websocket"]
    expected = b"\x81\x85" + bytes(9) + b"\x82\x7e\0\x80" + bytes(128) + b"\x88\x02\x03\xe8"
    assert masked(make(), data, lambda: len(data)) == expected


def test_dns_replaces_names_in_place() -> None:
    made = dns_message.anonymous(QUERY, ONE)
    assert made == QUERY.replace(b"secret", ONE.label(b"secret")) != QUERY
    for size in range(len(QUERY)):
        cut = dns_message.anonymous(QUERY[:size], ONE)
        assert len(cut) == size and b"secret" not in cut


def test_a_reverse_name_is_known_by_what_its_pointer_leads_to() -> None:
    head = bytes.fromhex("123484000002000000000000")
    first = b"\x01" + b"\x01".join(b"%c" % digit for digit in b"520000000000000000000000") + b"\x01" + b"\x01".join(
        b"%c" % digit for digit in b"8bd01002"
    ) + b"\x03ip6\x04arpa\0"  # fmt: skip
    zone = 12 + 2 * 24
    second = b"\x01" + b"\x01".join(b"%c" % digit for digit in b"620000000000000000000000") + bytes([0xC0, zone])
    made = dns_message.anonymous(head + first + b"\0\x0c\0\x01" + second + b"\0\x0c\0\x01", ONE)
    assert len(made) == len(head + first + second) + 8 and made[zone + 16 :].startswith(b"\x03ip6\x04arpa\0")
    common = made[zone + 1 : zone + 16 : 2]
    for last, at in (("25", 12), ("26", 12 + len(first) + 4)):
        digits = (made[at + 1 : at + 48 : 2] + common)[::-1].decode()
        assert bytes.fromhex(digits) == ONE.ip(bytes.fromhex("20010db8" + "0" * 22 + last))


def test_pointers_that_lead_nowhere_are_odd_but_read() -> None:
    head = bytes.fromhex("123401000001000000000000")
    for target in (12, 14, 0x3FFF, 0):
        message = head + b"\x01a" + (0xC000 | target).to_bytes(2, "big") + b"\0\x01\0\x01"
        made = dns_message.anonymous(message, ONE)
        assert made[:13] == message[:13] and made[14:] == message[14:]


def test_the_serial_number_of_a_zone_is_gone() -> None:
    head = bytes.fromhex("123484000000000100000000")
    serial, intervals = (2026112201).to_bytes(4, "big"), bytes(range(1, 17))
    made = dns_message.anonymous(head + b"\0\0\x06\0\x01\0\0\x0e\x10\0\x16\0\0" + serial + intervals, ONE)
    assert made[-16:] == intervals and made[-20:-16] == bytes(4)
