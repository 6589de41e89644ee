"""The data of each type of record, against the form of zone files."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from analyzer.dissect.application.dns.parser import parse

from .build import TO_QUESTION, name, record, response


def text(*parts: bytes) -> bytes:
    return b"".join(bytes([len(part)]) + part for part in parts)


CASES: list[tuple[int, bytes, Any]] = [
    (1, bytes((192, 0, 2, 1)), "192.0.2.1"),
    (28, bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
    (2, name("ns.example"), "ns.example"),
    (5, TO_QUESTION, "www.example"),
    (12, name("host.example"), "host.example"),
    (6, name("ns.example") + name("mail.example") + struct.pack("!5I", 1, 2, 3, 4, 5), "ns.example mail.example 1 2 3 4 5"),
    (13, text(b"PC", b'a "b" \\'), '"PC" "a \\"b\\" \\\\"'),
    (15, struct.pack("!H", 10) + name("mx.example"), "10 mx.example"),
    (15, struct.pack("!H", 0) + b"\0", "0 <Root>"),
    (16, text(b"v=spf1", b"", b"\xff"), ["v=spf1", "", "\ufffd"]),
    (17, name("a.b") + b"\0", "a.b <Root>"),
    (33, struct.pack("!HHH", 1, 2, 443) + name("srv.example"), "1 2 443 srv.example"),
    (35, struct.pack("!HH", 1, 2) + text(b"U", b"SIP+D2U", b"!x!y!") + b"\0", '1 2 "U" "SIP+D2U" "!x!y!" <Root>'),
    (39, name("d.example"), "d.example"),
    (43, struct.pack("!HBB", 60485, 8, 2) + b"\xab\xcd", "60485 8 2 abcd"),
    (44, b"\4\2\xab", "4 2 ab"),
    (
        46,
        struct.pack("!HBBIIIH", 1, 13, 2, 300, 1_700_000_000, 0, 4711) + name("example") + b"\1\2\3",
        "A 13 2 300 20231114221320 19700101000000 4711 example AQID",
    ),
    (47, name("b.example") + b"\0\6\x40\0\0\0\0\3" + b"\1\1\x40", "b.example A RRSIG NSEC CAA"),
    (48, struct.pack("!HBB", 257, 3, 8) + b"key", "257 3 8 a2V5"),
    (50, b"\1\0\0\5\2\xaa\xbb\5" + bytes(5) + b"\0\1\x40", "1 0 5 aabb 00000000 A"),
    (50, b"\1\1\0\0\0\5" + b"\xff" * 5, "1 1 0 - vvvvvvvv"),
    (51, b"\1\0\0\5\0", "1 0 5 -"),
    (52, b"\3\1\1\xab\xcd", "3 1 1 abcd"),
    (256, struct.pack("!HH", 1, 2) + b"https://x", '1 2 "https://x"'),
    (257, b"\0\5issueca.example", '0 issue "ca.example"'),
    (65280, b"\1\2", "0102"),
    (
        65,
        b"\0\1\0" + b"\0\1\0\6\2h2\2h3" + b"\0\3\0\2\x20\xfb" + b"\0\4\0\4\xc0\0\2\1" + b"\0\5\0\3abc" + b"\xff\0\0\1x",
        {"priority": 1, "target": "<Root>", "alpn": ["h2", "h3"], "port": 8443, "ipv4hint": ["192.0.2.1"], "ech": True,
         "key65280": "78"},
    ),
    (64, b"\0\0" + name("svc.example"), {"priority": 0, "target": "svc.example"}),
    (
        64,
        b"\0\1\0" + b"\0\0\0\4\0\1\0\x63" + b"\0\2\0\0" + b"\0\6\0\x10" + bytes(15) + b"\1" + b"\0\7\0\4/q{x",
        {"priority": 1, "target": "<Root>", "mandatory": ["alpn", "key99"], "no_default_alpn": True, "ipv6hint": ["::1"],
         "dohpath": "/q{x"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "expected"), CASES, ids=lambda value: str(value)[:30])
def test_data(kind: int, data: bytes, expected: Any) -> None:
    content = parse(response(record(TO_QUESTION, kind, data)))
    assert content.malformed == ""
    assert content.answers[0]["data"] == expected


@pytest.mark.parametrize(("kind", "data"), [(kind, data) for kind, data, _ in CASES if kind != 65280])
def test_data_that_is_cut(kind: int, data: bytes) -> None:
    """It is a shorter value of its type, or hex and said to be malformed: never an exception or a lost record."""
    behind = record(TO_QUESTION, 1, bytes((192, 0, 2, 7)))
    for size in range(1, len(data)):
        content = parse(response(record(TO_QUESTION, kind, data[:size]), behind))
        assert len(content.answers) == 2 and content.answers[1]["data"] == "192.0.2.7"
        if content.malformed:
            assert content.answers[0]["data"] == data[:size].hex()


@pytest.mark.parametrize("data", (b"\0\1\0\0\1\0\6\2h2", b"\0\1\0\0\4\0\3abc", b"\0\1\0\0\3\0\1x", b"\0\1\0\0\1\0\2\5h"))
def test_service_parameters_that_are_wrong(data: bytes) -> None:
    content = parse(response(record(TO_QUESTION, 65, data)))
    assert content.malformed and content.answers[0]["data"] == data.hex()
