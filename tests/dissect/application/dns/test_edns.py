"""What OPT records say."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from analyzer.dissect.application.dns.parser import parse

from .build import query, record


def opt(*options: tuple[int, bytes], size: int = 1232, ttl: int = 0) -> Any:
    data = b"".join(struct.pack("!HH", code, len(value)) + value for code, value in options)
    return parse(query(more=(record(b"\0", 41, data, size, ttl),)))


def test_the_fixed_part() -> None:
    content = opt(ttl=0x01_02_80_00)
    assert content.edns == {"udp_size": 1232, "extended_rcode": 1, "version": 2, "do": True}
    assert content.additionals == [{"name": "<Root>", "type": 41, "type_name": "OPT", "class": 1232, "ttl": None, "data": None}]


@pytest.mark.parametrize(
    ("code", "value", "key", "expected"),
    [
        (3, b"ns1", "nsid", "ns1"),
        (8, b"\0\1\x18\0\xc6\x33\x64", "client_subnet", {"address": "198.51.100.0", "prefix": 24, "scope": 0}),
        (8, b"\0\2\x38\x30\x20\x01\x0d\xb8", "client_subnet", {"address": "2001:db8::", "prefix": 56, "scope": 48}),
        (8, b"\0\1\0\0", "client_subnet", {"address": "0.0.0.0", "prefix": 0, "scope": 0}),
        (9, b"\0\0\0\7", "expire", 7),
        (10, bytes(8), "cookie", {"client": "00" * 8, "server": ""}),
        (10, bytes(8) + b"\1" * 8, "cookie", {"client": "00" * 8, "server": "01" * 8}),
        (11, b"\0\x64", "tcp_keepalive", 100),
        (11, b"", "tcp_keepalive", None),
        (12, bytes(31), "padding", 31),
        (15, b"\0\x16no answer\0", "extended_errors", [{"code": 22, "name": "No Reachable Authority", "text": "no answer"}]),
        (15, b"\xff\xff", "extended_errors", [{"code": 65535, "name": "", "text": ""}]),
        (65001, b"\1\2", "options", [{"code": 65001, "data": "0102"}]),
        (8, b"\0\1\x21\0", "options", [{"code": 8, "data": "00012100"}]),
        (8, b"\0\3\0\0", "options", [{"code": 8, "data": "00030000"}]),
        (10, b"short", "options", [{"code": 10, "data": b"short".hex()}]),
    ],
)
def test_options(code: int, value: bytes, key: str, expected: Any) -> None:
    content = opt((code, value))
    assert content.malformed == "" and content.edns[key] == expected


@pytest.mark.parametrize("data", (b"\0", b"\0\3\0", b"\0\3\0\2x"))
def test_options_that_are_cut(data: bytes) -> None:
    content = parse(query(more=(record(b"\0", 41, data, 512),)))
    assert content.malformed == "additional 1: an EDNS option is cut short" and content.edns is None
    assert len(content.additionals) == 1
