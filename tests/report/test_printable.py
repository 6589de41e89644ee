"""Bytes as text for a terminal: the same for every way to cut them into pieces, and nothing in it that a terminal obeys."""

from __future__ import annotations

import pytest

from analyzer.report.printable import Printable, columns


def read(data: bytes, size: int, width: int = 0) -> str:
    text = Printable(width)
    return "".join(text.feed(data[at : at + size]) for at in range(0, len(data), size)) + text.end()


def test_lines() -> None:
    assert read(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nbody", 99) == "GET / HTTP/1.1\nHost: x\n\nbody\n"
    assert read(b"a\r\n", 99) == "a\n"
    assert read(b"", 1) == ""


@pytest.mark.parametrize("size", (1, 2, 3, 5))
def test_every_cut_gives_the_same(size: int) -> None:
    text = "Zażółć\r\ngęślą\tjaźń\n€ 𝄞\r\n漢字\r\n".encode()
    assert read(text, size) == read(text, 999) == "Zażółć\ngęślą    jaźń\n€ 𝄞\n漢字\n"


def test_what_is_not_printable_is_a_dot() -> None:
    assert read(b"\x1b[31m\x07\x08\rx\x7f\x00", 99) == ".[31m...x..\n"
    assert read("a\u202eb\u2028c\x85d\u200b".encode(), 99) == "a.b.c.d.\n"
    assert read(b"\xff\xfea", 99) == "..a\n"


def test_binary_is_ascii() -> None:
    """Noise now and then looks like a character: what is not text from one end to the other is not read as such."""
    assert read(b"\xff\xd7\x94a", 99) == "...a\n"


def test_half_a_character_at_the_end() -> None:
    assert read("a€".encode()[:-1], 99) == "a..\n"
    assert read(b"a\r", 99) == "a.\n"


@pytest.mark.parametrize("size", (1, 4, 11, 99))
@pytest.mark.parametrize("text", ("abcdefghijklmnopqrstuvwxyz\nxyz", "漢字漢字漢字漢字a漢字漢字漢字漢字\nab"))
def test_folding(text: str, size: int) -> None:
    found = read(text.encode(), size, 10)
    assert all(columns(line) <= 10 for line in found.splitlines())
    assert found.replace("\n", "") == text.replace("\n", "")
    assert found == read(text.encode(), 999, 10)
