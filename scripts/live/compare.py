"""Rows of a live run against those of the command on the file that it wrote, and that file against tshark's."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_programs import analyzer

from analyzer.live.event import KEYS

from .running import environment

#: event -> the command whose row it is
COMMANDS = {"flow": "flows", "handshake": "handshakes", "journey": "journeys", "stall": "stalls"}
LIVE_ONLY = re.compile(r'"event":\s*"\w+",\s*|"revision":\s*\d+,\s*')
NUMBER = re.compile(r'"number":\s*\d+,\s*')
EVENT = re.compile(r'"event":\s*"(\w+)"')
TCP = 6
SWAPPED = "another order of"  #: what is said of a connection whose segments come in two orders


@dataclass(frozen=True)
class Difference:
    """What only one side has."""

    what: str
    rows: int  #: of the command, or of tshark
    live_only: list[str]
    other_only: list[str]

    @property
    def equal(self) -> bool:
        """Nothing."""
        return not self.live_only and not self.other_only


def latest(lines: Iterable[str]) -> dict[str, list[str]]:
    """Event -> the lines of its latest revisions, as the command would print them."""
    found: dict[str, dict[tuple[str, ...], str]] = {kind: {} for kind in COMMANDS}
    for line in lines:
        kind = EVENT.search(line, 0, 200)
        if kind is None or kind[1] not in COMMANDS:
            continue
        row = json.loads(line)
        place = tuple(json.dumps(row.get(key)) for key in KEYS[kind[1]])
        if row.get("withdrawn"):
            found[kind[1]].pop(place, None)
        else:
            found[kind[1]][place] = LIVE_ONLY.sub("", line.rstrip("\n"), count=2)
    return {kind: sorted(rows.values()) for kind, rows in found.items()}


def printed(command: str, capture: Path) -> list[str]:
    """The lines of a command on a file."""
    words = [*analyzer(), command, str(capture), "--format", "ndjson", "-n"]
    out = subprocess.run(words, capture_output=True, text=True, check=False, env=environment()).stdout
    lines = out.splitlines()
    return sorted(NUMBER.sub("", line, count=1) for line in lines) if command == "journeys" else sorted(lines)


def rows(out: Path, capture: Path) -> list[Difference]:
    """All rows, and the findings."""
    with out.open() as lines:
        live = latest(lines)
    found = []
    for kind, command in COMMANDS.items():
        here, there = Counter(live[kind]), Counter(printed(command, capture))
        found.append(Difference(command, there.total(), sorted((here - there).elements()), sorted((there - here).elements())))
    return [*found, findings(out, capture)]


def summarised(event: dict[str, Any]) -> dict[str, Any]:
    """What of the event is the summary of the command."""
    return event["summary"] if isinstance(event.get("summary"), dict) else event


def findings(out: Path, capture: Path) -> Difference:
    """Those of the summary event, whole and in their order, against those of the command summary."""
    with out.open() as lines:
        events = [json.loads(line) for line in lines if (kind := EVENT.search(line)) and kind[1] == "summary"]
    live = [json.dumps(one) for one in (summarised(events[-1]).get("findings") or [] if events else [])]
    words = [*analyzer(), "summary", str(capture), "--format", "json", "-n"]
    run = subprocess.run(words, capture_output=True, text=True, check=False, env=environment())
    there = [json.dumps(one) for one in (json.loads(run.stdout).get("findings") or [] if run.stdout else [])]
    if not events:
        return Difference("findings", len(there), [], ["no summary event"])
    return Difference(
        "findings", len(there), [one for one in live if one not in there], [one for one in there if one not in live]
    )


def frames(capture: Path) -> list[bytes]:
    """The frames of a pcapng file, read by scapy."""
    from scapy.utils import RawPcapNgReader

    with RawPcapNgReader(str(capture)) as reader:
        return [data for data, _ in reader]


def is_tcp(frame: bytes) -> bool:
    """TCP over IPv4 or IPv6 in Ethernet, without options of the network layer."""
    return (frame[12:14] == b"\x08\x00" and frame[23] == TCP) or (frame[12:14] == b"\x86\xdd" and frame[20] == TCP)


def together(ours: list[bytes], theirs: list[bytes]) -> tuple[list[bytes], list[bytes], str]:
    """Both from the first to the last frame that both have once; and which of them has more before and behind."""
    counted = {"ours": Counter(ours), "tshark": Counter(theirs)}
    single = {one for one, times in counted["ours"].items() if times == 1 and counted["tshark"][one] == 1}
    kept, notes = [], []
    for name, frames in (("ours", ours), ("tshark", theirs)):
        shared = [number for number, one in enumerate(frames) if one in single]
        first, last = (shared[0], shared[-1] + 1) if shared else (0, len(frames))
        kept.append(frames[first:last])
        ends = {"begin": first, "end": len(frames) - last}
        notes += [f"{name} has {count} more at the {end}" for end, count in ends.items() if count]
    return kept[0], kept[1], "; ".join(notes)


def ways(frames: list[bytes]) -> dict[bytes, list[bytes]]:
    """The TCP segments of each way of each connection, in their order; the key is addresses and ports."""
    found: dict[bytes, list[bytes]] = {}
    for one in filter(is_tcp, frames):
        found.setdefault(one[26:38] if one[12:14] == b"\x08\x00" else one[22:58], []).append(one)
    return found


def same_frames(ours: list[bytes], theirs: list[bytes]) -> Difference:
    """As multisets; then each way of TCP in its order. Two sockets of one interface may take frames of both ways, which come on
    different processors at the same moment, in different orders."""
    here, there = Counter(ours), Counter(theirs)
    only = [[one.hex() for one in rest.elements()] for rest in (here - there, there - here)]
    if not any(only):
        mine, others = ways(ours), ways(theirs)
        only[0] += [f"{SWAPPED} {key.hex()}" for key, segments in mine.items() if segments != others.get(key)]
    return Difference("frames", len(theirs), only[0], only[1])
