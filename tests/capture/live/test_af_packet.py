"""Frames of real interfaces, in a network namespace of our own."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from io import BytesIO

import pytest

from analyzer.capture.live.source import LiveError, LiveSource, open_live
from analyzer.capture.reader import open_capture
from tests.capture.live.conftest import ip

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_PACKET"), reason="only Linux has packet sockets")

PATIENCE_S = 20
HEADER = bytes.fromhex("ffffffffffff 020000000001 0800")
Veth = tuple[str, str]


class Recorded:
    """What a recorder is given."""

    def __init__(self) -> None:
        self.blocks = b""
        self.frames = 0

    def section(self, blocks: bytes) -> None:
        self.blocks += blocks

    def packets(self, blocks: memoryview, frames: int) -> None:
        self.blocks += blocks
        self.frames += frames


def opened(*interfaces: str, **options: object) -> LiveSource:
    return open_live(interfaces, backend="af_packet", **options)  # type: ignore[arg-type]


def send(interface: str, *frames: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((interface, 0))
        for frame in frames:
            sender.send(frame)


def taken(live: LiveSource, until: Callable[[bytes], bool] | None = None, size: int = 1 << 20) -> bytes:
    """All that is handed over until the end, or until that is so."""
    buffer, blocks = bytearray(size), b""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        got = live.readinto(buffer)
        if got == 0:
            return blocks
        blocks += buffer[: got or 0]
        if until is not None and until(blocks):
            return blocks
    raise AssertionError("it did not end")


def frames(blocks: bytes) -> list[bytes]:
    with open_capture(BytesIO(blocks)) as reader:
        found = [bytes(batch.data[batch.start[i] : batch.end[i]]) for batch in reader for i in range(len(batch))]
        assert not reader.damage
    return found


def numbered(count: int, size: int = 60) -> list[bytes]:
    return [HEADER + struct.pack("!I", number).ljust(size - len(HEADER), b"\0") for number in range(count)]


def test_count(veth: Veth) -> None:
    recorded = Recorded()
    with opened("v1", count=3, recorder=recorded) as live:
        send("v0", *numbered(5))
        blocks = taken(live)
        assert (live.ended, live.counters.received, live.name) == ("count", 5, "v1")
    assert frames(blocks) == numbered(3)
    assert (recorded.blocks, recorded.frames) == (blocks, 3)


def test_stop_hands_over_what_is_there(veth: Veth) -> None:
    with opened("v0") as live:
        send("v0", *numbered(4))
        live.stop()
        send("v0", *numbered(1))
        blocks = taken(live)
        assert live.ended == "stopped"
        assert live.readinto(bytearray(100)) == 0
    assert frames(blocks)[:4] == numbered(4)


def test_nothing_yet(veth: Veth) -> None:
    buffer = bytearray(1 << 16)
    with opened("v1") as live:
        assert live.ready()
        assert live.readinto(buffer)
        assert live.readinto(buffer) is None
        assert not live.ready()


def test_filter_and_snap_length(veth: Veth) -> None:
    wanted = HEADER[:12] + b"\x08\x06" + bytes(50)
    with opened("v1", capture_filter="arp", snap_length=20, count=2) as live:
        send("v0", *numbered(5), wanted, *numbered(5), wanted)
        blocks = taken(live)
    assert frames(blocks) == [wanted[:20]] * 2
    with open_capture(BytesIO(blocks)) as reader:
        list(reader)
        assert (reader.interfaces[0].name, reader.interfaces[0].snap_length) == ("v1", 20)


@pytest.mark.parametrize(("interface", "before"), [("v1", 0), ("any", 20)])
def test_vlan_tags_are_put_back(veth: Veth, interface: str, before: int) -> None:
    tagged = HEADER[:12] + b"\x81\0\x20\x05\x08\x00" + b"content".ljust(46, b"\0")
    with opened(interface, capture_filter="" if before else "vlan 5") as live:
        send("v0", tagged)
        blocks = taken(live, lambda blocks: tagged[14:] in blocks)
    assert blocks[blocks.index(tagged[14:]) - 14 :].startswith(tagged) == (not before)


def test_loopback_is_not_seen_twice(veth: Veth) -> None:
    with opened("lo") as live, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(3):
            sender.sendto(b"once", ("127.0.0.1", 9))
        blocks = taken(live, lambda blocks: blocks.count(b"once") >= 6)  # three datagrams, and what ICMP quotes of them
        live.stop()
        blocks += taken(live)
    assert len([frame for frame in frames(blocks) if frame.endswith(b"once")]) == 6


def test_interfaces_are_merged_by_time(veth: Veth) -> None:
    with opened("v1", "v0", count=200) as live:
        send("v0", *numbered(100))
        blocks = taken(live)
    with open_capture(BytesIO(blocks)) as reader:
        times = [int(time) for batch in reader for time in batch.time]
    assert times == sorted(times)
    assert sorted(frames(blocks)) == sorted(numbered(100) * 2)


def test_frames_that_were_dropped_are_counted_and_placed(veth: Veth) -> None:
    with opened("v0", buffer_bytes=1) as live:
        send("v0", *numbered(6000, 1500))
        first = taken(live, lambda blocks: len(blocks) > 1 << 18)
        send("v0", *numbered(10))
        live.stop()
        blocks = first + taken(live)
        counters = live.counters
    got = len(frames(blocks))
    assert counters.received == 6010
    assert counters.dropped_kernel == 6010 - got > 0
    told, at = 0, 0
    while at < len(blocks):
        kind, total = struct.unpack_from("<II", blocks, at)
        captured = struct.unpack_from("<I", blocks, at + 20)[0]
        options = blocks[at + 28 + (captured + 3 & ~3) : at + total - 4] if kind == 6 else b""
        told += struct.unpack("<HHQ4x", options)[2] if options else 0
        at += total
    assert told in {0, counters.dropped_kernel}  # 0: nothing came behind them


def test_a_frame_larger_than_the_buffer(veth: Veth) -> None:
    recorded = Recorded()
    with opened("v1", count=3, recorder=recorded) as live:
        send("v0", *numbered(3, 1400))
        blocks = taken(live, size=500)
    assert frames(blocks) == numbered(3, 1400)
    assert recorded.blocks == blocks


def test_down_and_up_again(veth: Veth) -> None:
    with opened("v1") as live:
        send("v0", *numbered(1))
        blocks = taken(live, lambda blocks: numbered(1)[0] in blocks)
        ip("link set v1 down")
        assert live.readinto(bytearray(1 << 16)) is None
        ip("link set v1 up")
        again = numbered(2)[1]
        deadline = time.monotonic() + PATIENCE_S
        while (again not in blocks or len(live.events) < 2) and time.monotonic() < deadline:
            send("v0", again)
            blocks += taken(live, lambda got: bool(got))
        assert [(event.interface, event.what) for event in live.events] == [("v1", "down"), ("v1", "up")]
    assert again in blocks


def test_one_that_is_down_at_first(veth: Veth) -> None:
    ip("link set v1 down")
    with opened("v1", count=1) as live:
        live.readinto(bytearray(1 << 16))
        ip("link set v1 up")
        while not live.readinto(bytearray(1 << 16)):
            send("v0", *numbered(1))


def test_removed(veth: Veth) -> None:
    with opened("v1", "v0") as live:
        send("v0", *numbered(2))
        ip("link delete v0")
        blocks = taken(live)
        assert live.ended == "interface removed"
        assert {(event.interface, event.what) for event in live.events} >= {("v0", "removed"), ("v1", "removed")}
    assert len(frames(blocks)) == 4


def test_all_interfaces(veth: Veth) -> None:
    with opened("any", count=2) as live:
        send("v0", *numbered(1))
        blocks = taken(live)
    sent, received = frames(blocks)
    assert sent[20:] == received[20:] == numbered(1)[0][14:]
    assert (sent[10], received[10], sent[:2]) == (socket.PACKET_OUTGOING, socket.PACKET_BROADCAST, b"\x08\x00")
    assert struct.unpack_from("!I", sent, 4)[0] == socket.if_nametoindex("v0")


def test_a_name_of_any_bytes(veth: Veth) -> None:
    name = os.fsdecode(b"v\xff\x1b[m")
    ip("link set v1 down")
    ip(f"link set v1 name {name}")
    ip(f"link set {name} up")
    with opened(name, count=1, capture_filter="ip or not ip") as live:
        send("v0", *numbered(1))
        blocks = taken(live)
    with open_capture(BytesIO(blocks)) as reader:
        assert sum(map(len, reader)) == 1
        assert reader.interfaces[0].name == "v\ufffd\x1b[m"


def test_unknown_interface(veth: Veth) -> None:
    with pytest.raises(LiveError, match=r"there is no interface 'v7'; there are: .*v0"):
        opened("v0", "v7")
