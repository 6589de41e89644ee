"""TCP scenarios as text: segments in order of capture, and under each what has to be said about it.

    ## a02_midstream_data: no handshake
    prefs bif_seq_based=1                                preferences, where not Wireshark's defaults
    0 c PA 1501/5901 len 100 win 502                     ns, sender, flags, seq/ack as in the header, then options
      = stream 0 seq 1 ack 1 bif 100 node                verdicts and fields; `= -` where no TCP is shown

c is 10.0.0.1:40001, s is 10.0.0.2:40002. Options of a segment: mss N, ws N, sackok, ts VALUE/ECHO, sack LEFT-RIGHT..., tfo HEX,
mptcp HEX; src, dst, sport, dport, vlan, ipid, ttl; caplen N (bytes captured), frag OFFSET+SIZE with `more`, icmp N (all of it,
N bytes of its TCP, quoted in an error that runs the other way), pad N, iplen0, badsum, doff N.
Fields have short names: see FIELDS. A field that is not named must not be shown.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.batch import Batch
from analyzer.dissect.walk import Walk
from analyzer.flow.fact import Fact, Shown
from analyzer.flow.fragments import Reassembler
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.preferences import Preferences
from analyzer.flow.tcp.verdict import COUNTED, NAMES, Verdict
from tests.flow.tcp import dsack
from tests.frames import batch_of

EPOCH = 1_700_000_000_000_000_000
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128}
NUMBERS = frozenset(("len", "win", "mss", "ws", "sport", "dport", "vlan", "ipid", "ttl", "caplen", "icmp", "pad", "doff"))
MARKS = frozenset(("sackok", "more", "iplen0", "badsum"))
FIELDS = {
    "window": (Fact.WINDOW_SIZE, Shown.WINDOW),
    "scale": (Fact.WINDOW_SCALE, Shown.WINDOW),
    "complete": (Fact.COMPLETENESS, Shown.NUMBERS),
    "irtt": (Fact.INITIAL_RTT, Shown.ANALYSIS),
    "acks": (Fact.ACKS_FRAME, Shown.ANALYSIS),
    "rtt": (Fact.ACK_RTT, Shown.ANALYSIS),
    "dup": (Fact.DUPLICATE_NUMBER, Shown.ANALYSIS),
    "rto": (Fact.RTO, Shown.ANALYSIS),
    "rtoframe": (Fact.RTO_FRAME, Shown.ANALYSIS),
    "bif": (Fact.BYTES_IN_FLIGHT, Shown.ANALYSIS),
    "push": (Fact.PUSH_BYTES, Shown.ANALYSIS),
}


@dataclass
class Segment:
    """One line of a ladder and what is expected of it."""

    time: int
    sender: str
    flags: str
    seq: int
    ack: int
    options: dict[str, Any] = field(default_factory=dict)
    expected: str = "-"


@dataclass
class Ladder:
    """One scenario."""

    name: str
    note: str
    preferences: Preferences = field(default_factory=Preferences)
    defragment: bool = True
    segments: list[Segment] = field(default_factory=list)


def parse(path: Path) -> list[Ladder]:
    """The ladders of a file."""
    ladders: list[Ladder] = []
    for line in path.read_text().splitlines():
        words = line.split()
        if line.startswith("## "):
            name, _, note = line[3:].partition(": ")
            ladders.append(Ladder(name, note))
        elif not words or line.startswith("# "):
            continue
        elif words[0] == "prefs":
            _set_preferences(ladders[-1], words[1:])
        elif words[0] == "=":
            ladders[-1].segments[-1].expected = " ".join(words[1:])
        else:
            ladders[-1].segments.append(_segment(words))
    return ladders


def _set_preferences(ladder: Ladder, words: list[str]) -> None:
    given: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name == "defragment":
            ladder.defragment = value == "1"
        else:
            given[name] = int(value) if name == "default_window_scaling" else value == "1"
    ladder.preferences = Preferences(**given)


def _segment(words: list[str]) -> Segment:
    seq, ack = words[3].split("/")
    segment = Segment(int(words[0]), words[1], words[2], int(seq), int(ack))
    rest = iter(words[4:])
    for word in rest:
        if word in MARKS:
            segment.options[word] = True
        elif word in NUMBERS:
            segment.options[word] = int(next(rest))
        elif word == "sack":
            segment.options[word] = [tuple(map(int, block.split("-"))) for block in next(rest).split(",")]
        elif word == "ts":
            segment.options[word] = tuple(map(int, next(rest).split("/")))
        elif word == "frag":
            segment.options[word] = tuple(map(int, next(rest).split("+")))
        else:
            segment.options[word] = next(rest)
    return segment


def _tcp_options(given: dict[str, Any]) -> bytes:
    options = b""
    if "mss" in given:
        options += struct.pack("!BBH", 2, 4, given["mss"])
    if "sackok" in given:
        options += b"\4\2"
    if "ts" in given:
        options += b"\1\1" * (len(options) % 4 == 0) + struct.pack("!BBII", 8, 10, *given["ts"])
    if "ws" in given:
        options += b"\1" + struct.pack("!BBB", 3, 3, given["ws"])
    for name, kind in (("tfo", 34), ("mptcp", 30)):
        if name in given:
            value = bytes.fromhex(given[name])
            options += bytes((kind, 2 + len(value))) + value
    if "sack" in given:
        edges = b"".join(struct.pack("!II", *block) for block in given["sack"])
        options += b"\1\1" + bytes((5, 2 + len(edges))) + edges
    return options + b"\1" * (-len(options) % 4)


def _tcp(segment: Segment, ports: tuple[int, int]) -> bytes:
    given = segment.options
    flags = sum(FLAGS[letter] for letter in segment.flags if letter != "-")
    options = _tcp_options(given)
    offset = given.get("doff", 5 + len(options) // 4)
    header = struct.pack("!HHIIBBHHH", *ports, segment.seq, segment.ack, offset << 4, flags, given.get("win", 0), 0, 0)
    return header + options + b"x" * given.get("len", 0)


def _ip(
    payload: bytes, addresses: tuple[str, str], protocol: int, fragment: int, identification: int, total: int, ttl: int = 64
) -> bytes:
    ends = b"".join(bytes(map(int, address.split("."))) for address in addresses)
    return struct.pack("!BBHHHBBH", 0x45, 0, total, identification, fragment, ttl, protocol, 0) + ends + payload


def build(segment: Segment, index: int) -> tuple[bytes, int]:
    """The captured bytes and the length on the wire."""
    given = segment.options
    client, server = ("10.0.0.1", 40001), ("10.0.0.2", 40002)
    source, destination = (client, server) if segment.sender == "c" else (server, client)
    addresses = given.get("src", source[0]), given.get("dst", destination[0])
    ports = given.get("sport", source[1]), given.get("dport", destination[1])
    payload = _tcp(segment, ports)
    fragment = 0x4000
    if "frag" in given:
        offset, size = given["frag"]
        payload = payload[offset : offset + size]
        fragment = (0x2000 if "more" in given else 0) | offset // 8
    total = 0 if "iplen0" in given else 20 + len(payload)
    packet = _ip(payload, addresses, 6, fragment, given.get("ipid", index + 1), total, given.get("ttl", 64))
    if "icmp" in given:
        message = struct.pack("!BBHI", 3, 4, 0, 1400) + packet[: 20 + given["icmp"]]
        packet = _ip(message, addresses[::-1], 1, 0, 7, 20 + len(message))
    tag = struct.pack("!HH", 0x8100, given["vlan"]) if "vlan" in given else b""
    frame = bytes(12) + tag + b"\x08\0" + packet + bytes(given.get("pad", 0))
    return frame[: given.get("caplen", len(frame))], len(frame)


def batch(segments: list[Segment], first: int = 0) -> Batch:
    """The segments as a batch of frames, of which the first has the number `first` + 1."""
    frames = [build(segment, first + i) for i, segment in enumerate(segments)]
    made = batch_of([bytes_ for bytes_, _ in frames], wire=[length for _, length in frames])
    made.time[:] = [EPOCH + segment.time for segment in segments]
    made.number += first
    return made


def run(ladder: Ladder, rows: int = 1 << 20) -> list[str]:
    """What is said about each segment, in the words of the ladder; `rows` frames a batch."""
    walk = Walk()
    reassembler = Reassembler(ladder.defragment)
    analysis = TcpAnalysis(ladder.preferences)
    said: list[str] = []
    for first in range(0, len(ladder.segments), rows):
        made = batch(ladder.segments[first : first + rows], first)
        walk.batch(made)
        reassembler.update(made, walk)
        said += _said(made, walk, analysis)
    return said


def _said(made: Batch, walk: Walk, analysis: TcpAnalysis) -> list[str]:
    said = ["-"] * len(made)
    table = walk.table("tcp")
    if table is None:
        return said
    facts = analysis.update(made, table)
    duplicates = {i: edges for i, *edges in dsack.find(made.data, table, facts)}
    for i, row in enumerate(table["row"].tolist()):
        shown = facts[Fact.SHOWN][i]
        if shown == Shown.NOTHING:
            continue
        fact = {name: int(facts[fact][i]) for name, (fact, least) in FIELDS.items() if shown >= least}
        verdict = int(facts[Fact.VERDICT][i])
        words = sorted(NAMES[bit] for bit in range(COUNTED) if verdict >> bit & 1)
        words += ["stream", str(facts[Fact.STREAM][i]), "seq", str(facts[Fact.SEQ_RELATIVE][i])]
        if shown >= Shown.WINDOW:
            words += ["ack", str(facts[Fact.ACK_RELATIVE][i])]
        if shown >= Shown.TIMES:
            words += ["at", str(facts[Fact.TIME_RELATIVE][i]), "delta", str(facts[Fact.TIME_DELTA][i])]
        for name, value in fact.items():
            if value or name in ("window", "complete"):
                words += [name, str(value)]
        if verdict & Verdict.DUPLICATE_ACK:
            words += ["of", str(facts[Fact.DUPLICATE_FRAME][i])]
        if i in duplicates:
            words += ["dsack", "-".join(map(str, duplicates[i]))]
        if verdict & Verdict.NODE:
            words.append("node")
        said[row] = " ".join(words)
    return said
