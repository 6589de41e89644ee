"""Sources: files, pipes, standard input; and what is no capture."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from analyzer.batch import BATCH_ROWS
from analyzer.capture.reader import CaptureError, open_capture
from tests.capture.build import FRAME, pcap_header, record

CONTENT = pcap_header() + b"".join(record(i, 0) for i in range(20_000))


def test_batches_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(CONTENT)
    with open_capture(path) as reader:
        sizes = [len(batch) for batch in reader]
        assert sum(sizes) == 20_000
        assert max(sizes) == BATCH_ROWS
        assert (reader.size, reader.bytes_read) == (len(CONTENT), len(CONTENT))
        info = reader.files[0]
    assert (info.path, info.format, info.byte_order) == (str(path), "pcap", "little")
    assert (info.resolution, info.snap_length, info.compression) == (1_000_000, 65535, None)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONTENT)))
    assert sum(len(batch) for batch in open_capture("-")) == 20_000


def test_a_pipe_gives_what_has_arrived() -> None:
    read, write = os.pipe()
    os.write(write, pcap_header())
    with os.fdopen(read, "rb", buffering=0) as stream:
        reader = open_capture(stream)
        os.write(write, record(1, 0) * 3 + record(2, 0)[:20])
        batches = iter(reader)
        assert len(next(batches)) == 3
        os.write(write, record(2, 0)[20:])
        assert len(next(batches)) == 1
        os.close(write)
        assert next(batches, None) is None
    assert reader.damage == []
    assert reader.size is None


def test_a_pipe_in_small_pieces() -> None:
    read, write = os.pipe()

    def feed() -> None:
        for at in range(0, 9000, 7):
            os.write(write, CONTENT[at : min(at + 7, 9000)])
        os.close(write)

    thread = threading.Thread(target=feed)
    thread.start()
    with os.fdopen(read, "rb") as stream:
        reader = open_capture(stream)
        frames = sum(len(batch) for batch in reader)
    thread.join()
    assert frames == (9000 - 24) // 76
    assert [found.frame for found in reader.damage] == [frames]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xd4\xc3\xb2\xa1", "is cut short in its file header: 4 of 24 bytes are there"),
        (pcap_header()[:23], "is cut short in its file header: 23 of 24 bytes are there"),
        (pcap_header(version=(1, 4)), "is a pcap file of version 1.4; 2.4 is usual, and before 2.0 is not known"),
        (b"GMBU" + bytes(60), "is a Microsoft Network Monitor 2 file; convert it with: editcap -F pcapng FILE OUT"),
        (b"TRSNIFF data    \x1a" + bytes(60), "is a Sniffer (DOS) file; convert it with: editcap -F pcapng FILE OUT"),
        (b"PK\x03\x04" + bytes(60), "is a ZIP archive; unpack it first"),
        (b'{"a": 1}', "is JSON text, not a capture"),
        (b"<!DOCTYPE html>\n<html>", "is HTML or XML text, not a capture"),
        (b"hello, this is a text", "is text, not a capture"),
        (bytes(100), "is no capture file that is known here (pcap, pcapng, snoop)"),
    ],
)
def test_no_capture(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CaptureError) as caught:
        open_capture(path)
    assert str(caught.value) == f"{path}: {message}"


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="is a directory"):
        open_capture(tmp_path)
    with pytest.raises(CaptureError, match="no such file or directory"):
        open_capture(tmp_path / "missing")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(CONTENT)
    path.chmod(0)
    with pytest.raises(CaptureError, match="permission denied"):
        open_capture(path)


def test_closing_early_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(CONTENT)
    before = len(list(Path("/proc/self/fd").iterdir()))
    batches = iter(open_capture(path))
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_rows_keep_their_bytes_until_the_next_batch() -> None:
    for batch in open_capture(io.BytesIO(CONTENT), chunk_bytes=5000):
        for start, end in zip(batch.start, batch.end, strict=True):
            assert batch.data[start:end].tobytes() == FRAME
