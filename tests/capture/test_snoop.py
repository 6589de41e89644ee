"""snoop files."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from tests.capture.build import FRAME, rows_of, snoop_header, snoop_record


def test_records_with_padding() -> None:
    rows, damage = rows_of(snoop_header() + snoop_record(5, 6, padding=4) + snoop_record(7, 8, FRAME[:1], 1500))
    assert [row[:4] for row in rows] == [(5_000_006_000, FRAME, 60, 1), (7_000_008_000, FRAME[:1], 1500, 1)]
    assert damage == []


@pytest.mark.parametrize(("datalink", "linktype"), [(0, 1), (2, 6), (4, 1), (8, 10), (9, 0), (0x80000005, 226)])
def test_datalink_types(datalink: int, linktype: int) -> None:
    rows, _ = rows_of(snoop_header(datalink=datalink) + snoop_record(1, 2))
    assert [row.linktype for row in rows] == [linktype]


def test_cut_at_every_byte() -> None:
    header, one = snoop_header(), snoop_record(5, 6, padding=4)
    content = header + one * 3
    for size in range(len(header), len(content)):
        rows, damage = rows_of(content[:size])
        whole, rest = divmod(size - len(header), len(one))
        assert (len(rows), len(damage)) == (whole, rest > 0)


def test_a_record_too_short_for_its_frame() -> None:
    rows, damage = rows_of(
        snoop_header() + snoop_record(1, 2) + struct.pack(">IIIIII", 60, 60, 54, 0, 1, 2) + FRAME + snoop_record(1, 2)
    )
    assert len(rows) == 1
    assert [found.reason for found in damage] == ["a record of 54 bytes cannot hold 60 captured bytes"]


@pytest.mark.parametrize(
    "header", [snoop_header(datalink=99), snoop_header(version=1), snoop_header(version=4, datalink=8)]
)
def test_unknown_kinds(header: bytes) -> None:
    with pytest.raises(CaptureError, match="is a snoop file of"):
        open_capture(BytesIO(header + snoop_record(1, 2)))
