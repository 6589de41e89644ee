"""pcap files: byte orders, resolutions, relatives, lengths that lie."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from analyzer.capture import pcap
from analyzer.capture.rows import MAXIMUM_FRAME, Rows
from tests.capture.build import FRAME, pcap_header, record, rows_of


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "scale"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_byte_order_and_resolution(order: str, magic: int, scale: int) -> None:
    content = pcap_header(magic, order=order) + record(10, 7, order=order) + record(0xFFFFFFFF, 8, b"", 90, order=order)
    rows, damage = rows_of(content)
    assert damage == []
    assert [row[:4] for row in rows] == [
        (10 * 10**9 + 7 * scale, FRAME, 60, 1),
        (0xFFFFFFFF * 10**9 + 8 * scale, b"", 90, 1),
    ]


@pytest.mark.parametrize(
    ("header", "more"),
    [
        (pcap_header(0xA1B2CD34), bytes(8)),
        (pcap_header(0xA1B2CD34), struct.pack("<IHBBBBBB", 1, 8, 0, 0, 1, 0, 0, 0)),
        (pcap_header(), struct.pack("<IHBB", 1, 8, 0, 0)),
        (pcap_header(), struct.pack("<I", 1)),
        (pcap_header(0x1C0001AC) + bytes(4), b""),
    ],
    ids=["kuznetzov", "kuznetzov-later", "kuznetzov-same-magic", "nokia", "ixia"],
)
def test_longer_headers(header: bytes, more: bytes) -> None:
    content = header + b"".join(record(1 + i, 2, more=more) for i in range(5))
    rows, damage = rows_of(content)
    assert damage == []
    assert [(row.time, row.data) for row in rows] == [((1 + i) * 10**9 + 2000, FRAME) for i in range(5)]


@pytest.mark.parametrize(("version", "swapped"), [((2, 4), False), ((2, 3), False), ((2, 2), True), ((543, 0), True)])
def test_lengths_swapped_in_old_versions(version: tuple[int, int], swapped: bool) -> None:
    lengths = (100, 60) if swapped else (60, 100)
    rows, _ = rows_of(pcap_header(version=version) + struct.pack("<IIII", 1, 2, *lengths) + FRAME)
    assert [(row.data, row.length) for row in rows] == [(FRAME, 100)]


def test_lengths_of_version_2_3_are_swapped_where_that_makes_sense() -> None:
    rows, _ = rows_of(pcap_header(version=(2, 3)) + struct.pack("<IIII", 1, 2, 100, 60) + FRAME)
    assert [(row.data, row.length) for row in rows] == [(FRAME, 100)]


def test_aix_counts_in_nanoseconds_and_numbers_link_types_otherwise() -> None:
    rows, _ = rows_of(pcap_header(version=(2, 2), linktype=9) + record(1, 2))
    assert [(row.time, row.linktype) for row in rows] == [(1_000_000_002, 6)]


def test_captured_longer_than_on_the_wire_stays_as_it_is() -> None:
    rows, damage = rows_of(pcap_header() + record(1, 2, length=40) + record(3, 4))
    assert [(len(row.data), row.length) for row in rows] == [(60, 40), (60, 60)]
    assert damage == []


def test_longest_frame_and_one_byte_more() -> None:
    rows, damage = rows_of(pcap_header() + record(1, 1) + record(1, 2, bytes(MAXIMUM_FRAME)))
    assert [len(row.data) for row in rows] == [60, MAXIMUM_FRAME]
    assert damage == []
    rows, damage = rows_of(pcap_header() + record(1, 1) * 3 + record(1, 2, bytes(MAXIMUM_FRAME + 1)))
    assert len(rows) == 3
    assert (damage[0].frame, damage[0].offset) == (3, 24 + 3 * 76)
    assert damage[0].reason == "a record says 262145 bytes were captured; a frame has at most 262144"


def test_long_frames_of_the_link_types_that_have_them() -> None:
    rows, damage = rows_of(pcap_header(linktype=249) + record(1, 1, bytes(5_000_000)) + record(1, 2))
    assert [len(row.data) for row in rows] == [5_000_000, 60]
    assert damage == []


def test_cut_at_every_byte() -> None:
    header, records = pcap_header(), [record(i, 1, FRAME[:20]) for i in range(4)]
    content = header + b"".join(records)
    for size in range(len(header), len(content)):
        rows, damage = rows_of(content[:size])
        whole, rest = divmod(size - len(header), len(records[0]))
        assert len(rows) == whole
        assert len(damage) == (rest > 0)
        if damage:
            assert (damage[0].frame, damage[0].offset) == (whole, size - rest)
            assert damage[0].reason.startswith("cut short in the middle of a packet: ")


@pytest.mark.parametrize(
    ("magic", "more"),
    [
        (0xA1B2C3D4, struct.pack("<IHBB", 1, 8, 0, 0)),
        (0xA1B2C3D4, struct.pack("<I", 1)),
        (0xA1B2CD34, struct.pack("<IHBBBBBB", 1, 8, 0, 0, 1, 0, 0, 0)),
    ],
    ids=["kuznetzov-same-magic", "nokia", "kuznetzov-later"],
)
def test_longer_headers_cut(magic: int, more: bytes) -> None:
    """What a header is can be told once the second one is there; before that the usual one is as good."""
    addresses = bytes.fromhex("001b21aabbcc 001b21010203 0800") + FRAME
    frames = [addresses + bytes([i]) for i in range(4)]
    records = [record(1_700_000_000 + i, 900_000, frame, more=more) for i, frame in enumerate(frames)]
    content = pcap_header(magic) + b"".join(records)
    size = len(records[0])
    for place in range(24 + size + 40, len(content) + 1):
        rows, _ = rows_of(content[:place])
        assert [row.data for row in rows] == frames[: (place - 24) // size]


@pytest.mark.parametrize("wire", [40, 60])
def test_usual_headers_are_not_taken_for_longer_ones(wire: int) -> None:
    """A cut 4 or 8 bytes behind a record looks like a longer header; the first record may be odd besides."""
    for frame in (FRAME, bytes(60), bytes.fromhex("02000000 45000040") + bytes(52)):
        content = pcap_header() + record(1, 2, frame, wire) * 4
        for place in range(24, len(content) + 1):
            rows, _ = rows_of(content[:place])
            assert [row.data for row in rows] == [frame] * ((place - 24) // 76)


def test_what_a_cut_packet_says() -> None:
    _, damage = rows_of(pcap_header() + record(1, 1) * 2 + record(1, 1, bytes(1514))[: 16 + 302])
    assert damage[0].reason == "cut short in the middle of a packet: record says 1514 bytes, 302 are left"


@pytest.mark.parametrize("chunk", [4096, 5000, 65536])
def test_records_over_the_chunk_boundary(chunk: int) -> None:
    sizes = [random.Random(7).randrange(0, 9000) for _ in range(200)]
    content = pcap_header() + b"".join(record(i, 0, bytes([i % 256]) * size) for i, size in enumerate(sizes))
    rows, damage = rows_of(content, chunk_bytes=chunk, rows=7)
    assert [row.data for row in rows] == [bytes([i % 256]) * size for i, size in enumerate(sizes)]
    assert damage == []


@pytest.mark.parametrize("seed", range(30))
def test_interpreted_as_compiled(seed: int, interpreted: Callable[[str], ModuleType]) -> None:
    rng = random.Random(seed)
    content = bytearray(
        b"".join(record(rng.getrandbits(32), rng.getrandbits(32), bytes(rng.randrange(90))) for _ in range(30))
    )
    for _ in range(rng.randrange(4)):
        content[rng.randrange(len(content))] = rng.getrandbits(8)
    results = []
    for module in (pcap, interpreted("analyzer.capture.pcap")):
        rows, state = Rows(25), np.zeros(3, np.int64)
        arguments = (bool(seed & 1), (16, 20, 24)[seed % 3], seed % 3, 1000, MAXIMUM_FRAME)
        count = module.index(memoryview(bytes(content)), len(content), memoryview(state), *arguments, *rows.positions)
        results.append((count, state.tolist(), *(view.tolist() for view in rows.positions)))
    assert results[0] == results[1]
