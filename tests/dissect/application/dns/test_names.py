"""Names: pointers, loops, lengths and bytes that are no text."""

from __future__ import annotations

import time

import pytest

from analyzer.dissect.application.dns.names import MAX_POINTERS, MalformedError, Names, utf8


def test_labels_and_the_root() -> None:
    assert Names(b"\3www\7example\0\1x").read(0) == ("www.example", 13)
    assert Names(b"\0\0").read(1) == ("<Root>", 2)


def test_pointers_lead_to_names_and_parts_of_them() -> None:
    names = Names(b"\3www\7example\0\3cdn\xc0\x04\xc0\x0d\xc0\x0c")
    assert names.read(13) == ("cdn.example", 19)
    assert names.read(19) == ("cdn.example", 21)
    assert names.read(21) == ("<Root>", 23)


def test_a_label_named_like_the_root_is_a_label() -> None:
    assert Names(b"\6<Root>\0\1a\xc0\0").read(8) == ("a.<Root>", 12)
    assert Names(b"\0\1a\xc0\0").read(1) == ("a", 5)


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (b"\xc0\x00", 0),  # to itself
        (b"\xc0\x02\xc0\x00", 0),  # forward, and back
        (b"\1a\xc0\x00", 0),  # to its own beginning
        (b"\1a\1b\xc0\x02", 2),
        (b"\xc0", 0),
        (b"\3ab", 0),
        (b"\1a", 0),
        (b"", 0),
        (b"\1a", 7),
        (b"\x40abc\0", 0),
        (b"\x80abc\0", 0),
    ],
)
def test_what_is_no_name(data: bytes, at: int) -> None:
    with pytest.raises(MalformedError):
        Names(data).read(at)


def test_longest_name() -> None:
    labels = b"\x3f" + b"x" * 63
    longest = labels * 3 + b"\x3d" + b"x" * 61 + b"\0"
    assert len(longest) == 255
    assert len(Names(longest).read(0)[0]) == 253
    with pytest.raises(MalformedError):
        Names(labels * 3 + b"\x3e" + b"x" * 62 + b"\0").read(0)
    with pytest.raises(MalformedError):  # by a pointer
        Names(longest + b"\1a\xc0\0").read(255)


def test_chains_of_pointers_end() -> None:
    chain = b"\1a\0" + b"".join((0xC000 | max(0, 1 + 2 * i)).to_bytes(2, "big") for i in range(1000))
    chain = chain[:3] + b"\xc0\0" + chain[5:]
    assert Names(chain).read(3 + 2 * (MAX_POINTERS - 1))[0] == "a"
    with pytest.raises(MalformedError):
        Names(chain).read(3 + 2 * MAX_POINTERS)


def test_each_invalid_byte() -> None:
    assert utf8("bücher".encode()) == "bücher"
    assert utf8(b"\xff\x1b") == "\ufffd\x1b"
    assert utf8(b"a\xe2\x82b") == "a\ufffd\ufffdb"
    assert utf8(b"\xed\xa0\x80") == "\ufffd" * 3
    assert Names(b"\2\xc3\xbc\1\xc3\0").read(0)[0] == "ü.\ufffd"


def test_time_is_in_proportion_to_the_bytes() -> None:
    labels = b"\1a" * 120 + b"\0"
    pointers = b"".join((0xC000 | 2 * (i % 120)).to_bytes(2, "big") for i in range(30_000))
    names = Names(labels + pointers)
    began = time.process_time()
    for i in range(30_000):
        names.read(len(labels) + 2 * i)
    assert time.process_time() - began < 2
