"""What is written is read back."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from analyzer.batch import Interface
from analyzer.capture.reader import open_capture
from analyzer.capture.writer import Writer
from tests.capture.build import FRAME, rows_of

TIMES = [0, 1, 1_500_000_000_123_456_789, 2**63 - 1, -1, -1_000_000_000, -(2**63)]


def test_frames() -> None:
    first, second = Interface(1, "eth0", "wire", snap_length=96, fcs_length=4), Interface(113)
    stream = BytesIO()
    with Writer(stream) as writer:
        for time in TIMES:
            writer.write(first, time, FRAME, 1500)
        writer.write(second, 5, b"abc")
    rows, damage = rows_of(stream.getvalue())
    assert [row[:4] for row in rows] == [*((time, FRAME, 1500, 1) for time in TIMES), (5, b"abc", 3, 113)]
    assert damage == []


def test_interfaces_and_secrets(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    with Writer(path) as writer:
        writer.add_secret(0x544C534B, b"a key")
        writer.write(Interface(1, "eth0", "wire", snap_length=96, fcs_length=4), 7, FRAME)
    with open_capture(path) as reader:
        assert sum(len(batch) for batch in reader) == 1
    assert reader.secrets == [(0x544C534B, b"a key")]
    assert reader.interfaces == [Interface(1, "eth0", "wire", snap_length=96, fcs_length=4, resolution=10**9)]


@pytest.mark.parametrize("time", TIMES)
def test_no_time_is_a_fault(time: int) -> None:
    stream = BytesIO()
    with Writer(stream) as writer:
        writer.write(Interface(1), time, FRAME)
    rows, _ = rows_of(stream.getvalue())
    assert [(row.time, row.fault) for row in rows] == [(time, 0)]
