"""dumpcap and tcpdump as they capture the loopback interface, and what is made of the bytes of stand-ins for them."""

from __future__ import annotations

import os
import signal
import socket
import stat
import struct
from pathlib import Path

import numpy as np
import pytest

from analyzer.batch import views
from analyzer.capture.live import encode, permissions
from analyzer.capture.live.child import Child
from analyzer.capture.live.children import open_dumpcap, open_tcpdump
from analyzer.capture.live.recorder import Recorder
from analyzer.capture.live.records import Records
from analyzer.capture.live.source import FilterError, LiveError, LiveSource
from analyzer.capture.reader import open_capture
from tests import interpreted
from tests.capture.live.conftest import ip

OPENERS = {"dumpcap": open_dumpcap, "tcpdump": open_tcpdump}
PORT = 20_000 + os.getpid() % 20_000  # tests run beside others
USABLE = [one.name for one in permissions.backends() if one.usable and one.name in OPENERS]
SNAP, BUFFER = 262_144, 4 << 20


def begin(backend: str, recorder: Recorder | None = None, count: int | None = None) -> LiveSource:
    if backend not in USABLE:
        pytest.skip(f"{backend} cannot capture here")
    return OPENERS[backend](["lo"], f"udp port {PORT}", SNAP, count, BUFFER, True, recorder)


def send(payloads: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for payload in payloads:
            sender.sendto(payload, ("127.0.0.1", PORT))


def read(source: LiveSource, size: int = 1 << 20, stop_after: int | None = None) -> bytes:
    """Everything until the end; told to stop once so many bytes came."""
    found, buffer = b"", bytearray(size)
    for _ in range(2000):
        got = source.readinto(buffer)
        if got == 0:
            return found
        found += buffer[: got or 0]
        if stop_after is not None and len(found) >= stop_after:
            source.stop()
    raise AssertionError("it does not end")


def payloads_of(path: Path) -> list[bytes]:
    with open_capture(str(path)) as reader:
        return [
            bytes(batch.data[start:end])[42:]
            for batch in reader
            for start, end in zip(batch.start.tolist(), batch.end.tolist(), strict=True)
        ]


@pytest.mark.parametrize("backend", OPENERS)
def test_frames_are_handed_over_and_recorded_up_to_the_count(backend: str, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out.pcapng")
    sent = [b"%d" % number * (1 + number * 50) for number in range(8)]
    with begin(backend, recorder, count=5) as source:
        send(sent)
        handed = read(source)
        assert source.ended == "count"
        assert source.readinto(bytearray(100)) == 0
    recorder.close()
    assert recorder.frames == 5
    assert handed == (tmp_path / "out.pcapng").read_bytes()
    assert payloads_of(tmp_path / "out.pcapng") == sent[:5]


@pytest.mark.parametrize("backend", OPENERS)
def test_a_frame_larger_than_the_buffer_comes_in_pieces(backend: str, tmp_path: Path) -> None:
    sent = [bytes(range(250)) * 100, b"small", bytes(20_000)]
    with begin(backend, count=3) as source:
        send(sent)
        (tmp_path / "out.pcapng").write_bytes(read(source, 4096))
    assert payloads_of(tmp_path / "out.pcapng") == sent


@pytest.mark.parametrize("backend", OPENERS)
def test_stopped_it_hands_over_what_came_and_its_statistics(backend: str, tmp_path: Path) -> None:
    with begin(backend) as source:
        send([b"one", b"two"])
        source.stop()
        (tmp_path / "out.pcapng").write_bytes(read(source))
        assert source.ended == "stopped"
        assert source.counters.received >= 2
    with open_capture(str(tmp_path / "out.pcapng")) as reader:
        assert sum(len(batch) for batch in reader) == 2
        assert "received" in reader.interfaces[0].statistics


@pytest.mark.parametrize("backend", OPENERS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_from_outside_it_ends(backend: str, number: int) -> None:
    with begin(backend) as source:
        child = source._makers[0].child  # type: ignore[attr-defined]
        os.kill(child.pid, number)
        read(source)
        assert source.ended.startswith(f"{backend} ended")


@pytest.mark.parametrize("backend", OPENERS)
def test_halted_from_outside_it_still_ends(backend: str) -> None:
    with begin(backend) as source:
        child = source._makers[0].child  # type: ignore[attr-defined]
        os.kill(child.pid, signal.SIGSTOP)
        source.stop()
        read(source)
        assert source.ended == "stopped"
    with pytest.raises(ChildProcessError):
        os.waitpid(child.pid, os.WNOHANG)


@pytest.mark.parametrize("backend", OPENERS)
def test_it_ends_also_without_its_warden(backend: str) -> None:
    with begin(backend) as source:
        child = source._makers[0].child  # type: ignore[attr-defined]
        child._warden.kill()
        child._warden.wait()
        source.stop()
        read(source)
        assert source.ended == "stopped"
    assert child._process.returncode is not None


def test_one_that_ended_at_once_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "header").write_bytes(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAP, 1))
    stand_in(tmp_path, "tcpdump", f'cat {tmp_path}/header; case "$*" in *"-i lo"*) ;; *) exec sleep 60 ;; esac', monkeypatch)
    begun = Records.begun

    def begun_late(self: Records) -> bool:
        if self._described[0] == "lo":
            self.child._process.wait()
        return begun(self)

    monkeypatch.setattr(Records, "begun", begun_late)
    with open_tcpdump(["lo", "any"], "", SNAP, None, BUFFER, True, None) as source:
        assert source.readinto(bytearray(1 << 16))
        assert not source.ready()
        source.stop()
        read(source)
        assert source.ended == "stopped"


def test_stopped_after_one_of_several_was_removed(veth: tuple[str, str]) -> None:
    if "tcpdump" not in USABLE:
        pytest.skip("tcpdump cannot capture here")
    with open_tcpdump(["v0", "lo"], "", SNAP, None, BUFFER, True, None) as source:
        ip("link del v0")
        while not any(maker.ended for maker in source._makers):  # type: ignore[attr-defined]
            source.readinto(bytearray(1 << 16))
        source.stop()
        read(source)
        assert source.ended == "stopped"


@pytest.mark.parametrize("backend", OPENERS)
def test_what_cannot_be_captured_is_said(backend: str) -> None:
    if backend not in USABLE:
        pytest.skip(f"{backend} cannot capture here")
    with pytest.raises(FilterError, match="syntax error"):
        OPENERS[backend](["lo"], "foo bar", SNAP, None, BUFFER, True, None)
    with pytest.raises(LiveError, match=r"no interface 'l0'; there are: lo, "):
        OPENERS[backend](["l0"], "", SNAP, None, BUFFER, True, None)


@pytest.mark.parametrize("backend", OPENERS)
def test_a_filter_is_no_option(backend: str) -> None:
    if backend not in USABLE:
        pytest.skip(f"{backend} cannot capture here")
    with pytest.raises(FilterError, match="syntax error"):
        OPENERS[backend](["lo"], f"-r{__file__}", SNAP, None, BUFFER, True, None)


@pytest.mark.parametrize("backend", OPENERS)
def test_one_that_was_renamed_is_not_said_to_be_removed(backend: str, veth: tuple[str, str]) -> None:
    if backend not in USABLE:
        pytest.skip(f"{backend} cannot capture here")
    with OPENERS[backend](["v0"], "", SNAP, None, BUFFER, True, None) as source:
        for arguments in ("v0 down", "v0 name v7"):
            ip(f"link set {arguments}")
        read(source)
        assert source.ended.startswith(f"{backend} ended: v0 is now called v7, and it does not go on after that")


def test_what_it_said_is_not_read_from_another_file_once_it_is_closed(tmp_path: Path) -> None:
    if "tcpdump" not in USABLE:
        pytest.skip("tcpdump cannot capture here")
    (tmp_path / "other").write_text("other")
    child = Child("tcpdump", ["--version"], ["lo"])
    before = child._process.stderr.fileno()  # type: ignore[union-attr]
    child.close()
    with (tmp_path / "other").open() as other:
        if other.fileno() != before:
            os.dup2(other.fileno(), before)
        assert "other" not in child.said()
        assert other.read() == "other"
        if other.fileno() != before:
            os.close(before)


def stand_in(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name, first in PATH."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_no_permission_comes_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = 'echo "tcpdump: lo: You don\'t have permission to perform this capture on that device" >&2; exit 1'
    stand_in(tmp_path, "tcpdump", script, monkeypatch)
    with pytest.raises(LiveError, match=r"^lo: You don't have permission .*\nThis grants it: sudo "):
        open_tcpdump(["lo"], "", SNAP, None, BUFFER, True, None)


def test_what_the_kernel_dropped_stands_before_the_next_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tcpdump tells its counters when it is asked."""
    header = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAP, 1)
    frames = [struct.pack("<IIII", 1, number, 4, 4) + b"abcd" for number in range(2)]
    for name, data in (("first", header + frames[0]), ("second", frames[1])):
        (tmp_path / name).write_bytes(data)
    script = f"""
        trap 'echo "1 packet captured, 8 packets received by filter, 7 packets dropped by kernel" >&2; asked=1' USR1
        cat {tmp_path}/first
        while [ -z "$asked" ]; do sleep 0.05; done
        while [ ! -e {tmp_path}/go ]; do sleep 0.05; done
        cat {tmp_path}/second"""
    stand_in(tmp_path, "tcpdump", script, monkeypatch)
    with open_tcpdump(["lo"], "", SNAP, None, BUFFER, True, None) as source:
        found, buffer = b"", bytearray(1 << 16)
        while source.counters.dropped_kernel == 0:
            found += buffer[: source.readinto(buffer) or 0]
        (tmp_path / "go").touch()
        found += read(source)
        assert source.counters.received == 8
        assert source.ended == "tcpdump ended: it did not say why"
    assert found.count(struct.pack("<HHQHH", 4, 8, 7, 0, 0)) == 1
    (tmp_path / "out.pcapng").write_bytes(found)
    with open_capture(str(tmp_path / "out.pcapng")) as reader:
        assert [batch.time.tolist() for batch in reader] == [[10**9, 10**9 + 1]]


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_blocks_are_made_and_found_again(mode: str) -> None:
    kernel = encode if mode == "compiled" else interpreted.interpreted("analyzer.capture.live.encode")
    data = memoryview(bytes(range(100)))
    time, start, end, reported = views(*np.array([[5, 2**40, 7], [0, 10, 40], [10, 31, 100], [10, 40, 100]], np.int64))
    out = memoryview(bytearray(1000))
    (state,) = views(np.zeros(kernel.STATE, np.int64))
    assert kernel.encode(data, time, start, end, reported, 0, 3, 2, 9, out, state) == 3
    size = state[0]
    assert struct.unpack_from("<7I", out) == (6, 60, 2, 0, 5, 10, 10)
    assert out[28:60] == bytes(data[:10]) + bytes(2) + struct.pack("<HHQHHI", 4, 8, 9, 0, 0, 60)
    assert struct.unpack_from("<7I", out, 60) == (6, 56, 2, 2**8, 0, 21, 30)
    (state,) = views(np.zeros(kernel.STATE, np.int64))
    kernel.whole(out, size, -1, state)
    assert state.tolist() == [size, 3, kernel.RUNNING, 8]
    for filled in range(size):
        state[0] = 0
        kernel.whole(out, filled, -1, state)
        at, frames, stop, need = state.tolist()
        assert at + need > filled and stop == kernel.RUNNING and frames == (filled >= 60) + (filled >= 116)
    state[0] = 0
    kernel.whole(out, size, 2, state)
    assert state.tolist()[:3] == [116, 2, kernel.ENOUGH]
    room = memoryview(bytearray(119))
    state[0] = 0
    assert kernel.encode(data, time, start, end, reported, 0, 3, 2, 0, room, state) == 2
