#!/usr/bin/env python3
"""Real TCP conversations, spoilt: through all applications without an exception, compiled and interpreted to the same rows.

    fuzz_streams.py [--conversations N] [--seed S] [--captures FILE_OR_FOLDER ...]

Bytes of their streams change, segments are split, joined, exchanged, lost, sent again (with other bytes, too) and cut short by
the capture, in one direction or both. Every block of conversations has to be read within a time that grows with its size alone.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from scripts.fuzz import Frame, batches, different, run  # noqa: E402

CONVERSATIONS = 2_000
BLOCK = 250  #: conversations that are read together, as one capture
BODY_LIMIT = 4_096
MOST_SEGMENTS = 200  #: of a conversation; of longer ones, so many from anywhere in it
MOST_BYTES = 60_000  #: of a segment
SECONDS_PER_MIB = 10.0  #: that a block may take, compiled; it takes less than one
SYN, FIN, RST, ACK = 0x02, 0x01, 0x04, 0x10
IP_AND_TCP = 40
ETHERNET = b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0"
PORTS = (21, 25, 53, 80, 110, 143, 389, 443, 3306, 5222, 5432, 8080)  #: of servers, where the real one is not kept
INTERESTING = (0x00, 0x01, 0x0A, 0x0D, 0x14, 0x15, 0x16, 0x17, 0x20, 0x2C, 0x30, 0x3A, 0x7F, 0x80, 0x88, 0xC0, 0xFF)
WORDS = (
    b"\r\n\r\n", b"\n\n", b"0\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n", b"\r\nContent-Length: 5\r\n",
    b"\r\nUpgrade: websocket\r\n",
    b"\r\nContent-Encoding: gzip\r\n", b"\r\nContent-Type: text/event-stream\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n",
    b"HTTP/1.1 101 \r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"STARTTLS\r\n", b"data: x\n\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\x14\x03\x03\x00\x01\x01", b"\x17\x03\x03\x40\x00",
    b"\x88\x02\x03\xe8", b"\xc1\x7f", b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
)  # fmt: skip


class Segment(NamedTuple):
    """What one packet brings."""

    direction: int
    seq: int
    ack: int
    flags: int
    data: bytes
    cut: int = 0  #: bytes at its end that the capture does not have


class Conversation(NamedTuple):
    """Its packets, in the order of the capture."""

    ports: tuple[int, int]
    segments: list[Segment]


def conversations(captures: Iterable[Path]) -> list[Conversation]:
    """All TCP conversations with data in these captures, as the analyzer itself finds them."""
    from analyzer.capture.reader import CaptureError, open_capture
    from analyzer.flow.fact import Fact
    from analyzer.pipeline import Pipeline

    found: dict[tuple[Path, int], Conversation] = {}
    for path in captures:
        try:
            with open_capture(str(path)) as reader:
                for dissection in Pipeline(reader):
                    table, facts = dissection.tcp, dissection.tcp_facts
                    if table is None or facts is None:
                        continue
                    wanted = (Fact.SIDE, Fact.STREAM, Fact.SEQ, Fact.ACK, Fact.FLAGS)
                    columns = [facts[fact].tolist() for fact in wanted]
                    columns += [table[name].tolist() for name in ("inner", "inner_end", "srcport", "dstport")]
                    for side, stream, seq, ack, flags, start, end, source, destination in zip(*columns, strict=True):
                        if side < 0 or end - start > MOST_BYTES:
                            continue
                        ports = (destination, source) if side & 1 else (source, destination)
                        one = found.setdefault((path, stream), Conversation(ports, []))
                        data = dissection.batch.data[start : max(start, end)].tobytes()
                        one.segments.append(Segment(side & 1, seq, ack, flags, data))
        except CaptureError:
            continue
    return [one for one in found.values() if any(segment.data for segment in one.segments)]


def spoilt(chance: random.Random, one: Conversation, others: Sequence[Conversation]) -> Conversation:
    """The conversation with a few things changed."""
    segments = one.segments
    if len(segments) > MOST_SEGMENTS:
        at = chance.choice((0, chance.randrange(len(segments) - MOST_SEGMENTS)))
        segments = segments[at : at + MOST_SEGMENTS]
    segments = list(segments)
    for _ in range(chance.choice((1, 1, 2, 3, 8, 20))):
        if segments:
            _spoil(chance, segments, others)
    ports = one.ports if chance.random() < 0.7 else (one.ports[0], chance.choice(PORTS))
    return Conversation(ports, segments)


def _spoil(chance: random.Random, segments: list[Segment], others: Sequence[Conversation]) -> None:
    loaded = [i for i, segment in enumerate(segments) if segment.data]
    at = chance.choice(loaded) if loaded and chance.random() < 0.9 else chance.randrange(len(segments))
    segment = segments[at]
    data = segment.data
    middle = chance.randrange(len(data) + 1)
    match chance.randrange(13):
        case 0 | 1 | 2:  # other bytes
            segments[at] = segment._replace(data=_other_bytes(chance, data))
        case 3:  # in two
            segments[at : at + 1] = _pieces(segment, [middle])
        case 4:  # in many
            size = chance.choice((1, 2, 5, 100))
            segments[at : at + 1] = _pieces(segment, range(size, min(len(data), 100 * size), size))
        case 5:  # with the next one that follows it
            end = segment.seq + len(data) & 0xFFFFFFFF
            for i in range(at + 1, len(segments)):
                if segments[i].direction == segment.direction and segments[i].seq == end:
                    segments[at] = segment._replace(data=(data + segments.pop(i).data)[:MOST_BYTES])
                    break
        case 6:  # later or earlier
            segments.insert(chance.randrange(len(segments)), segments.pop(at))
        case 7:  # lost
            del segments[at]
        case 8:  # sent again
            segments.insert(chance.randrange(len(segments) + 1), segment)
        case 9:  # sent again, or before, differently
            segments.insert(chance.randrange(len(segments) + 1), segment._replace(data=_other_bytes(chance, data)))
        case 10:  # what follows moves: bytes are put in or taken out
            more = chance.choice(WORDS) if chance.random() < 0.7 else b""
            left = data[:middle] + more + data[min(len(data), middle + chance.choice((0, 0, 1, 50))) :]
            segments[at] = segment._replace(data=left)
            for i in range(at + 1, len(segments)):
                if segments[i].direction == segment.direction:
                    segments[i] = segments[i]._replace(seq=segments[i].seq + len(left) - len(data) & 0xFFFFFFFF)
        case 11:  # cut by the capture
            segments[at] = segment._replace(data=data[:middle], cut=len(data) - middle)
        case _:  # what others say; or the end
            if chance.random() < 0.8:
                segments[at] = segment._replace(data=chance.choice(chance.choice(others).segments).data)
            else:
                segments[at] = segment._replace(flags=segment.flags ^ chance.choice((FIN, RST, SYN, ACK)))


def _pieces(segment: Segment, cuts: Iterable[int]) -> list[Segment]:
    bounds = [0, *cuts, len(segment.data)]
    return [
        segment._replace(seq=segment.seq + start & 0xFFFFFFFF, data=segment.data[start:end], flags=segment.flags & ~SYN)
        for start, end in pairwise(bounds)
    ]


def _other_bytes(chance: random.Random, data: bytes) -> bytes:
    new = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        if not new:
            break
        at = min(chance.randrange(len(new)), chance.randrange(len(new)))  # headers more often than bodies
        match chance.randrange(4):
            case 0:
                new[at] ^= 1 << chance.randrange(8)
            case 1:
                new[at] = chance.choice(INTERESTING)
            case 2:
                word = chance.choice(WORDS)
                new[at : at + len(word)] = word
            case _:
                new[at : at + 2] = struct.pack("!H", chance.choice((0, 1, 2, 255, 16_384, len(new), len(new) - at, 65_535)))
    return bytes(new[:MOST_BYTES])


def mixed(chance: random.Random, some: Sequence[Conversation]) -> list[Frame]:
    """The frames of all of them, in turns."""
    waiting = [[_frame(number, one, segment) for segment in reversed(one.segments)] for number, one in enumerate(some)]
    frames = []
    while waiting:
        at = chance.randrange(len(waiting))
        count = min(chance.choice((1, 2, 8, 64)), len(waiting[at]))
        frames += waiting[at][: -count - 1 : -1]
        del waiting[at][len(waiting[at]) - count :]
        if not waiting[at]:
            waiting[at] = waiting[-1]
            waiting.pop()
    return frames


def _frame(number: int, one: Conversation, segment: Segment) -> Frame:
    direction = segment.direction
    ends = (socket.inet_aton(f"10.1.{number >> 8}.{number & 255}"), b"\x0a\x02\0\1")
    missing = min(segment.cut, MOST_BYTES)
    data = segment.data[: MOST_BYTES - missing]
    size = IP_AND_TCP + len(data) + missing
    ip = struct.pack("!BBHHHBBH", 0x45, 0, size, 0, 0, 64, 6, 0) + ends[direction] + ends[1 - direction]
    ports = one.ports if direction == 0 else one.ports[::-1]
    tcp = struct.pack("!HHIIBBHHH", *ports, segment.seq, segment.ack, 5 << 4, segment.flags & 0xFF, 8_192, 0, 0)
    return Frame(1, len(ETHERNET) + size, ETHERNET + ip + tcp + data)


def read(frames: Sequence[Frame]) -> float:
    """Read them with everything that there is for streams: bodies and findings too. How many seconds that took."""
    from analyzer.flow.findings.applications import PROTOCOLS, ApplicationFindings
    from analyzer.pipeline import EVERY_APPLICATION, Pipeline

    begun = time.process_time()
    reader: Any = batches(frames)  # all that the pipeline needs of one
    pipeline = Pipeline(reader, applications=replace(EVERY_APPLICATION, body_limit=BODY_LIMIT))
    rows = {protocol: make() for protocol, (make, _) in PROTOCOLS.items()}
    findings = ApplicationFindings()
    for messages in chain((dissection.messages for dissection in pipeline), (pipeline.finish() for _ in range(1))):
        known = list(messages)
        findings.update(known)
        for message in known:
            for row in rows[message.PROTOCOL].rows(message):
                json.dumps(row)
    list(findings.findings())
    return time.process_time() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--captures", type=Path, nargs="+", default=[ROOT / "pcaps"])
    arguments = parser.parse_args()
    paths = (path for one in arguments.captures for path in ([one] if one.is_file() else sorted(one.rglob("*"))))
    begun = conversations(path for path in paths if path.is_file())
    print(f"{arguments.conversations:,} conversations made from {len(begun):,}")
    bad = 0
    for first in range(0, arguments.conversations, BLOCK):
        seed = arguments.seed + first
        chance = random.Random(seed)
        count = min(BLOCK, arguments.conversations - first)
        frames = mixed(chance, [spoilt(chance, chance.choice(begun), begun) for _ in range(count)])
        mib = sum(len(frame.data) for frame in frames) / (1 << 20)
        took = read(frames)
        if took > 1 + mib * SECONDS_PER_MIB:
            bad += 1
            print(f"seed {seed}: {took:.1f} s for {mib:.1f} MiB")
        compiled = run(frames, interpreted=False)
        found = different(compiled, run(frames, interpreted=True))
        bad += len(found)
        print(f"seed {seed}: {len(frames):,} frames, {len(compiled):,} columns and rows, {len(found)} differ", flush=True)
        for line in found[:5]:
            print(f"  {line[:200]}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
