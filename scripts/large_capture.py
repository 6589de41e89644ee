#!/usr/bin/env python3
"""Write a large capture of invented traffic, always the same for the same arguments.

    python scripts/large_capture.py KIND PACKETS FILE

Kinds: bulk (eight connections, full-size segments, an ACK for every two), short (connections of ten packets), small
(300 connections, frames of 66 to 100 bytes), dns (queries and answers over UDP), tls (connections of about 13 packets
with whole TLS 1.2 and 1.3 handshakes). A packet or two in a thousand are lost, sent again or doubled. IP checksums are
right; TCP and UDP checksums are zero, as some offloads leave them. Frames are rendered a block at a time with NumPy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parent))
from large import bulk, dns, frames, segments, tls


def filler(story: Callable[[int], segments.Segments]) -> Callable[[int, BinaryIO], None]:
    """Write segments whose payload does not matter."""

    def write(packets: int, target: BinaryIO) -> None:
        columns = story(packets)
        frames.write(target, lambda low, high: segments.headers(columns[low:high], low), columns.length)

    return write


KINDS: dict[str, Callable[[int, BinaryIO], None]] = {
    "bulk": filler(bulk.bulk),
    "short": filler(bulk.short),
    "small": filler(bulk.small),
    "dns": dns.write,
    "tls": tls.write,
}


def main() -> int:
    """Write one capture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("packets", type=int)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    with options.file.open("wb") as target:
        KINDS[options.kind](options.packets, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
