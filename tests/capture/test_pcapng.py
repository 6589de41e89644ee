"""pcapng files: sections, interfaces, time stamps, every kind of block, and what damage does."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from io import BytesIO
from types import ModuleType

import numpy as np
import pytest

from analyzer.capture import pcapng
from analyzer.capture.block import Block
from analyzer.capture.reader import CaptureError, open_capture
from analyzer.capture.rows import Rows
from analyzer.fault import Fault
from tests.capture.build import FRAME, block, interface, option, packet, resolution, rows_of, section

BEGIN = section() + interface()
LOW_63 = 2**63 - 1


@pytest.mark.parametrize("order", "<>")
def test_byte_orders(order: str) -> None:
    content = section(order) + interface(113, order=order) + packet(5, length=99, order=order)
    rows, damage = rows_of(content)
    assert [row[:4] for row in rows] == [(5000, FRAME, 99, 113)]
    assert damage == []


def test_sections_begin_anew() -> None:
    content = (
        BEGIN
        + packet(1)
        + section(">")
        + interface(113, order=">")
        + interface(0, order=">")
        + packet(2, number=1, order=">")
    )
    rows, damage = rows_of(content)
    assert [(row.time, row.linktype) for row in rows] == [(1000, 1), (2000, 0)]
    assert damage == []


@pytest.mark.parametrize(
    ("value", "offset", "stamp", "time"),
    [
        (6, None, 1_500_000_000_123_456, 1_500_000_000_123_456_000),
        (9, None, 1_500_000_000_123_456_789, 1_500_000_000_123_456_789),
        (0, None, 1_500_000_000, 1_500_000_000 * 10**9),
        (3, None, 1_500_000_000_123, 1_500_000_000_123_000_000),
        (12, None, 1_500_000_123_456_789_012, 1_500_000_123_456_789),
        (19, None, 15 * 10**18, 1_500_000_000),
        (20, None, 15 * 10**18, 150_000_000),
        (0x80 | 10, None, 1_500_000_000 * 1024 + 513, 1_500_000_000_500_976_562),
        (0x80 | 40, None, (150_000 << 40) + (1 << 39), 150_000_500_000_000),
        (0x80 | 64, None, 3 << 62, 750_000_000),
        (6, 1000, 5_000_001, 1_005_000_001_000),
        (6, -1000, 5_000_001, -994_999_999_000),
        (9, -1, 2**63, 2**63 - 10**9),
        (6, None, 9_223_372_036_854_775, 9_223_372_036_854_775_000),
    ],
)  # fmt: skip
def test_times(value: int, offset: int | None, stamp: int, time: int) -> None:
    rows, _ = rows_of(section() + interface(options=resolution(value, offset)) + packet(stamp))
    assert [(row.time, row.fault) for row in rows] == [(time, Fault.NONE)]


@pytest.mark.parametrize(
    ("value", "offset", "stamp"),
    [(6, 0, 9_223_372_036_854_776), (6, 0, 2**64 - 1), (9, 0, 2**63), (0, 2**62, 5), (0, -(2**62), 5)],
)
def test_times_outside_1678_to_2262_keep_63_bits(value: int, offset: int, stamp: int) -> None:
    rows, _ = rows_of(section() + interface(options=resolution(value, offset)) + packet(stamp) + packet(stamp))
    ns = stamp * 10 ** (9 - value) + offset * 10**9
    assert [(row.time, row.fault) for row in rows] == [(ns & LOW_63, Fault.TIMESTAMP)] * 2


def test_simple_packets_are_cut_at_the_snap_length_and_have_no_time() -> None:
    simple = struct.pack("<I", 60) + FRAME[:40]
    rows, damage = rows_of(section() + interface(snap=40) + block(Block.SIMPLE, simple) + packet(1))
    assert [row[:3] for row in rows] == [(0, FRAME[:40], 60), (1000, FRAME, 60)]
    assert damage == []


def test_obsolete_packets() -> None:
    rows, _ = rows_of(BEGIN + block(Block.PACKET, struct.pack("<HHIIII", 0, 0xFFFF, 0, 5, 60, 61) + FRAME))
    assert [row[:3] for row in rows] == [(5000, FRAME, 61)]


def test_what_the_other_blocks_say() -> None:
    options = (
        option(2, b"eth0") + option(3, b"the first") + option(13, b"\4") + option(1, b"an interface") + resolution(9)
    )
    names = (
        struct.pack("<HH", 1, 10)
        + b"\x0a\0\0\1host\0\0\0\0"
        + struct.pack("<HH", 2, 19)
        + bytes(15)
        + b"\1six\0"
        + bytes(4)
    )
    content = (
        section(options=option(2, b"a machine") + option(3, b"its system") + option(4, b"a program"))
        + interface(1, 96, options)
        + block(Block.NAMES, names + struct.pack("<HH", 1, 8) + b"\x0a\0\0\1two\0")
        + block(Block.SECRETS, struct.pack("<II", 0x544C534B, 5) + b"a key")
        + packet(7, options=option(1, b"a packet"))
        + block(
            Block.STATISTICS,
            struct.pack("<III", 0, 0, 0) + option(4, struct.pack("<Q", 9)) + option(5, struct.pack("<Q", 2)),
        )
        + packet(8)
    )
    reader = open_capture(BytesIO(content))
    assert sum(len(batch) for batch in reader) == 2
    assert (reader.files[0].format, reader.files[0].compression, reader.damage) == ("pcapng", None, [])
    found = reader.interfaces[0]
    assert (found.name, found.description, found.snap_length, found.fcs_length) == ("eth0", "the first", 96, 4)
    assert (found.resolution, found.statistics) == (10**9, {"received": 9, "dropped": 2})
    assert reader.names == {b"\x0a\0\0\1": "host", bytes(15) + b"\1": "six"}
    assert reader.secrets == [(0x544C534B, b"a key")]
    assert [(c.what, c.text, c.frame, c.interface) for c in reader.comments] == [
        ("hardware", "a machine", None, None),
        ("os", "its system", None, None),
        ("application", "a program", None, None),
        ("comment", "an interface", None, 0),
        ("comment", "a packet", 1, None),
    ]


def test_custom_blocks_and_journal_entries_count_as_frames() -> None:
    custom = block(Block.CUSTOM, struct.pack("<I", 32473) + b"abcd")
    entry = block(Block.JOURNAL, b"__REALTIME_TIMESTAMP=1500000000000000\n")
    rows, damage = rows_of(BEGIN + packet(1) + custom + entry + packet(2))
    assert [(row.time, row.linktype) for row in rows] == [(1000, 1), (0, -1), (1_500_000_000 * 10**9, -1), (2000, 1)]
    assert rows[1].data == b"abcd"
    assert damage == []


@pytest.mark.parametrize("size", [0, 4000, 100_000, 17 << 20])
def test_unknown_blocks_are_skipped_whatever_their_length(size: int) -> None:
    rows, damage = rows_of(BEGIN + packet(1) + block(0x7777, bytes(size)) + packet(2), chunk_bytes=8192)
    assert [row.time for row in rows] == [1000, 2000]
    assert damage == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (packet(1, number=1), "a packet of interface 1, and the section describes 1"),
        (packet(1, trailer=8), "the two total lengths of a block differ: 92 and 8"),
        (packet(1, captured=61), "a packet block of 92 bytes cannot hold 61 captured bytes"),
        (packet(1, bytes(262_145)), "a frame of 262145 captured bytes is longer than any can be"),
        (packet(1, options=struct.pack("<HH", 1, 50) + b"abcd"), "an option of a packet block has a length that cannot be"),
        (packet(1, options=option(2, b"ab")), "an option of a packet block has a length that cannot be"),
        (struct.pack("<II", 6, 8), "a block says it is 8 bytes long, too few for a block of its type"),
        (block(0x7777, b"", trailer=16), "the two total lengths of a block differ: 12 and 16"),
        (block(0x7777, bytes(9000), trailer=16), "the two total lengths of a block differ: 9012 and 16"),
        (block(Block.NAMES, struct.pack("<HH", 1, 50)), "a record of 50 bytes has only 0 left in its name resolution block"),
        (block(Block.SECRETS, struct.pack("<II", 1, 50)), "a decryption secrets block of 20 bytes cannot hold 50 bytes of secrets"),  # noqa: E501
        (block(Block.STATISTICS, b"1234"), "a block of 16 bytes is too short for a interface statistics block"),
        (section(version=(2, 0)), "pcapng version 2.0 is not known"),
        (section() + packet(1), "a packet of interface 0, and the section describes 0"),
        (struct.pack("<IIQ", Block.SECTION, 28, 0) + bytes(12), "a section header has the byte-order magic 0x00000000, which is none"),  # noqa: E501
    ],
)  # fmt: skip
def test_damage(bad: bytes, reason: str) -> None:
    rows, damage = rows_of(BEGIN + packet(5) + bad + packet(6), chunk_bytes=4096)
    assert [row.time for row in rows] == [5000]
    assert [(found.frame, found.reason) for found in damage] == [(1, reason)]


def test_cut_at_every_byte() -> None:
    pieces = [
        packet(1),
        block(0x7777, bytes(40)),
        packet(2, options=option(1, b"text")),
        section(),
        interface(),
        packet(3),
    ]
    content = BEGIN + b"".join(pieces)
    ends = [len(BEGIN) + len(b"".join(pieces[: i + 1])) for i in range(len(pieces))]
    frames = [ends[0], ends[2], ends[5]]
    for size in range(len(section()), len(content)):
        rows, damage = rows_of(content[:size])
        assert len(rows) == sum(end <= size for end in frames)
        assert len(damage) == (size not in (len(section()), len(BEGIN), *ends))
        assert all(found.frame == len(rows) and found.reason.startswith("cut short") for found in damage)


@pytest.mark.parametrize("content", [section()[:27], section(version=(2, 0)), section()[:8] + bytes(20)])
def test_no_section_header_no_capture(content: bytes) -> None:
    with pytest.raises(CaptureError):
        open_capture(BytesIO(content))


def test_many_interfaces() -> None:
    content = section() + b"".join(interface(i) for i in range(300)) + b"".join(packet(i, number=i) for i in range(300))
    rows, _ = rows_of(content)
    assert [row.linktype for row in rows] == list(range(300))


@pytest.mark.parametrize("seed", range(60))
def test_interpreted_as_compiled(seed: int, interpreted: Callable[[str], ModuleType]) -> None:
    rng = random.Random(seed)
    order = "<>"[seed & 1]
    kinds = [
        lambda: packet(rng.getrandbits(64), bytes(rng.randrange(50)), rng.randrange(3), order=order),
        lambda: packet(
            rng.getrandbits(50), options=option(rng.randrange(8), bytes(rng.randrange(9)), order), order=order
        ),
        lambda: block(Block.SIMPLE, struct.pack(order + "I", 20) + bytes(20), order),
        lambda: block(
            Block.PACKET, struct.pack(order + "HHIIII", 0, 0, 0, rng.getrandbits(32), 4, 4) + bytes(4), order
        ),
        lambda: block(0x7777, bytes(rng.randrange(20)), order),
    ]
    content = bytearray(b"".join(rng.choice(kinds)() for _ in range(20)))
    for _ in range(rng.randrange(3)):
        content[rng.randrange(len(content))] = rng.getrandbits(8)
    scales = rng.choice([1, 1000, 10**9]), -rng.choice([10, 1000]), 0
    table = [
        (7 + i, i, scale, i * 10**9, LOW_63 // max(scale, 1) - i * 10**9, rng.choice([0, 16]), 262_144)
        for i, scale in enumerate(scales)
    ]
    results = []
    for module in (pcapng, interpreted("analyzer.capture.pcapng")):
        rows, state = Rows(15), np.array([0, 0, 0, 0, seed & 2, 0, seed % 3 - 1])
        known = memoryview(np.array(table, np.int64).ravel())
        count = module.index(
            memoryview(bytes(content)), len(content), memoryview(state), bool(seed & 1), known, 3, 0, *rows.views
        )
        results.append((count, state.tolist(), *(view.tolist() for view in rows.views)))
    assert results[0] == results[1]


def dropping(stamp: int, dropped: int, number: int = 0, more: bytes = b"") -> bytes:
    return packet(stamp, number=number, options=option(4, struct.pack("<Q", dropped)) + more + option(0, b""))


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_places_where_frames_were_dropped(rows: int) -> None:
    content = section() + interface() + interface() + packet(1) + dropping(2, 0) + packet(3, number=1) + dropping(4, 7)
    content += dropping(6, 2**40, 1, option(1, b"here")) + packet(7)
    reader = open_capture(BytesIO(content), rows=rows)
    assert sum(len(batch) for batch in reader) == 6
    losses = reader.losses
    places = [(loss.frame, loss.dropped, loss.until_ns, loss.interface) for loss in losses.places]
    assert places == [(4, 7, 4000, 0), (5, 2**40, 6000, 1)]
    since = [loss.since_ns for loss in losses.places]
    assert since == ([3000, 4000] if rows == 1 else [3000, 3000] if rows == 3 else [2000, 3000])
    assert (losses.count, losses.dropped, losses.by_interface) == (2, 2**40 + 7, {0: 7, 1: 2**40})
    assert [comment.text for comment in reader.comments] == ["here"]


def test_a_capture_that_says_often_what_it_dropped() -> None:
    more = 300_000
    told = block(Block.STATISTICS, struct.pack("<III", 0, 0, 0) + option(4, bytes(8)) + option(7, bytes(8)))
    reader = open_capture(BytesIO(section() + interface() + (dropping(1, 1) + told) * more))
    assert sum(len(batch) for batch in reader) == more
    assert (reader.damage, reader.losses.count, len(reader.losses.places)) == ([], more, 100_000)
    assert reader.losses.first_left_out_ns == 1000
