"""Where something goes wrong under `analyzer live`, and what must be true afterwards.

Of every case: no traceback; the file that was being written is readable by a program of somebody else (capinfos) up to its last
whole block and holds at least the packets that had been told of when it happened; and, unless it was killed, the summary came.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import load
from .pair import DEVICE, Pair
from .running import Live

RATE = 20_000  #: frames a second, under which the analyzer has time
BLOCK_HEADER, SMALLEST, ENHANCED_PACKET = 8, 12, 6  #: of a pcapng block: bytes before its body, bytes at least, a type


@dataclass
class Case:
    """What a case found."""

    name: str
    status: int | None = None
    said: str = ""
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def check(self, condition: bool, otherwise: str) -> None:
        """A claim."""
        if not condition:
            self.wrong.append(otherwise)


@dataclass(frozen=True)
class Scene:
    """Where cases happen."""

    pair: Pair
    folder: Path
    capture: Path  #: what is sent
    backend: str

    def live(self, *options: str, interface: str = DEVICE, prefix: tuple[str, ...] = ()) -> Live:
        """The analyzer, writing unless the options say otherwise."""
        own = ["-i", interface, "--backend", self.backend, *options]
        return Live(self.folder, own, [*self.pair.inside("near"), *prefix])

    @property
    def out(self) -> Path:
        """The file that is written."""
        return self.folder / "out.pcapng"

    @contextlib.contextmanager
    def traffic(self, rate: float = RATE, seconds: float = 3600.0) -> Iterator[None]:
        """Frames at a rate until the end of the block."""
        words = [sys.executable, str(load.SENDER), DEVICE, str(self.capture), str(rate), str(seconds), "0", "1"]
        sender = subprocess.Popen(
            self.pair.inside("far", *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert sender.stdin is not None and sender.stdout is not None
        try:
            sender.stdout.readline()
            sender.stdin.write("\n")
            sender.stdin.flush()
            yield
        finally:
            sender.kill()
            sender.communicate()


def told(live: Live) -> int:
    """Packets in the latest event that counts them."""
    return max((packets(event) for event in live.of("statistics", "summary")), default=0)


def packets(event: dict[str, Any]) -> int:
    """How many packets a statistics or summary event counts."""
    counters = event.get("counters")
    return int((counters if isinstance(counters, dict) else event).get("packets") or 0)


def whole(path: Path) -> tuple[int, int]:
    """Enhanced packet blocks, and bytes behind the last whole block: walked by block lengths alone."""
    data, at, count = path.read_bytes(), 0, 0
    while at + BLOCK_HEADER + 4 <= len(data):
        kind, length = (int.from_bytes(data[place : place + 4], "little") for place in (at, at + 4))
        if (
            length < SMALLEST
            or length % 4
            or at + length > len(data)
            or data[at + length - 4 : at + length] != data[at + 4 : at + 8]
        ):
            break
        count += kind == ENHANCED_PACKET
        at += length
    return count, len(data) - at


def readable(path: Path) -> int | None:
    """How many packets capinfos (of Wireshark) finds; None: it cannot read the file."""
    run = subprocess.run(["capinfos", "-c", "-M", str(path)], capture_output=True, text=True, check=False)
    found = _number(run.stdout)
    return found if run.returncode == 0 else None


def _number(text: str) -> int | None:
    """Number of packets in what capinfos prints."""
    for line in text.splitlines():
        if "Number of packets" in line:
            return int(line.rsplit(None, 1)[-1].rsplit("=", 1)[-1].replace(",", ""))
    return None


def closed(case: Case, live: Live, at_least: int, summary: bool = True, path: Path | None = None) -> None:
    """What is true after each case."""
    case.said = live.text.strip()
    case.check(not live.traced, "a traceback")
    if summary:
        case.check(bool(live.of("summary")), "no summary event")
    if path is not None:
        count = readable(path) if path.exists() else None
        case.notes.append(f"{count} packets in the file, {at_least} told before")
        case.check(count is not None, "capinfos cannot read the file")
        case.check((count or 0) >= at_least, "packets that were told of are not in the file")


def begun(case: Case, live: Live) -> bool:
    """Wait until packets are counted."""
    good = live.began() and live.has("statistics", lambda event: packets(event) > 0)
    if not good:
        case.check(False, "it did not begin")
        case.said, case.status = live.text.strip(), live.stop(signal.SIGKILL)
    return good
