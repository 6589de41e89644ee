"""scripts/live_lab.py: how rows and frames are compared, what programs say of their losses, and the search for a rate."""

from __future__ import annotations

import importlib.util
import json
import mmap
import os
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.frames import ethernet, ipv4, tcp

ROOT = Path(__file__).resolve().parents[2]


def program() -> ModuleType:
    """The script, and the packages beside it that it imports."""
    spec = importlib.util.spec_from_file_location("live_lab_program", ROOT / "scripts/live_lab.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lab = program()
load, faults, soak = lab.load, lab.faults, lab.soak
compare, scene, tools, traffic = (sys.modules[f"live.{name}"] for name in ("compare", "scene", "tools", "traffic"))


def line(kind: str, revision: int, **row: object) -> str:
    """An event as it is printed."""
    return json.dumps({"schema": 1, "event": kind, "revision": revision, **row}, separators=(",", ":")) + "\n"


def test_only_the_latest_revision_of_a_row_counts() -> None:
    lines = [
        line("capture", 1),
        line("flow", 1, protocol="tcp", stream=0, packets=3),
        line("flow", 1, protocol="udp", stream=0, packets=1),
        line("flow", 2, protocol="tcp", stream=0, packets=9),
        line("stall", 1, stream=0, direction="server", start_ns=5),
        line("stall", 2, stream=0, direction="server", start_ns=5, withdrawn=True),
    ]
    found = compare.latest(lines)
    assert found["flow"] == [
        '{"schema":1,"protocol":"tcp","stream":0,"packets":9}',
        '{"schema":1,"protocol":"udp","stream":0,"packets":1}',
    ]
    assert found["stall"] == []


def segment(source: str, target: str, number: int) -> bytes:
    """A frame with a TCP segment."""
    return ethernet(ipv4(tcp(seq=number), 6, source, target))


def test_frames_are_compared_between_the_ends() -> None:
    there = [segment("10.0.0.1", "10.0.0.2", number) for number in range(4)]
    back = [segment("10.0.0.2", "10.0.0.1", number) for number in range(4)]
    early = bytes(60)
    ours, theirs, ends = compare.together([early, *there, *back[:3]], [*there, *back])
    assert ends == "ours has 1 more at the begin; tshark has 1 more at the end"
    assert compare.same_frames(ours, theirs).equal
    mixed = [back[0], there[0], back[1], *there[1:], back[2]]
    assert compare.same_frames(mixed, theirs).equal  # both ways came at the same time
    swapped = [there[1], there[0], *there[2:], *back[:3]]
    assert compare.same_frames(swapped, theirs).live_only == [f"another order of {there[0][26:38].hex()}"]
    assert compare.same_frames(ours[1:], theirs).other_only == [there[0].hex()]


@pytest.mark.parametrize(
    ("count", "text", "received", "dropped"),
    [
        ("_tcpdump", "100 packets captured\n130 packets received by filter\n30 packets dropped by kernel\n", 100, 30),
        (
            "_dumpcap",
            "Packets received/dropped on interface 'eth0': 100/30 (pcap:30/dumpcap:0/flushed:0/ps_ifdrop:0) (76.9%)\n",
            100,
            30,
        ),
        ("_tshark_writes", "100 packets captured\n30 packets dropped from eth0\n", 100, 30),
        ("_tshark_writes", "100 packets captured\n", 100, 0),
        ("_tcpdump", "tcpdump: eth0: No such device exists\n", None, None),
    ],
)
def test_what_programs_say(tmp_path: Path, count: str, text: str, received: int | None, dropped: int | None) -> None:
    assert getattr(tools, count)(tmp_path / "none", text) == tools.Said(received, dropped)


def test_what_the_analyzer_says(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text(line("statistics", 1, packets=5, dropped_kernel=0) + line("flow", 1, packets=9))
    assert tools._analyzer(out, "") == tools.Said(5, 0)
    counters = {"packets": 7, "dropped_kernel": 2, "dropped_interface": 0, "dropped_here": 1}
    out.write_text(line("statistics", 1, packets=5, dropped_kernel=0) + line("summary", 1, packets=7, counters=counters))
    assert tools._analyzer(out, "") == tools.Said(7, 3)
    out.write_text("")
    assert tools._analyzer(out, "") == tools.Said(None)


def test_bisecting_finds_the_rate() -> None:
    found = load.bisect(lambda rate: rate * (rate <= 30_000), 1_000, 1_000_000, 12)
    assert 0.98 * 30_000 < found <= 30_000
    assert load.bisect(lambda rate: 0.0, 1_000, 1_000_000, 5) == 0.0


def block(kind: int, body: bytes) -> bytes:
    """A pcapng block."""
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def test_a_file_that_ends_within_a_block(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcapng"
    whole = block(0x0A0D0D0A, bytes(16)) + block(1, bytes(8)) + block(6, bytes(40)) + block(6, bytes(20))
    path.write_bytes(whole)
    assert scene.whole(path) == (2, 0)
    path.write_bytes(whole[:-5])
    assert scene.whole(path) == (1, 27)


@pytest.mark.parametrize("parts", [1, 2])
def test_senders_share_the_connections(tmp_path: Path, parts: int) -> None:
    from live import sender

    path = traffic.make("udp64", tmp_path)
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    places = [place for part in range(parts) for place in sender.frames(data, part, parts)[:, 0].tolist()]
    assert len(places) == len(set(places)) == traffic.FLOWS * traffic.ROUNDS
    assert set(sender.frames(data, 0, parts)[:, 1].tolist()) == {64}


def test_memory_that_grows_is_seen() -> None:
    flat = [soak.Sample(5.0 * number, {"RssAnon": 100_000 + number % 7}, {}) for number in range(100)]
    growing = [soak.Sample(5.0 * number, {"RssAnon": 100_000 + 200 * number}, {}) for number in range(100)]
    assert not soak.grows(flat)
    assert soak.grows(growing)
    assert round(soak.slope(growing, "RssAnon")) == 200 * 12


@pytest.mark.skipif(os.geteuid() == 0, reason="root may make namespaces")
def test_refuses_where_it_may_not() -> None:
    run = subprocess.run([sys.executable, ROOT / "scripts/live_lab.py", "faults"], capture_output=True, text=True, check=False)
    assert (run.returncode, "root" in run.stderr) == (2, True)
