"""scapy's sockets as they capture the loopback interface."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.capture.live import permissions
from analyzer.capture.live.recorder import Recorder
from analyzer.capture.live.source import FilterError, LiveError, LiveSource
from analyzer.capture.live.with_scapy import open_scapy
from tests.capture.live.test_children import BUFFER, PORT, SNAP, payloads_of, read, send

pytestmark = pytest.mark.skipif(
    not any(one.usable for one in permissions.backends() if one.name == "scapy"), reason="scapy cannot capture here"
)


def begin(recorder: Recorder | None = None, count: int | None = None) -> LiveSource:
    return open_scapy(["lo"], f"udp port {PORT}", SNAP, count, BUFFER, True, recorder)


def test_frames_are_handed_over_and_recorded_up_to_the_count(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out.pcapng")
    sent = [b"%d" % number * (1 + number * 50) for number in range(8)]
    with begin(recorder, 5) as source:
        send(sent)
        handed = read(source)
        assert source.ended == "count"
    recorder.close()
    assert recorder.frames == 5
    assert handed == (tmp_path / "out.pcapng").read_bytes()
    assert payloads_of(tmp_path / "out.pcapng") == sent[:5]


def test_a_frame_larger_than_the_buffer_comes_in_pieces(tmp_path: Path) -> None:
    sent = [bytes(range(250)) * 100, b"small", bytes(20_000)]
    with begin(count=3) as source:
        send(sent)
        (tmp_path / "out.pcapng").write_bytes(read(source, 4096))
    assert payloads_of(tmp_path / "out.pcapng") == sent


def test_what_has_no_room_is_counted() -> None:
    with begin() as source:
        source._takers[0]._most_bytes = 1000  # type: ignore[attr-defined]
        send([bytes(300)] * 10)
        while source._takers[0].received < 10:  # type: ignore[attr-defined]
            continue
        source.stop()
        read(source)
        assert source.counters.dropped_here == 8
        assert source.counters.received == 10


def test_what_cannot_be_captured_is_said() -> None:
    with pytest.raises(FilterError, match="syntax error"):
        open_scapy(["lo"], "foo bar", SNAP, None, BUFFER, True, None)
    with pytest.raises(LiveError, match="no interface 'l0'"):
        open_scapy(["l0"], "", SNAP, None, BUFFER, True, None)
    with pytest.raises(LiveError, match="cannot capture `any`"):
        open_scapy(["any"], "", SNAP, None, BUFFER, True, None)
