"""`analyzer.watch`: rows of an interface as Python values."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

import analyzer
from analyzer.capture.live.privileges import CAP_NET_RAW, held

LOOPBACK = "lo"
may_capture = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not held("CapEff") >> CAP_NET_RAW & 1, reason="needs CAP_NET_RAW (Linux)"
)


def test_an_interface_that_is_not_there() -> None:
    with pytest.raises(analyzer.CaptureError):
        analyzer.watch("no-such-interface")


@may_capture
def test_rows_come_and_the_file_gives_the_same(tmp_path: Path) -> None:
    written = tmp_path / "out.pcapng"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        with analyzer.watch(LOOPBACK, capture_filter=f"udp port {port}", count=3, write=str(written)) as capture:
            rows = iter(capture)
            first = next(rows)
            for _ in range(5):
                client.sendto(b"hello", ("127.0.0.1", port))
            rest = list(rows)
        assert capture.snapshot().counters.packets == 3
    assert (first["event"], first["interfaces"], first["filter"]) == ("capture", [LOOPBACK], f"udp port {port}")
    assert [row["packets_client"] for row in rest if row["event"] == "flow"] == [3]
    assert rest[-1]["event"] == "summary"
    assert [row["what"] for row in rest if row["event"] == "writing"][-1] == "closed"
    with analyzer.open(written) as file:
        (flow,) = file.flows()
    assert {"event": "flow", "revision": 1, **flow} in rest


@may_capture
def test_stop_ends_it() -> None:
    with analyzer.watch(LOOPBACK, capture_filter="udp port 9") as capture:
        rows = iter(capture)
        assert next(rows)["event"] == "capture"
        capture.stop()
        *_, last = rows
    assert last["event"] == "summary"
    assert last["ended"] == "stopped"
