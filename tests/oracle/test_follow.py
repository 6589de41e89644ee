"""What `follow` shows are the bytes that tshark's "Follow TCP stream" shows, in pcaps/ and the reference captures.

tshark writes a sentence of its own into its output where bytes are missing; it is taken out. What else differs has a reason here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.flow.follow import BYTES, FollowedTcp, Part
from analyzer.pipeline import Applications, Pipeline

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
MOST = 5  #: streams of each capture
LARGEST = 4_000_000  #: bytes of a capture
#: container formats and compressions are told apart elsewhere, and tshark does not read all of them
FOLDERS = [ROOT / "pcaps" / name for name in ("tcp", "recorded", "network", "tunnel")]
MISSING = re.compile(rb"\[\d+ bytes missing in capture file\]\.?\0?")  #: tshark's sentence
#: capture -> stream -> why the bytes differ
END_OF_CAPTURE = "tshark never shows what waits behind a hole at the end of the capture; we show it behind the gap"
EXPLAINED = {
    "duplicate_acks.pcap": {0: END_OF_CAPTURE},
    "Lab2-GreerBombal_zerowindowprobe.pcapng": {0: END_OF_CAPTURE},
    "same_endpoint.pcap": {
        0: "both ends have the same address and port, which tshark's follow cannot tell apart: it shows nothing"
    },
    "test5-lines-randomized.pcap": {
        0: "the SYN comes later than data; tshark begins with the first segment, we where the SYN says"
    },
}

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def captures() -> list[Path]:
    folders = [*FOLDERS, *([Path(REFERENCE, "captures")] if REFERENCE else [])]
    paths = (path for folder in folders for path in sorted(folder.rglob("*")))
    return [path for path in paths if path.suffix in (".pcap", ".pcapng", ".cap") and path.stat().st_size <= LARGEST]


def of_tshark(path: Path, streams: int) -> list[Counter[bytes]]:
    """The bytes of both directions of the first streams."""
    options = [word for stream in range(streams) for word in ("-z", f"follow,tcp,raw,{stream}")]
    command = ["tshark", "-n", "-q", "-r", str(path), *options]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found: dict[int, list[bytes]] = {}
    sides: list[bytes] = []
    for line in output.splitlines():
        if line.startswith("Filter: tcp.stream eq "):
            sides = found[int(line.rsplit(" ", 1)[1])] = [b"", b""]
        elif sides and re.fullmatch(r"\t?[0-9a-f]+", line):
            sides[line.startswith("\t")] += bytes.fromhex(line)
    nothing = [b"", b""]
    return [Counter(MISSING.sub(b"", side) for side in found.get(stream, nothing)) for stream in range(streams)]


def of_ours(path: Path, stream: int) -> tuple[Counter[bytes], int]:
    """The same of one stream, and how many streams there are."""
    followed = FollowedTcp(stream)
    sides = [b"", b""]
    with open_capture(str(path)) as reader:
        pipeline = Pipeline(reader, applications=Applications(frozenset({BYTES}), opened=followed.opened))
        parts = [part for dissection in pipeline for part in followed.update(pipeline, dissection)]
        for part in (*parts, *followed.finish(pipeline)):
            if isinstance(part, Part):
                sides[part.direction] += part.data or b""
        return Counter(sides), pipeline.tcp.slots.count


@pytest.mark.parametrize("path", captures(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_bytes_are_those_of_tshark(path: Path) -> None:
    try:
        first, count = of_ours(path, 0)
    except CaptureError:
        return
    streams = min(count, MOST)
    explained = EXPLAINED.get(path.name, {})
    for stream, theirs in enumerate(of_tshark(path, streams)):
        ours = of_ours(path, stream)[0] if stream else first
        assert (ours != theirs) == (stream in explained), f"stream {stream}: {explained.get(stream, 'not explained')}"
