"""Hex dumps: bytes stand in the column that they have in the frame, and nothing reaches the terminal that it would obey."""

from __future__ import annotations

import pytest

from analyzer.report.show import hexdump


def test_full_lines() -> None:
    found = list(hexdump.lines(bytes(range(0x20, 0x42))))
    assert found[0] == ("0000", "20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f", " !\"#$%&'()*+,-./")
    assert found[2] == ("0020", "40 41" + "   " * 6 + "  " + "   " * 7 + "  ", "@A")


def test_a_layer_begins_in_its_column() -> None:
    (first, second) = hexdump.lines(b"ABCD", 14)
    assert first.offset == "0000" and first.octets.endswith("  41 42") and first.ascii == " " * 14 + "AB"
    assert second.offset == "0010" and second.octets.startswith("43 44  ") and second.ascii == "CD"


@pytest.mark.parametrize("per_line", (8, 16))
@pytest.mark.parametrize("offset", (0, 1, 7, 8, 15, 16, 17))
def test_every_byte_once_and_lines_of_one_width(offset: int, per_line: int) -> None:
    data = bytes(range(256))
    lines = list(hexdump.lines(data, offset, per_line))
    assert bytes.fromhex("".join(line.octets for line in lines)) == data
    assert len({len(line.octets) for line in lines}) == 1
    assert all(int(line.offset, 16) % per_line == 0 for line in lines)
    assert max(len("  ".join(line)) for line in lines) <= hexdump.WIDTH


def test_nothing_but_ascii() -> None:
    text = hexdump.text(bytes(range(256)))
    assert len(text) == 256 and text.isprintable() and text.isascii()


def test_no_bytes_no_lines() -> None:
    assert list(hexdump.lines(b"", 20)) == []


@pytest.mark.parametrize("per_line", (8, 16))
@pytest.mark.parametrize("offset", (0, 3, 16, 31, 0x12345))
@pytest.mark.parametrize("size", (0, 1, 5, 13, 16, 29, 64, 100))
def test_the_quick_way_writes_the_same(offset: int, size: int, per_line: int) -> None:
    data = bytes(range(size))
    slow = "".join(f"{line.offset:0>8}  {line.octets}  {line.ascii}\n" for line in hexdump.lines(data, offset, per_line))
    assert hexdump.written(data, offset, per_line, 8) == slow
