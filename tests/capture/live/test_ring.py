"""The walk over TPACKET_V3 rings, on rings made in memory; compiled and from its source."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from types import ModuleType

import numpy as np
import pytest

from analyzer.batch import views
from analyzer.capture.live import ring
from analyzer.capture.live.ring_numbers import Kind, Ring, State, Stop
from analyzer.capture.reader import open_capture
from tests.capture.build import interface, resolution, section

BLOCK = 4096
MAC = 80  #: where a frame begins behind its header
USER, LOSING, VLAN, TPID = 1, 4, 16, 64
SECOND = 1_000_000_000
ETHERNET = bytes(range(12)) + b"\x08\x00" + b"payload of it"
LATE = 2**62


@dataclass
class Frame:
    time: int
    data: bytes
    wire: int = 0
    status: int = 0
    tci: int = 0
    tpid: int = 0


@pytest.fixture(params=["compiled", "interpreted"])
def module(request: pytest.FixtureRequest, interpreted: Callable[[str], ModuleType]) -> ModuleType:
    return ring if request.param == "compiled" else interpreted("analyzer.capture.live.ring")


def block(frames: Sequence[Frame] | None, status: int = USER) -> bytes:
    """A block that the kernel has filled; None: one that it has not."""
    if frames is None:
        return bytes(BLOCK)
    made = bytearray(struct.pack("=6IQ4I", 1, 48, status, len(frames), 48, 0, 1, 0, 0, 0, 0))
    for frame in frames:
        size = MAC + len(frame.data) + 15 & ~15
        head = struct.pack(
            "=6I2H2IHH8x", size, frame.time // SECOND, frame.time % SECOND, len(frame.data), frame.wire or len(frame.data),
            frame.status, MAC, MAC + 14, 0, frame.tci, frame.tpid, 0,
        )  # fmt: skip
        address = struct.pack("=H2siHBB8s", 17, b"\x08\x00", 7, 1, 4, 6, b"\x02\0\0\0\0\x01")
        made += (head + address).ljust(MAC, b"\0") + frame.data
        made += bytes(-len(made) % 16)
    return bytes(made.ljust(BLOCK, b"\0"))


class Rings:
    """Rings in memory, and what a walk over them gives."""

    def __init__(self, module: ModuleType, *rings: Sequence[bytes], kind: int = Kind.ETHERNET, snap: int = 65535) -> None:
        self.module = module
        self.memory = bytearray(b"".join(b"".join(blocks) for blocks in rings))
        self.table = np.zeros(len(rings) * Ring.WIDTH, np.int64)
        base = 0
        for number, blocks in enumerate(rings):
            self.table[number * Ring.WIDTH :][:6] = base, len(blocks), BLOCK, number, kind, snap
            self.table[number * Ring.WIDTH + Ring.LEFT] = self.table[number * Ring.WIDTH + Ring.ASKED] = -1
            base += len(blocks) * BLOCK
        self.state = np.zeros(State.SIZE, np.int64)
        self.out = bytearray(1 << 16)

    def walk(self, most: int = LATE, horizon: int = LATE, room: int = 1 << 16) -> int:
        data = memoryview(self.memory)
        self.state[: State.FRAMES] = 0, most, horizon
        self.out = bytearray(room)
        self.module.walk(data, data.cast("H"), data.cast("I"), *views(self.table), memoryview(self.out), *views(self.state))
        return int(self.state[State.STOP])

    def blocks(self) -> bytes:
        return bytes(self.out[: self.state[State.FILLED]])

    def rows(self, linktype: int = 1) -> list[tuple[int, bytes, int]]:
        head = section() + interface(linktype, options=resolution(9)) + interface(linktype, options=resolution(9))
        with open_capture(BytesIO(head + self.blocks())) as reader:
            found = [
                (int(batch.time[i]), bytes(batch.data[batch.start[i] : batch.end[i]]), int(batch.reported[i] - batch.start[i]))
                for batch in reader
                for i in range(len(batch))
            ]
            assert not reader.damage
        return found

    def status(self, block: int) -> int:
        return int(struct.unpack_from("=I", self.memory, block * BLOCK + 8)[0])


def test_frames_of_all_blocks(module: ModuleType) -> None:
    rings = Rings(
        module, [block([Frame(5, b"abc", 99), Frame(6, b"defgh")]), block([]), block([Frame(3 * SECOND, b"")]), block(None)]
    )
    assert rings.walk() == Stop.DRY
    assert rings.rows() == [(5, b"abc", 99), (6, b"defgh", 5), (3 * SECOND, b"", 0)]
    assert [rings.status(one) for one in range(4)] == [0, 0, 0, 0]


def test_goes_round(module: ModuleType) -> None:
    rings = Rings(module, [block([Frame(1, b"a")]), block(None)])
    rings.walk()
    rings.memory[BLOCK:] = block([Frame(2, b"b")])
    rings.walk()
    assert rings.rows() == [(2, b"b", 1)]
    rings.memory[:BLOCK] = block([Frame(3, b"c")])
    rings.walk()
    assert rings.rows() == [(3, b"c", 1)]


@pytest.mark.parametrize("limit", [{"most": 1}, {"room": 100}])
def test_goes_on_within_a_block(module: ModuleType, limit: dict[str, int]) -> None:
    rings = Rings(module, [block([Frame(number, b"x" * 40) for number in range(3)]), block(None)])
    for number in range(3):
        rings.walk(**limit)
        assert rings.rows() == [(number, b"x" * 40, 40)]
        assert rings.state[State.FRAMES] == 1
    rings.walk(**limit)
    assert rings.blocks() == b""
    assert rings.status(0) == 0


def test_no_room(module: ModuleType) -> None:
    rings = Rings(module, [block([Frame(1, b"x" * 40)])])
    assert rings.walk(room=71) == Stop.FULL
    assert rings.blocks() == b""
    assert rings.walk(room=int(rings.state[State.NEED])) == Stop.DRY
    assert len(rings.blocks()) == 72


@pytest.mark.parametrize(("status", "tpid", "type_"), [(VLAN, 0, b"\x81\0"), (VLAN | TPID, 0x88A8, b"\x88\xa8")])
def test_vlan_tag_is_put_back(module: ModuleType, status: int, tpid: int, type_: bytes) -> None:
    rings = Rings(module, [block([Frame(1, ETHERNET, 100, status, 0x2005, tpid)])])
    rings.walk()
    assert rings.rows() == [(1, ETHERNET[:12] + type_ + b"\x20\x05" + ETHERNET[12:], 104)]


@pytest.mark.parametrize("snap", range(30))
def test_vlan_tag_and_snap_length(module: ModuleType, snap: int) -> None:
    tagged = ETHERNET[:12] + b"\x81\0\0\x05" + ETHERNET[12:]
    kept = ETHERNET[:snap]
    rings = Rings(module, [block([Frame(1, kept, len(ETHERNET), VLAN, 5)])], snap=max(snap, 1))
    rings.walk()
    assert rings.rows() == [(1, tagged[:snap], len(tagged))]


def test_plain_frames_have_no_tag(module: ModuleType) -> None:
    rings = Rings(module, [block([Frame(1, ETHERNET, 0, VLAN, 5)])], kind=Kind.PLAIN)
    rings.walk()
    assert rings.rows() == [(1, ETHERNET, len(ETHERNET))]


def test_cooked(module: ModuleType) -> None:
    header = bytes.fromhex("0800 0000 00000007 0001 04 06 0200000000010000")
    tagged = bytes.fromhex("8100 0000 00000007 0001 04 06 0200000000010000 0005 0800")
    rings = Rings(module, [block([Frame(1, b"packet", 50), Frame(2, b"packet", 50, VLAN, 5)])], kind=Kind.COOKED)
    rings.walk()
    assert rings.rows(276) == [(1, header + b"packet", 70), (2, tagged + b"packet", 74)]


@pytest.mark.parametrize("snap", [1, 19, 20, 23])
def test_cooked_and_snap_length(module: ModuleType, snap: int) -> None:
    rings = Rings(module, [block([Frame(1, b"packet")])], kind=Kind.COOKED, snap=snap)
    rings.walk()
    ((_, data, reported),) = rings.rows(276)
    assert (len(data), reported) == (snap, 26)


def test_rings_are_merged_by_time(module: ModuleType) -> None:
    rings = Rings(
        module,
        [block([Frame(1, b"a"), Frame(4, b"d"), Frame(5, b"e")]), block([Frame(9, b"i")])],
        [block([Frame(2, b"b"), Frame(3, b"c"), Frame(6, b"f")]), block(None)],
    )
    assert rings.walk(horizon=0) == Stop.EARLY
    assert b"".join(data for _, data, _ in rings.rows()) == b"abcdef"
    assert rings.state[State.NEXT] == 9
    assert rings.walk(horizon=8) == Stop.EARLY
    assert rings.walk(horizon=9) == Stop.DRY
    assert rings.rows() == [(9, b"i", 1)]


def drop_counts(blocks: bytes) -> list[int]:
    """epb_dropcount of each block."""
    found, at = [], 0
    while at < len(blocks):
        total, captured = struct.unpack_from("<4xI12xI", blocks, at)
        options = blocks[at + 28 + (captured + 3 & ~3) : at + total - 4]
        found.append(struct.unpack("<HHQ4x", options)[2] if options else 0)
        at += total
    return found


def test_drops_are_told_by_the_first_frame_behind_them(module: ModuleType) -> None:
    rings = Rings(module, [block([Frame(1, b"a")]), block([Frame(2, b"b"), Frame(3, b"c")], USER | LOSING)])
    assert rings.walk() == Stop.LOSING
    assert drop_counts(rings.blocks()) == [0]
    at = rings.state[State.RING]
    rings.table[at + Ring.ASKED] = rings.table[at + Ring.DROPPED_BEFORE] = rings.table[at + Ring.PASSED]
    rings.table[at + Ring.DROPPED] = 2**33 + 7
    assert rings.walk() == Stop.DRY
    assert drop_counts(rings.blocks()) == [2**33 + 7, 0]
    assert [data for _, data, _ in rings.rows()] == [b"b", b"c"]


def test_drops_behind_blocks_that_wait(module: ModuleType) -> None:
    rings = Rings(module, [block([Frame(number, b"a")]) for number in range(3)])
    rings.table[Ring.DROPPED], rings.table[Ring.DROPPED_BEFORE] = 4, 2
    rings.walk()
    assert drop_counts(rings.blocks()) == [0, 0, 4]


def test_used(module: ModuleType) -> None:
    one = block([Frame(1, b"a")])
    rings = Rings(module, [one, one, block([Frame(1, b"a")], USER | LOSING), block(None)], [one, one])
    words, table = memoryview(rings.memory).cast("I"), views(rings.table)[0]
    assert module.used(words, table, 0) == (3, 2)
    assert module.used(words, table, Ring.WIDTH) == (2, 2)
    assert module.used(memoryview(bytearray(4 * BLOCK)).cast("I"), table, 0) == (0, 0)
