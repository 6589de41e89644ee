"""The programs that are put under load: how each is started, and how many frames it says it got and lost."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench_programs import analyzer

from .pair import DEVICE

BACKENDS = ("af_packet", "dumpcap", "tcpdump", "scapy")
MEBIBYTES = 64  #: the buffer of the second column
SCAPY = f"""
import logging, sys
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.config import conf
from scapy.sendrecv import sniff
got = 0
def count(packet):
    global got
    got += 1
listening = conf.L2listen(iface={DEVICE!r})
try:
    sniff(opened_socket=listening, store=False, prn=count)
except KeyboardInterrupt:
    pass
import socket, struct
lost = struct.unpack("II", listening.ins.getsockopt(263, 6, 8))[1]
print(got, lost)
"""


@dataclass(frozen=True)
class Said:
    """What a program says at its end."""

    received: int | None  #: frames; None: it said nothing
    dropped: int | None = None  #: by its own counter


@dataclass(frozen=True)
class Tool:
    """A program: OUT in its command stands for a file that it writes."""

    name: str
    command: list[str]
    count: Callable[[Path, str], Said]  #: of its standard output and standard error
    buffer: Callable[[int], list[str]] | None = None  #: options for a buffer of so many MiB; None: it has none
    ours: bool = False


def number(pattern: str, text: str) -> int | None:
    """The number that a pattern finds."""
    found = re.search(pattern, text)
    return int(found[1]) if found else None


def _tcpdump(_: Path, text: str) -> Said:
    return Said(number(r"(\d+) packets? captured", text), number(r"(\d+) packets? dropped by kernel", text))


def _dumpcap(_: Path, text: str) -> Said:
    return Said(number(r"Packets received/dropped on interface '.*': (\d+)/", text), number(r"interface '.*': \d+/(\d+)", text))


def _tshark_writes(_: Path, text: str) -> Said:
    return Said(number(r"(\d+) packets? captured", text), number(r"(\d+) packets? dropped", text) or 0)


def _tshark_prints(out: Path, text: str) -> Said:
    with out.open("rb") as lines:
        return Said(
            sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b"")),
            number(r"(\d+) packets? dropped", text) or 0,
        )


def _scapy(out: Path, _: str) -> Said:
    words = out.read_text().split()
    return Said(int(words[0]), int(words[1])) if len(words) == 2 else Said(None)


def last_event(lines: Iterable[str], *kinds: str) -> dict[str, object]:
    """The last event of these kinds."""
    found: dict[str, object] = {}
    for line in lines:
        if any(f'"event": "{kind}"' in line or f'"event":"{kind}"' in line for kind in kinds):
            found = json.loads(line)
    return found


def _analyzer(out: Path, _: str) -> Said:
    with out.open() as lines:
        event = last_event(lines, "statistics", "summary")
    counters = event.get("counters", event)
    if not isinstance(counters, dict) or "packets" not in counters:
        return Said(None)
    lost = [counters.get(name) for name in ("dropped_kernel", "dropped_interface", "dropped_here")]
    return Said(int(counters["packets"]), sum(int(value or 0) for value in lost))


def _mib(option: str) -> Callable[[int], list[str]]:
    return lambda size: [option, str(size)]


def tools() -> list[Tool]:
    """All of them, the peers first."""
    tshark = ["tshark", "-n", "-i", DEVICE]
    peers = [
        Tool("tcpdump -w", ["tcpdump", "-i", DEVICE, "-Z", "root", "-w", "OUT"], _tcpdump, lambda size: ["-B", str(size * 1024)]),
        Tool("dumpcap -w", ["dumpcap", "-i", DEVICE, "-w", "OUT"], _dumpcap, _mib("-B")),
        Tool("tshark -w", [*tshark, "-w", "OUT"], _tshark_writes, _mib("-B")),
        Tool("tshark", tshark, _tshark_prints, _mib("-B")),
        Tool("scapy sniff", [sys.executable, "-c", SCAPY], _scapy),
    ]
    live = [*analyzer(), "live", "-i", DEVICE, "--format", "ndjson", "-n"]
    own = []
    for backend in BACKENDS:
        for writes in ([], ["-w", "OUT"]):
            name = f"analyzer live, {backend}{', -w' if writes else ''}"
            words = [*live, "--backend", backend, *writes]
            own.append(Tool(name, words, _analyzer, lambda size: ["--buffer", f"{size}MiB"], ours=True))
    return [*peers, *own]
