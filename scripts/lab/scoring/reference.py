"""The other format of truth: one truth.json for a folder, points A (client) and B (server), kernel counters of both sides."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from .. import pcapfile
from ..frame import ACK, SYN, Segment, distance, parse

POINTS = {"A": "client", "B": "server"}


def load(folder: Path) -> list[dict[str, Any]]:
    """The scenarios as runs of our own format; frames that the file does not name are originals."""
    return [_run(folder, one) for one in json.loads((folder / "truth.json").read_text())]


def _run(folder: Path, scenario: dict[str, Any]) -> dict[str, Any]:
    points = {}
    options = []
    for letter, point in POINTS.items():
        named = scenario["points"][letter]
        segments = [parse(frame) for _, frame in pcapfile.read(folder / named["file"])]
        options.append(_negotiated(folder / named["file"], segments))
        points[point] = {"file": named["file"], "frames": _frames(segments, named["frames"])}
    return {
        "name": scenario["name"],
        "sack": all(sack for sack, _ in options),
        "timestamps": all(timestamps for _, timestamps in options),
        "points": points,
        "counters": {"client": scenario["kernel_counters_client"], "server": scenario["kernel_counters_server"]},
        "stalls": None,
    }


def _negotiated(path: Path, segments: list[Segment | None]) -> tuple[bool, bool]:
    syns = [(one, frame) for one, (_, frame) in zip(segments, pcapfile.read(path), strict=True) if one and one.flags & SYN]
    return all(b"\x04\x02" in frame[54:] for _, frame in syns), all(one.timestamps is not None for one, _ in syns)


def _frames(segments: list[Segment | None], named: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    first = next(one for one in segments if one)
    client = first.flow if first.flags & (SYN | ACK) != SYN | ACK else first.reverse
    shown: dict[object, tuple[int, int]] = {}  # flow -> its first sequence number, the highest shown
    seen: set[tuple[object, int]] = set()
    frames = {}
    for number, segment in enumerate(segments, 1):
        if segment is None:
            continue
        base, highest = shown.get(segment.flow, (segment.seq, 0))
        start = distance(segment.seq, base)
        truth = named.get(str(number))
        if segment.length or truth:
            direction = "client" if segment.flow == client else "server"
            row: dict[str, Any] = {"kind": "original", "direction": direction, "from": start, "to": start + segment.length}
            row |= _fate(truth, start >= highest, highest == 0) if truth else {}
            if row["kind"] == "late_original" and (segment.flow, segment.seq) not in seen:
                row["kind"] = "reordered"  # the file has one word for both
            frames[str(number)] = row
            if not truth and not segment.payload > 1 and start < highest:
                frames[str(number)]["kind"] = "old_ack"  # the file does not name keep-alives and window probes
        if segment.length:
            seen.add((segment.flow, segment.seq))
        shown[segment.flow] = base, max(highest, start + segment.length)
    return frames


def _fate(truth: dict[str, Any], hidden: bool, alone: bool) -> dict[str, Any]:
    """`hidden`: nothing is missing below it at this point; `alone`: its sender's first packet here."""
    row: dict[str, Any] = {
        "kind": truth["truth"],
        "trigger": truth.get("trigger"),
        "invisible": hidden,
        "undecidable_kind": hidden and alone,
    }
    if "earlier_copy_delivered" in truth:
        arrived = "premature" if truth["this_copy_arrived_first"] else "needless"
        row["need"] = arrived if truth["earlier_copy_delivered"] else "needed"
    return row


def counters(run: dict[str, Any], ours: dict[str, dict[int, dict[str, Any]]]) -> tuple[int, list[str]]:
    """How many counters of both sides our triggers reproduce at the sender's capture, and those that they do not."""
    right, wrong = 0, []
    for side in ("client", "server"):
        kernel = run["counters"][side]
        frames = run["points"][side]["frames"]
        count: Counter[str] = Counter()
        for number, said in ours[side].items():
            if said["kind"] == "retransmission" and frames.get(str(number), {}).get("direction") == side:
                count[str(said["trigger"])] += 1
        # Whether TCPTimeouts counts the timer of a SYN/ACK differs between kernels and paths in them.
        timeouts = {count["rto"] + count["syn_timer"], count["rto"] + count["syn_timer"] + count["synack_timer"]}
        wanted = {
            "TCPTimeouts": timeouts,
            "TCPLossProbes": {count["tlp"]},
            "TCPFastRetrans": {count["fast_retransmit"] + count["fast_recovery"]},
            "TCPSlowStartRetrans": {count["rto_recovery"]},
            "TCPSynRetrans": {count["syn_timer"] + count["synack_timer"]},
        }
        for name, possible in wanted.items():
            if kernel.get(name, 0) in possible:
                right += 1
            else:
                wrong.append(
                    f"{run['name']} {side}: {name} {kernel.get(name, 0)}, ours {' or '.join(map(str, sorted(possible)))}"
                )
    return right, wrong
