#!/usr/bin/env python3
"""Cut every capture of pcaps/ everywhere, and see that the analyzer still gives every frame before the cut.

    python scripts/cut.py                     at every block and header boundary +-3 bytes and at 200 random places
    python scripts/cut.py --every-byte        at each byte
    python scripts/cut.py --only tcp/ --keep /tmp/failures

For each cut: no traceback, at most 10 s, exit status 0 (the cut falls between two records), 3 (inside one) or 1 (too
little is left to recognise), and the rows are those that the uncut file gives for the frames that are whole. What is
whole is counted here by a record walk of its own. Runs in this process's workers; --subprocess starts the command anew.
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import lzma
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
PCAPS = ROOT / "pcaps"
NEAR = 3  #: bytes around each boundary
RANDOM_CUTS, SEED = 200, 1
LIMIT = 10.0  #: seconds for one cut file
HEADERS = (14, 34, 54)  #: where headers usually end inside a frame
FIELDS = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols", "tcp.stream", "tcp.analysis.flags")
ALLOWED = {0, 1, 3}

PACKET_BLOCKS, CUSTOM_BLOCKS = (2, 3, 6), (0x0BAD, 0x40000BAD)


@dataclass(frozen=True)
class Record:
    """A record or block of a capture file: where it begins, where its frame does, where it ends."""

    begin: int
    data: int
    end: int
    frames: int  #: 1 for a packet, 0 for another block
    doubtful: int  #: 1 for a custom block, which Wireshark numbers as a frame


class Hang(BaseException):
    """A run took longer than LIMIT. Not an Exception: nothing may swallow it."""


def walk(data: bytes) -> Iterator[Record]:
    """The whole records at the beginning of a pcap, pcapng or snoop file; nothing for what is neither."""
    magic = data[:4]
    if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\x34\xcd\xb2\xa1"):
        yield from walk_pcap(data, "little")
    elif magic in (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d", b"\xa1\xb2\xcd\x34"):
        yield from walk_pcap(data, "big")
    elif magic == b"\x0a\x0d\x0d\x0a":
        yield from walk_pcapng(data)
    elif data[:8] == b"snoop\0\0\0":
        at = 16
        while at + 24 <= len(data) and (end := at + int.from_bytes(data[at + 8 : at + 12], "big")) <= len(data):
            yield Record(at, at + 24, end, 1, 0)
            at = end


def walk_pcap(data: bytes, order: str) -> Iterator[Record]:
    """Record headers are 16 bytes, of the modified format 24."""
    head = 24 if data[:4] in (b"\x34\xcd\xb2\xa1", b"\xa1\xb2\xcd\x34") else 16
    at = 24
    while at + head <= len(data):
        end = at + head + int.from_bytes(data[at + 8 : at + 12], order)  # type: ignore[arg-type]
        if end > len(data):
            return
        yield Record(at, at + head, end, 1, 0)
        at = end


def walk_pcapng(data: bytes) -> Iterator[Record]:
    """Block type and length, in the byte order that the section names."""
    at, order = 0, "little"
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "little" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else "big"
        kind, length = (int.from_bytes(data[n : n + 4], order) for n in (at, at + 4))  # type: ignore[arg-type]
        end = at + length
        if length < 12 or length % 4 or end > len(data) or data[at + 4 : at + 8] != data[end - 4 : end]:
            return
        head = {2: 28, 3: 12, 6: 28}.get(kind, 8)
        yield Record(at, at + head, end, int(kind in PACKET_BLOCKS), int(kind in CUSTOM_BLOCKS))
        at = end


def inflate(data: bytes) -> bytes | None:
    """What the beginning of a compressed file decompresses to; None where that is not known here."""
    makers: dict[bytes, Callable[[], object]] = {
        b"\x1f\x8b": lambda: zlib.decompressobj(31),
        b"BZ": bz2.BZ2Decompressor,
        b"\xfd7": lzma.LZMADecompressor,
    }
    maker = makers.get(data[:2])
    if maker is None:
        return None if data[:4] in (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18") else data
    out = b""
    with contextlib.suppress(zlib.error, OSError, lzma.LZMAError, EOFError):
        while data[:2] in makers:
            step = maker()
            out += step.decompress(data)  # type: ignore[attr-defined]
            data = step.unused_data  # type: ignore[attr-defined]
    return out


def places(data: bytes, every_byte: bool) -> list[int]:
    """Where to cut."""
    if every_byte:
        return list(range(len(data)))
    edges = {0, 4, 8, 16, 24, len(data)}
    for record in walk(data):
        edges |= {record.begin, record.begin + 8, record.data, record.end}
        edges |= {record.data + header for header in HEADERS if record.data + header < record.end}
    near = {edge + shift for edge in edges for shift in range(-NEAR, NEAR + 1)}
    chance = random.Random(f"{SEED} {len(data)}")
    near |= {chance.randrange(len(data)) for _ in range(RANDOM_CUTS)} if data else set()
    return sorted(place for place in near if 0 <= place < len(data))


def command_line(path: Path) -> list[str]:
    """The one command that is tried: every frame as a row."""
    return ["packets", str(path), "--format", "ndjson", *(part for name in FIELDS for part in ("-e", name))]


def in_process(arguments: list[str]) -> int:
    """The command in this process; its exit status."""
    from analyzer.__main__ import main

    sys.argv = ["analyzer", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def analyze(path: Path, subprocess_: bool) -> tuple[int, bytes, str]:
    """Exit status, rows, and what went to standard error, a traceback included."""

    def alarm(number: int, frame: FrameType | None) -> None:
        raise Hang

    if subprocess_:
        command = [sys.executable, "-m", "analyzer", *command_line(path)]
        try:
            run = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return -1, b"", f"longer than {LIMIT:.0f} s"
        return run.returncode, run.stdout, run.stderr.decode(errors="replace")
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        saved = os.dup(1), os.dup(2)
        sys.stdout.flush()
        os.dup2(out.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        signal.signal(signal.SIGALRM, alarm)
        signal.setitimer(signal.ITIMER_REAL, LIMIT)
        failure = ""
        try:
            status = in_process(command_line(path))
        except Hang:
            status, failure = -1, f"longer than {LIMIT:.0f} s"
        except BaseException:  # a traceback is what this looks for, whatever raised it
            status, failure = -1, traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            os.close(saved[0])
            os.close(saved[1])
        out.seek(0)
        errors.seek(0)
        return status, out.read(), failure or errors.read().decode(errors="replace")


def judge(data: bytes, place: int, whole: bytes, status: int, rows: bytes, errors: str) -> str:
    """What is wrong with the answer for a file cut at `place`, or nothing."""
    if "Traceback" in errors or status not in ALLOWED:
        return f"status {status}: {errors.strip()[-600:]}"
    lines = rows.splitlines()
    if lines != whole.splitlines()[: len(lines)]:
        first = next(n for n, (a, b) in enumerate(zip(lines, [*whole.splitlines(), *[b""] * len(lines)], strict=False)) if a != b)
        return f"row {first + 1} differs from the uncut file's: {lines[first][:200]!r}"
    if (plain := inflate(data[:place])) is None:
        return ""
    records = list(walk(plain))
    most = len(whole.splitlines())  # of a file that is damaged before the cut
    low = min(most, sum(record.frames for record in records))
    high = min(most, low + sum(record.doubtful for record in records))
    if not low <= len(lines) <= high:
        return f"{len(lines)} rows where {low} frames are whole"
    if records and status == 0 and len(plain) > records[-1].end:
        return "status 0, but the cut falls inside a record"
    return ""


def examine(job: tuple[Path, bool, bool, Path | None]) -> tuple[str, int, float, list[str]]:
    """Every cut of one capture: its name, how many cuts, the longest time, what was wrong."""
    path, every_byte, subprocess_, keep = job
    data = path.read_bytes()
    name = str(path.relative_to(PCAPS))
    problems: list[str] = []
    longest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / path.name
        _, whole, _ = analyze(path, subprocess_)
        chosen = places(data, every_byte)
        for place in chosen:
            target.write_bytes(data[:place])
            begin = time.perf_counter()
            status, rows, errors = analyze(target, subprocess_)
            longest = max(longest, time.perf_counter() - begin)
            if problem := judge(data, place, whole, status, rows, errors):
                problems.append(f"{name} cut at {place}: {problem}")
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{name.replace('/', '-')}.{place}").write_bytes(data[:place])
    return name, len(chosen), longest, problems


def main() -> int:
    """Cut, and report; exit status 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every-byte", action="store_true", help="cut at each byte")
    parser.add_argument("--only", default="", help="captures whose path contains this")
    parser.add_argument("--subprocess", action="store_true", help="start the command anew for each cut (slow)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="workers")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the cut files that fail here")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    files = sorted(path for path in PCAPS.rglob("*") if path.is_file() and path.suffix != ".md" and options.only in str(path))
    jobs = [(path, options.every_byte, options.subprocess, options.keep) for path in files]
    cuts, wrong, slowest = 0, 0, (0.0, "")
    with multiprocessing.Pool(options.jobs) as pool:
        for name, count, longest, problems in pool.imap_unordered(examine, jobs):
            cuts, wrong, slowest = cuts + count, wrong + len(problems), max(slowest, (longest, name))
            print(*problems, sep="\n", end="\n" if problems else "")
            print(f"{name}: {count} cuts, {len(problems)} wrong", file=sys.stderr)
    print(f"{len(files)} captures, {cuts} cuts, {wrong} wrong; the slowest took {slowest[0]:.2f} s ({slowest[1]})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
