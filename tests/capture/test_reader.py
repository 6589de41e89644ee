"""Sources: files, pipes, standard input; and what is no capture."""

from __future__ import annotations

import gzip
import io
import os
import struct
import sys
import threading
from pathlib import Path

import pytest

from analyzer.batch import BATCH_ROWS
from analyzer.capture.block import Block, Option
from analyzer.capture.reader import CaptureError, open_capture
from analyzer.capture.spool import spooled
from tests.capture.build import FRAME, block, interface, option, packet, pcap_header, record, section

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


class Pieces(io.RawIOBase):
    """A source that says now and then that nothing has come yet."""

    name = "pieces"

    def __init__(self, *pieces: bytes | None) -> None:
        self.pieces = list(pieces)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        if not self.pieces:
            return 0
        piece = self.pieces.pop(0)
        if piece is None:
            return None
        buffer[: len(piece)] = piece
        return len(piece)

    def ready(self) -> bool:
        return bool(self.pieces) and self.pieces[0] is not None


PACKET = packet(7)


def test_nothing_yet_is_an_empty_batch() -> None:
    content = section() + interface()
    reader = open_capture(Pieces(content, None, None, PACKET, None, PACKET[:30], None, PACKET[30:], PACKET, None))
    assert [batch.number.tolist() for batch in reader] == [[], [], [1], [], [], [2, 3], []]
    assert reader.damage == []


def test_blocks_without_a_packet_are_known_before_the_next_packet() -> None:
    statistics = block(
        Block.STATISTICS, struct.pack("<III", 1, 0, 0) + option(Option.STATISTICS_OS_DROPPED, struct.pack("<Q", 5))
    )
    reader = open_capture(
        Pieces(section() + interface(), None, interface(options=option(2, b"lo")), None, statistics, None, PACKET)
    )
    seen = [(len(batch), len(reader.interfaces), reader.interfaces[-1].statistics.get("os_dropped")) for batch in reader]
    assert seen == [(0, 1, None), (0, 2, None), (0, 2, 5), (1, 2, 5)]
    assert reader.interfaces[1].name == "lo"


def test_nothing_yet_inside_what_is_skipped() -> None:
    unknown = block(0x7FFF, bytes(9000))
    pieces = [unknown[at : at + 1500] for at in range(0, len(unknown), 1500)]
    waiting = [one for piece in pieces for one in (None, piece)]
    reader = open_capture(Pieces(section() + interface(), *waiting, PACKET), chunk_bytes=4096)
    assert [len(batch) for batch in reader if len(batch)] == [1]
    assert reader.damage == []


def test_the_beginning_is_waited_for() -> None:
    content = pcap_header() + record(1, 0)
    reader = open_capture(Pieces(None, content[:3], None, content[3:20], None, content[20:]))
    assert sum(len(batch) for batch in reader) == 1


def test_compressed_data_are_waited_for() -> None:
    content = gzip.compress(CONTENT[:9000])
    reader = open_capture(Pieces(content[:2], None, content[2:40], None, None, content[40:]))
    assert [len(batch) for batch in reader] == [(9000 - 24) // 76]


def test_a_stream_that_is_kept_is_waited_for() -> None:
    content = pcap_header() + record(1, 0)
    assert spooled(Pieces(content[:7], None, content[7:], None)).read() == content


def test_several_sources_are_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(CONTENT[: 24 + 76 * 5])
    pieces = Pieces(pcap_header(), None, record(0, 1), None, None, record(2, 1))
    times = [time for batch in open_capture(tmp_path / "a.pcap", pieces) for time in (batch.time // 1_000_000_000).tolist()]
    assert times == [0, 0, 1, 2, 2, 3, 4]


def test_a_descriptor_that_does_not_wait_is_waited_for() -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.write(write, pcap_header() + record(1, 0))
    with os.fdopen(read, "rb", buffering=0) as stream:
        batches = iter(open_capture(stream))
        assert [len(next(batches)), len(next(batches))] == [1, 0]
        os.write(write, record(2, 0))
        assert len(next(batches)) == 1
        os.close(write)
        assert next(batches, None) is None
