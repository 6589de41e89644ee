#!/usr/bin/env python3
"""Mutated and cut frames through the walk and the analysis, compiled and interpreted: no exception, and every column equal.

    fuzz.py [--frames N] [--seed S] [--captures DIR]

The frames begin as those of pcaps/, of all link types; bits flip, bytes change (length fields and version nibbles more often
than chance would have it), pieces are lost, doubled or exchanged with other frames', and the capture cuts some short.
"""

from __future__ import annotations

import argparse
import random
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FRAMES = 20_000
BATCH = 1_000
PER_LINKTYPE = 400  #: at most so many frames of one link type begin it: rare link types count as much as Ethernet
INTERESTING = (0, 1, 4, 5, 6, 0x0F, 0x11, 0x29, 0x2C, 0x40, 0x45, 0x60, 0x7F, 0x80, 0xFF)
UNTOUCHED = 0.1  #: share of frames that keep their bytes, so that connections go on
HEADERS = 96  #: mutations fall mostly into so many first bytes
MOST_BYTES = 2_000


class Frame(NamedTuple):
    linktype: int
    wire: int  #: length on the wire
    data: bytes


def seeds(captures: Sequence[Path]) -> list[Frame]:
    """Frames to begin with, some of every link type."""
    from analyzer.capture.reader import CaptureError, open_capture

    found: dict[int, list[Frame]] = {}
    for path in captures:
        try:
            with open_capture(str(path)) as reader:
                for batch in reader:
                    columns = (batch.linktype, batch.start, batch.end, batch.reported)
                    for linktype, start, end, reported in zip(*(column.tolist() for column in columns), strict=True):
                        frames = found.setdefault(linktype, [])
                        if end - start <= MOST_BYTES:
                            frames.append(Frame(linktype, reported - start, batch.data[start:end].tobytes()))
        except CaptureError:
            continue
    for frames in found.values():
        step = max(1, len(frames) // PER_LINKTYPE)
        frames[:] = frames[::step]
    return [frame for linktype in sorted(found) for frame in found[linktype]]


def mutated(frames: Sequence[Frame], count: int, seed: int) -> list[Frame]:
    """`count` frames made from these; the same for the same seed."""
    chance = random.Random(seed)
    made = []
    at = 0
    for _ in range(count):
        at = (at + 1) % len(frames) if chance.random() < 0.7 else chance.randrange(len(frames))  # mostly in order: dialogues
        linktype, wire, data = frames[at]
        if chance.random() >= UNTOUCHED:
            data = _mutate(chance, data, frames)
            wire = max(wire + len(data) - len(frames[at].data), len(data))
        if chance.random() < 0.15:
            data = data[: chance.randrange(len(data) + 1)]
        made.append(Frame(linktype, wire, data))
    return made


def _mutate(chance: random.Random, data: bytes, frames: Sequence[Frame]) -> bytes:
    new = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not new:
            break
        at = chance.randrange(min(len(new), HEADERS) if chance.random() < 0.9 else len(new))
        match chance.randrange(7):
            case 0:
                new[at] ^= 1 << chance.randrange(8)
            case 1:
                new[at] = chance.choice(INTERESTING)
            case 2:
                new[at] = chance.randrange(256)
            case 3:
                new[at : at + 2] = struct.pack("!H", chance.choice((0, 1, 7, 8, 19, 20, len(new), 65_535)))
            case 4:
                del new[at : at + chance.randrange(1, 9)]
            case 5:
                new[at:at] = new[at : at + chance.randrange(1, 41)]
            case _:
                other = chance.choice(frames).data
                new[at:] = other[min(at, len(other)) :]
    return bytes(new)


def batches(frames: Sequence[Frame]) -> Iterator[Any]:
    """The frames as the batches of a capture."""
    import numpy as np

    from analyzer.batch import Batch, Interface

    kinds = list(dict.fromkeys(frame.linktype for frame in frames))
    interfaces = [Interface(kind) for kind in kinds]
    for first in range(0, len(frames), BATCH):
        some = frames[first : first + BATCH]
        end = np.cumsum(np.array([len(frame.data) for frame in some], np.int64))
        start = end - np.array([len(frame.data) for frame in some], np.int64)
        number = np.arange(first + 1, first + len(some) + 1, dtype=np.int64)
        linktype = np.array([frame.linktype for frame in some], np.int32)
        interface = np.array([kinds.index(frame.linktype) for frame in some], np.int32)
        yield Batch(
            np.frombuffer(b"".join(frame.data for frame in some), np.uint8), number, number * 1_000_000, start, end,
            start + np.array([frame.wire for frame in some], np.int64), interface, linktype,
            np.zeros(len(some), np.uint8), interfaces,
        )  # fmt: skip


def save(frames: Sequence[Frame], to: BinaryIO) -> None:
    for frame in frames:
        to.write(struct.pack("<iII", frame.linktype, frame.wire, len(frame.data)) + frame.data)


def load(source: BinaryIO) -> list[Frame]:
    frames = []
    while header := source.read(12):
        linktype, wire, length = struct.unpack("<iII", header)
        frames.append(Frame(linktype, wire, source.read(length)))
    return frames


def run(frames: Sequence[Frame], interpreted: bool) -> list[str]:
    """What tests/rows.py says of the frames, in a process of its own. Raises CalledProcessError for any exception in it."""
    command = [sys.executable, "-m", "tests.rows", *(["--interpreted"] if interpreted else [])]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        save(frames, process.stdin)
        process.stdin.close()
        said = process.stdout.read().decode().splitlines()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return said


def different(compiled: Sequence[str], interpreted: Sequence[str]) -> list[str]:
    """The lines in which two runs differ."""
    if len(compiled) != len(interpreted):
        return [f"{len(compiled)} lines compiled, {len(interpreted)} interpreted"]
    return [f"{a} <> {b}" for a, b in zip(compiled, interpreted, strict=True) if a != b]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--captures", type=Path, default=ROOT / "pcaps")
    arguments = parser.parse_args()
    from tests.interpreted import stale_modules

    if stale := stale_modules():
        print(f"not compiled from the present source: {', '.join(stale)}", file=sys.stderr)
    begun = seeds(sorted(path for path in arguments.captures.rglob("*") if path.is_file()))
    frames = mutated(begun, arguments.frames, arguments.seed)
    kinds = len({frame.linktype for frame in frames})
    print(f"{len(frames):,} frames of {kinds} link types, from {len(begun):,} frames of {arguments.captures}")
    compiled = run(frames, interpreted=False)
    found = different(compiled, run(frames, interpreted=True))
    print(f"{len(compiled):,} columns and rows compared, {len(found)} differ")
    for line in found[:20]:
        print(f"  {line[:200]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
