#!/usr/bin/env python3
"""Write the captures of pcaps/ and their list, pcaps/INDEX.md, byte for byte the same each time.

    python scripts/make_pcaps.py                 write everything
    python scripts/make_pcaps.py --check         write nothing: compare with what is there
    python scripts/make_pcaps.py --tshark        additionally let tshark find what INDEX.md says must be found

Recorded captures (pcaps/ledger and pcaps/recorded, scripts/record_pcaps.py) are only listed and checked here. Files that a
compressor made are compared by what they decompress to: another version of its library may write other bytes.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import logging
import lzma
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lz4.frame
import zstandard

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

from captures import (  # noqa: E402
    application,
    container,
    journey,
    ledger,
    link,
    link_wrapped,
    network,
    network_control,
    recorded,
    stream,
    tcp,
    tcp_odd,
    tcp_options,
    transport,
    tunnel,
)
from captures.files import Capture, write  # noqa: E402

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
SOURCES = (container, link, network, tunnel, transport, tcp, ledger, stream, application, journey, recorded)
assert link_wrapped and network_control and tcp_odd and tcp_options  # these add to the lists of link, network and tcp
RECORDED = ("ledger", "recorded")
SOME = "some"  #: instead of frame numbers: at least one frame, of a capture that is recorded and not made

INTRODUCTION = """\
# Captures by phenomenon

Made by `scripts/make_pcaps.py` (scapy where it has the layers, plain bytes where not), which also wrote this list: do not
edit it. What each file must show is given as a Wireshark display filter and the frames that it selects (`-`: none at all,
`some`: at least one); `scripts/make_pcaps.py --check --tshark` verifies both. Times are fixed, addresses are from the
documentation and private ranges. Words in italics are our own rows: verdict, trigger, need and hole cause of `analyzer tcp`
with all their frames, duplicate ACKs left out; the cause of a stall with the frame that ended it; a reason of `analyzer waits`.
"""

COMPRESSED = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(),
    ".lz4": lz4.frame.decompress,
}


def captures() -> Iterator[tuple[str, Capture]]:
    """Every capture with the name of the module that makes it."""
    for source in SOURCES:
        for capture in source.CAPTURES:
            yield source.__name__.removeprefix("captures."), capture


def index() -> str:
    """The text of INDEX.md."""
    out = [INTRODUCTION]
    folder = ""
    for source, capture in captures():
        here = capture.path.split("/")[0]
        if here != folder:
            made = "`scripts/record_pcaps.py`" if source in RECORDED else f"`scripts/captures/{here}*.py`"
            out.append(f"\n## {here}\n\nMade by {made}.\n\n| file | shows | must be found |\n|---|---|---|\n")
            folder = here
        finds = [f"`{filter_}`: {frames or '-'}" for filter_, frames in capture.finds.items()]
        finds += [f"*{said}*: {frames}" for said, frames in capture.verdicts.items()]
        if not capture.tshark:
            finds.append("(tshark 4.0 does not dissect it)")
        if capture.status:
            finds.append(f"exit status {capture.status}")
        cells = (f"[{capture.path.split('/', 1)[1]}]({capture.path})", capture.shows, "<br>".join(finds))
        out.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n")
    return "".join(out)


def plain(path: Path, data: bytes) -> bytes:
    """The capture inside a compressed file, else the file itself."""
    decompress = None if path.name.startswith("cut") else COMPRESSED.get(path.suffix)
    return decompress(data) if decompress else data


def ranges(numbers: list[int]) -> str:
    """1 2 3 7 as "1-3 7"; a run of two stays two numbers."""
    out: list[list[int]] = []
    for number in numbers:
        if out and out[-1][-1] == number - 1:
            out[-1].append(number)
        else:
            out.append([number])
    return " ".join(f"{r[0]}-{r[-1]}" if len(r) > 2 else " ".join(map(str, r)) for r in out)


def ask_tshark(path: Path, capture: Capture, profile: str) -> list[str]:
    """What tshark selects otherwise than `finds` says."""
    wrong = []
    for filter_, expected in capture.finds.items():
        command = ["tshark", "-n", "-r", str(path), "-Y", filter_, "-T", "fields", "-e", "frame.number"]
        run = subprocess.run(
            command, capture_output=True, text=True, env={"WIRESHARK_CONFIG_DIR": profile, "PATH": "/usr/bin:/bin"}
        )
        found = ranges([int(number) for number in run.stdout.split()])
        if run.returncode and not capture.status:
            wrong.append(f"{capture.path}: {filter_}: tshark: {run.stderr.strip()[:200]}")
        elif not (found if expected == SOME else found == expected):
            wrong.append(f"{capture.path}: {filter_}: expected {expected or '-'}, tshark finds {found or '-'}")
    return wrong


def main() -> int:
    """Write or check; exit status 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--tshark", action="store_true", help="let tshark find what must be found")
    parser.add_argument("--only", default="", help="captures whose path contains this")
    options = parser.parse_args()
    wrong: list[str] = []
    asked = []
    chosen = [(source, capture) for source, capture in captures() if options.only in capture.path]
    with tempfile.TemporaryDirectory() as profile, ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, capture in chosen:
            path = PCAPS / capture.path
            if source not in RECORDED:
                data = write(capture)
                if not options.check:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
                elif not path.exists() or plain(path, path.read_bytes()) != plain(path, data):
                    wrong.append(f"{capture.path}: differs")
            if options.tshark and capture.tshark:
                asked.append(pool.submit(ask_tshark, path, capture, profile))
        wrong += [line for answer in asked for line in answer.result()]
    text, listed = index(), PCAPS / "INDEX.md"
    if not options.check:
        listed.write_text(text)
    elif listed.read_text() != text:
        wrong.append("INDEX.md: differs")
    print(*wrong, sep="\n", file=sys.stderr)
    print(f"{len(chosen)} captures, {len(wrong)} differences", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
