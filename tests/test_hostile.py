"""Captures that were made to cost time or memory: each must be read in a bounded number of steps, and give what can be given.

Every test would run for a minute or more, or hold hundreds of megabytes, without the limit that it is about; LIMIT leaves
room for a slow machine.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable

import pytest

from analyzer.capture import blocks, facts
from analyzer.capture.reader import Reader, open_capture
from analyzer.dissect.application import dns
from analyzer.dissect.paths import ANY_WAY, MAX_PATHS
from analyzer.dissect.walk import Walk
from analyzer.pipeline import Applications, Pipeline
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp, udp, vlan
from tests.soon import soon

LIMIT = 5.0  #: seconds
COMMENT, INTERFACE_NAME = 1, 2
STATISTICS, SECRETS, CUSTOM, JOURNAL = 5, 10, 0xBAD, 9


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    total = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + total + body + total


def option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(linktype: int = 1, options: bytes = b"") -> bytes:
    return block(1, struct.pack("<HHI", linktype, 0, 0) + options)


def packet(frame: bytes = b"", number: int = 0, options: bytes = b"") -> bytes:
    return block(6, struct.pack("<IIIII", number, 0, 0, len(frame), len(frame)) + frame + bytes(-len(frame) % 4) + options)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def read(*parts: bytes) -> tuple[Reader, int]:
    """The reader at the end of a pcapng file, and how many frames there were."""
    with open_capture(io.BytesIO(SECTION + b"".join(parts))) as reader:
        return reader, sum(len(batch) for batch in reader)


NESTS: list[Callable[[bytes], bytes]] = [
    lambda inner: ipv4(inner, 4),
    lambda inner: ipv4(b"\0\0\x08\0" + inner, 47),
    lambda inner: ipv4(b"\0\0\x65\x58" + ethernet(vlan(inner, 1), 0x8100), 47),
    lambda inner: ipv4(udp(b"\x08\0\0\0\0\0\1\0" + ethernet(inner), 1000, 4789)),
    lambda inner: ipv4(b"\0\0\x86\xdd" + ipv6(inner, 4), 47),
    lambda inner: ipv4(struct.pack("!I", 5 << 12 | 0x140) + inner, 137),
]


def test_every_frame_nested_another_way() -> None:
    chance = random.Random(1)
    frames = []
    for _ in range(8_000):
        inner = ipv4(tcp(), 6)
        for _ in range(chance.randrange(15)):
            inner = chance.choice(NESTS)(inner)
        frames.append(ethernet(inner))
    walk = Walk()
    with soon(LIMIT):
        walk.batch(batch_of(frames))
    assert len(walk.paths) < MAX_PATHS + 100
    assert walk.paths.not_told_apart
    segments = walk.table("tcp")
    assert segments is not None
    assert segments["row"].tolist() == list(range(8_000))
    assert sum(walk.paths.packets[i] for i, path in enumerate(walk.paths) if path[-1:] == ("tcp",)) == 8_000
    assert (ANY_WAY, "tcp") in walk.paths


def test_every_frame_of_another_link_type() -> None:
    with soon(LIMIT):
        reader, frames = read(*(interface(300 + n) for n in range(60_000)), *(packet(b"abcd", n) for n in range(60_000)))
        walk = Walk()
        for _ in range(10):
            walk.batch(batch_of([b"abcd"] * 8_000, range(1_000, 9_000)))
    assert (frames, len(reader.interfaces)) == (60_000, 60_000)


def test_interfaces_beyond_their_cap() -> None:
    with soon(LIMIT):
        reader, _ = read(interface() * 200_000)
    assert len(reader.interfaces) == facts.MAXIMUM_INTERFACES
    assert "more than 65536 interfaces" in reader.damage[0].reason


def test_comments_beyond_their_cap_are_counted_only() -> None:
    with soon(LIMIT):
        reader, frames = read(interface(), packet(options=option(COMMENT) * 10_000) * 300)
    assert frames == 300
    assert len(reader.comments) == facts.MAXIMUM_COMMENTS
    assert reader.dropped == {"comments": 3_000_000 - facts.MAXIMUM_COMMENTS}


@pytest.mark.parametrize("part", [option(COMMENT) * 1_000, option(3_000) * 1_000])
def test_options_of_interfaces(part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAXIMUM_SINGLES", 100_000)
    reader, _ = read(interface(options=part) * 200)
    assert "more than 100,000 options and blocks" in reader.damage[0].reason


@pytest.mark.parametrize("part", [block(STATISTICS, bytes(12)), block(SECRETS, bytes(8)), SECTION])
def test_blocks_that_hold_no_frame(part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAXIMUM_SINGLES", 10_000)
    reader, _ = read(part * 20_000)
    assert "more than 10,000 options and blocks" in reader.damage[0].reason


@pytest.mark.parametrize("part", [block(CUSTOM, bytes(4)), block(JOURNAL, b"")])
def test_blocks_that_count_as_a_frame(part: bytes) -> None:
    with soon(LIMIT):
        reader, frames = read(part * 400_000)
    assert (frames, reader.damage, len(reader.interfaces)) == (400_000, [], 1)


def test_empty_secrets_and_long_names_take_bounded_memory() -> None:
    long = b"a" * 60_000
    record = b"".join(struct.pack("<HHI", 1, 4 + len(long), n) + long for n in range(200))
    names = interface(options=option(INTERFACE_NAME, long)) * 300 + block(4, record)
    reader, _ = read(names, block(SECRETS, bytes(8)) * 140_000)
    held = sum(map(len, reader.names.values())) + sum(len(one.name) for one in reader.interfaces)
    assert held <= facts.MAXIMUM_NAME_BYTES
    assert len(reader.secrets) <= facts.MAXIMUM_SECRETS // facts.SECRET_BYTES
    assert reader.dropped["names"] and reader.dropped["secrets"]


def test_a_ladder_of_dns_pointers() -> None:
    """Each name is a label and a pointer to the name before it, and each record has another of the long ones."""
    first = 12 + 1 + 10  # header, name and fixed part of the first record
    places = [first, *(first + 3 + 4 * n for n in range(125))]
    ladder = b"\1a\0" + b"".join(b"\1a" + struct.pack("!H", 0xC000 | place) for place in places[:-1])
    holder = b"\0" + struct.pack("!HHIH", 10, 1, 0, len(ladder)) + ladder  # a NULL record
    records = (struct.pack("!HHHIH", 0xC000 | places[60 + n % 66], 1, 1, 0, 4) + bytes(4) for n in range(500))
    message = struct.pack("!6H", 1, 0x8000, 0, 501, 0, 0) + holder + b"".join(records)
    assert next(dns.addresses(message)) == ("0.0.0.0", ".".join("a" * 61))
    with soon(LIMIT):
        for _ in range(1_000):
            assert sum(1 for _ in dns.addresses(message)) <= 500


def test_every_segment_the_other_way_round() -> None:
    """Sequence numbers that fall, then each of them acknowledged: no list may be gone through for each segment."""
    segments = [ethernet(ipv4(tcp(b"abcd", seq=4 * n), 6)) for n in range(60_000, 0, -1)]
    record = b"".join(struct.pack("<IIII", n, 0, len(one), len(one)) + one for n, one in enumerate(segments))
    with soon(LIMIT), open_capture(io.BytesIO(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + record)) as reader:
        pipeline = Pipeline(reader)
        assert sum(len(one.batch) for one in pipeline) == 60_000
    assert pipeline.tcp.forgotten


def segments(numbers: range, size: int, port: int = 80) -> bytes:
    """A capture of TCP segments that begin with a request; `numbers` are their positions in units of `size`."""
    first = b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"
    frames = [ethernet(ipv4(tcp(first, seq=1), 6))]
    frames += [ethernet(ipv4(tcp(bytes(size), seq=1 + len(first) + size * n), 6)) for n in numbers]
    record = b"".join(struct.pack("<IIII", n, 0, len(one), len(one)) + one for n, one in enumerate(frames))
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + record


@pytest.mark.parametrize(
    "numbers", [range(1, 60_000, 2), range(30_000, 0, -1), range(59_999, 0, -2)], ids=["holes", "reversed", "both"]
)
def test_streams_of_holes(numbers: range) -> None:
    """Every second segment missing, or all of them in reverse: what is held for them is bounded, and so is the time."""
    applications = Applications(frozenset({"http"}))
    with soon(LIMIT), open_capture(io.BytesIO(segments(numbers, 4))) as reader:
        pipeline = Pipeline(reader, applications=applications)
        for _ in pipeline:
            assert pipeline.messages is not None
            assert sum(len(one.held) for it in pipeline.messages.streams.live.values() for one in it.directions) < 20_000
        pipeline.close()


def test_a_stream_that_repeats_itself() -> None:
    """The same bytes again and again, one by one, each to be compared with the first copy."""
    data = b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500
    pieces = [ethernet(ipv4(tcp(data[at : at + 2], seq=1 + at), 6)) for at in range(0, len(data), 2)]
    frames = pieces * 30
    record = b"".join(struct.pack("<IIII", n, 0, len(one), len(one)) + one for n, one in enumerate(frames))
    capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + record
    with soon(LIMIT), open_capture(io.BytesIO(capture)) as reader:
        pipeline = Pipeline(reader, applications=Applications(frozenset({"http"})))
        assert sum(len(one.batch) for one in pipeline) == len(frames)
