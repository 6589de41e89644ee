"""The file that is written while a capture runs: rings, full disks, pipes, and what is refused before."""

from __future__ import annotations

import errno
import io
import os
import re
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analyzer.capture.damage import CaptureError
from analyzer.capture.live.recorder import Recorder
from analyzer.capture.reader import open_capture
from tests.capture.build import interface, option, packet, section

BEGIN = section() + interface()
NAME = re.compile(r"out_(\d{5})_\d{14}\.pcapng")


def frames_of(content: bytes | str | Path) -> int:
    """Frames of a file that is whole."""
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with open_capture(source) as reader:
        frames = sum(len(batch) for batch in reader)
    assert reader.damage == []
    return frames


def recorded(recorder: Recorder, frames: int, at_once: int = 1) -> Recorder:
    recorder.section(BEGIN)
    for first in range(0, frames, at_once):
        recorder.packets(memoryview(b"".join(packet(first + n) for n in range(at_once))), at_once)
    return recorder


def test_what_is_handed_over_is_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    path.write_bytes(bytes(10_000))
    recorder = Recorder(path)
    assert path.stat().st_size == 10_000, "nothing is lost before something is written"
    recorded(recorder, 6, 3)
    content = BEGIN + b"".join(packet(n) for n in range(6))
    assert path.read_bytes() == content, "and nothing waits in a buffer"
    recorder.close()
    assert (recorder.bytes, recorder.frames, recorder.files, recorder.stopped) == (len(content), 6, [str(path)], "")
    assert [what for _, what, _, _ in recorder.events] == ["opened", "closed"]


def test_an_interface_is_added(tmp_path: Path) -> None:
    recorder = recorded(Recorder(tmp_path / "out.pcapng"), 2)
    recorder.section(BEGIN + interface(options=option(2, b"lo")))
    recorder.packets(memoryview(packet(3, number=1)), 1)
    with open_capture(tmp_path / "out.pcapng") as reader:
        assert sum(len(batch) for batch in reader) == 3
    assert [one.name for one in reader.interfaces] == ["", "lo"]


@pytest.mark.parametrize("at_once", [1, 7, 60])
def test_a_ring_of_files(tmp_path: Path, at_once: int) -> None:
    limit = len(BEGIN) + 5 * len(packet(0)) + 3
    recorder = recorded(Recorder(tmp_path / "out.pcapng", (3, limit)), 60 // at_once * at_once, at_once)
    recorder.close()
    there = sorted(tmp_path.iterdir())
    assert [str(path) for path in there] == recorder.files
    numbers = [int(match[1]) for path in there if (match := NAME.fullmatch(path.name))]
    last = -(-(60 // at_once * at_once) // 5)
    assert numbers == list(range(last - 2, last + 1))
    assert all(frames_of(path) == 5 and path.stat().st_size <= limit for path in there[:-1])
    assert recorder.frames == 60 // at_once * at_once
    assert sum(what == "deleted" for _, what, _, _ in recorder.events) == last - 3


def test_every_file_of_a_ring_has_a_frame(tmp_path: Path) -> None:
    recorder = recorded(Recorder(tmp_path / "out.pcapng", (10, 1)), 4, 2)
    recorder.close()
    assert [frames_of(path) for path in recorder.files] == [1, 1, 1, 1]


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Files cannot become larger: what a full disk does, with another error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("more", range(0, 90, 13))
def test_the_half_block_is_taken_back(tmp_path: Path, more: int) -> None:
    path = tmp_path / "out.pcapng"
    recorder = Recorder(path)
    with at_most(len(BEGIN) + 10 * len(packet(0)) + more):
        recorded(recorder, 40, 4)
    recorder.close()
    assert frames_of(path) == recorder.frames == 10
    assert recorder.bytes == path.stat().st_size
    assert recorder.stopped == f"{path}: nothing more is written: file too large; 10 frames are in it"
    assert [what for _, what, _, _ in recorder.events] == ["opened", "stopped"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_write_fails_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    write, left = os.write, [len(BEGIN) + 2 * len(packet(0)) + 50]

    def limited(descriptor: int, data: memoryview) -> int:
        if not left[0]:
            raise OSError(number, os.strerror(number))
        size = write(descriptor, data[: left[0]])
        left[0] -= size
        return size

    recorder = Recorder(tmp_path / "out.pcapng")
    monkeypatch.setattr(os, "write", limited)
    recorded(recorder, 9, 3)
    recorder.close()
    assert frames_of(tmp_path / "out.pcapng") == recorder.frames == 2
    assert os.strerror(number).lower() in recorder.stopped


def test_a_full_device() -> None:
    recorder = recorded(Recorder("/dev/full"), 2)
    assert recorder.stopped == "/dev/full: nothing more is written: no space left on device; 0 frames are in it"


def test_what_was_broken_off_is_not_complete() -> None:
    recorder = recorded(Recorder("/dev/full"), 2)
    recorder.close()
    assert [what for _, what, _, _ in recorder.events] == ["opened", "stopped"]


def test_only_what_was_made_is_given_away(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out.pcapng")
    assert [os.fstat(one).st_ino for one in recorder.made] == [(tmp_path / "out.pcapng").stat().st_ino]
    recorded(recorder, 1).close()
    assert recorder.made == []
    assert Recorder(tmp_path / "out.pcapng").made == []


def test_a_ring_that_cannot_go_on(tmp_path: Path) -> None:
    (tmp_path / "ring").mkdir()
    recorder = recorded(Recorder(tmp_path / "ring" / "out.pcapng", (2, 200)), 1)
    (tmp_path / "ring").rename(tmp_path / "elsewhere")
    recorder.packets(memoryview(packet(1) + packet(2)), 2)
    assert "no such file or directory" in recorder.stopped
    recorder.close()


def test_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    recorded(Recorder(path), 5).close()
    reader.join()
    assert frames_of(found[0]) == 5
    assert path.exists()


def test_a_pipe_whose_reader_has_gone(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    recorder = recorded(Recorder(path), 5)
    os.close(end)
    recorder.packets(memoryview(packet(0)), 1)
    assert recorder.stopped == f"{path}: nothing more is written: its reader has gone; 5 frames are in it"


def test_standard_output(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    recorder = recorded(Recorder("-"), 3)
    recorder.close()
    assert frames_of(capfdbinary.readouterr().out) == 3
    assert recorder.path == "standard output"


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "read.pcapng").write_bytes(BEGIN)
    with pytest.raises(CaptureError, match="is a directory"):
        Recorder(tmp_path)
    with pytest.raises(CaptureError, match="no such file or directory"):
        Recorder(tmp_path / "missing" / "out.pcapng")
    with pytest.raises(CaptureError, match="is read, and cannot be written"):
        Recorder(tmp_path / "read.pcapng", reading=[tmp_path / "read.pcapng"])
    for path in (tmp_path, "-", "/dev/null"):
        with pytest.raises(CaptureError, match="a ring of files needs the name of a file"):
            Recorder(path, (2, 1000))
    assert [path.name for path in tmp_path.iterdir()] == ["read.pcapng"]


def test_a_file_that_was_made_for_nothing_is_removed(tmp_path: Path) -> None:
    Recorder(tmp_path / "new.pcapng").close()
    (tmp_path / "old.pcapng").write_bytes(BEGIN)
    Recorder(tmp_path / "old.pcapng").close()
    assert [path.name for path in tmp_path.iterdir()] == ["old.pcapng"]
