"""Some frames of a capture as a new file."""

from __future__ import annotations

import stat
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from analyzer.batch import Interface
from analyzer.capture.excerpt import About, is_one_of, replacing, write
from analyzer.capture.frame_set import FrameSet
from analyzer.capture.reader import open_capture
from analyzer.capture.spool import spooled
from analyzer.capture.writer import Writer

PCAPS = Path(__file__).parents[2] / "pcaps"


def excerpt(path: Path, frames: FrameSet | None, **more: bool) -> BytesIO:
    with open_capture(path) as reader:
        assert sum(len(batch) for batch in reader)
        about = About(reader, **more)
    target = BytesIO()
    with open_capture(path) as reader:
        write(reader, frames, target, about)
    return BytesIO(target.getvalue())


def rows(source: BytesIO | Path) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    with open_capture(source) as reader:
        for batch in reader:
            for i in range(len(batch)):
                start, end = int(batch.start[i]), int(batch.end[i])
                interface = batch.interfaces[int(batch.interface[i])]
                kept = (interface.linktype, interface.name, interface.description, interface.snap_length, interface.fcs_length)
                resolution = interface.resolution
                found.append((int(batch.time[i]), bytes(batch.data[start:end]), int(batch.reported[i]) - start, kept, resolution))
    return found


@pytest.mark.parametrize(
    "name",
    ("microseconds_big.pcap", "nanoseconds_little.pcap", "pcapng_interfaces.pcapng", "pcapng_fcs.pcapng", "gzip.pcap.gz",
     "pcapng_simple_packets.pcapng", "lz4.pcap.lz4"),
)  # fmt: skip
def test_frames_interfaces_and_times_stay(name: str) -> None:
    path = PCAPS / "container" / name
    before = rows(path)
    after = rows(excerpt(path, None))
    assert before and [row[:4] for row in after] == [row[:4] for row in before]
    for row, other in zip(before, after, strict=True):
        assert other[4] == (row[4] if row[4] in {10**digits for digits in range(10)} else 10**9)


def test_snoop_becomes_pcapng() -> None:
    path = next(PCAPS.glob("container/*snoop*"))
    assert [row[:3] for row in rows(excerpt(path, None))] == [row[:3] for row in rows(path)]


def test_only_the_chosen_frames() -> None:
    path = PCAPS / "recorded/http_lossy.pcap"
    assert rows(excerpt(path, FrameSet([2, 5, 86, 900]))) == [rows(path)[number - 1] for number in (2, 5, 86)]
    assert rows(excerpt(path, FrameSet())) == []


def test_a_time_between_the_units_of_its_interface_stays_exact(tmp_path: Path) -> None:
    path = tmp_path / "in.pcapng"
    with Writer(path, keep_resolution=True) as writer:
        for time in (1_000, 1_001, -5, 2_000):
            writer.write(Interface(1, "eth0", resolution=10**6), time, b"frame")
    assert [row[0] for row in rows(path)] == [1_000, 1_001, -5, 2_000]
    assert [row[4] for row in rows(path)] == [10**6, 10**9, 10**9, 10**6]


def test_what_the_file_says_stays(tmp_path: Path) -> None:
    path = tmp_path / "in.pcapng"
    wire = Interface(1, "eth0", "wire", resolution=10**9, statistics={"received": 7, "dropped": 2})
    with Writer(path, [("comment", "one"), ("comment", "two"), ("hardware", "box"), ("os", "it")]) as writer:
        writer.add_names([(b"\x0a\0\0\1", "a.example"), (bytes(15) + b"\1", "b.example")])
        writer.add_secret(0x544C534B, b"a key")
        for number in range(3):
            writer.write(wire, number, b"frame", 100, comments=[f"frame {number}", "again"], about=["of eth0"])
        writer.add_statistics(3)
    with open_capture(excerpt(path, FrameSet([2]))) as reader:
        assert sum(len(batch) for batch in reader) == 1
        told = [(one.what, one.text, one.frame, one.interface) for one in reader.comments if one.what != "application"]
        assert told == [
            ("comment", "one", None, None), ("comment", "two", None, None), ("hardware", "box", None, None),
            ("os", "it", None, None), ("comment", "of eth0", None, 0), ("comment", "frame 1", 1, None),
            ("comment", "again", 1, None),
        ]  # fmt: skip
        assert reader.names == {b"\x0a\0\0\1": "a.example", bytes(15) + b"\1": "b.example"}
        assert reader.interfaces == [wire]
        assert reader.secrets == []
    with open_capture(excerpt(path, None, secrets=True)) as reader:
        assert sum(len(batch) for batch in reader) == 3 and reader.secrets == [(0x544C534B, b"a key")]


def test_blocks_without_a_packet_are_counted() -> None:
    path = PCAPS / "container/pcapng_every_block.pcapng"
    with open_capture(path) as reader:
        found = write(reader, None, BytesIO(), None)
    assert (found.frames, found.of, found.without_packet) == (9, 11, 2)


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    path.write_bytes(b"before")
    path.chmod(0o640)
    with replacing(str(path)) as stream:
        stream.write(b"after")
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after" and stat.S_IMODE(path.stat().st_mode) == 0o640
    with pytest.raises(KeyboardInterrupt), replacing(str(path)) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"after" and list(tmp_path.iterdir()) == [path]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "out.pcapng", tmp_path / "link"
    link.symlink_to(path)
    with replacing(str(link)) as stream:
        stream.write(b"there")
    assert link.is_symlink() and path.read_bytes() == b"there"


def test_an_input_is_recognised_by_any_name(tmp_path: Path) -> None:
    path, other = tmp_path / "in.pcap", tmp_path / "other.pcap"
    path.write_bytes(b"x")
    other.hardlink_to(path)
    assert is_one_of(str(other), [str(path)]) and is_one_of(str(tmp_path / "." / "in.pcap"), [str(path)])
    assert not is_one_of(str(tmp_path / "new"), [str(path)]) and not is_one_of(str(path), ["-", BytesIO(b"")])


def test_a_stream_is_kept_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    data = bytes(range(256)) * 10_000
    with spooled(BytesIO(data)) as kept:
        assert kept.read() == data and kept.name == "-"
        assert list(tmp_path.iterdir()) == []
        assert np.frombuffer(data, np.uint8).size == kept.seek(0, 2)
