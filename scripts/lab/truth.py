"""The truth file of a run: what was planned, what the kernels counted, and for each capture what every frame was."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from . import pcapfile
from .counters import Reading
from .frame import ACK, SYN
from .history import Emission, Flow, Point, Sighting, at_host, emissions, judge, kinds_at, on_wire
from .holds import Hold, Reads, holds
from .plan import Plan
from .space import OTHER
from .triggers import assign, totals
from .wire import Log

POINTS = ("client", "wire_in", "wire_out", "server")
NOT_READING = ("slow_reader",)  #: programs whose receiver does not wait for data


def truth(
    plan: Plan,
    log: Log,
    readings: dict[str, list[Reading]],
    gained: dict[str, dict[str, int]],
    reads: list[dict[str, Any]],
    folder: Path,
) -> dict[str, Any]:
    """Derive everything; writes the two captures of the wire beside those of the hosts."""
    sent = emissions(log.crossings)
    points = {side: at_host(pcapfile.read(folder / name(plan, side)), side, sent, log.raw) for side in ("client", "server")}
    for wire in ("wire_in", "wire_out"):
        points[wire], frames = on_wire(sent, wire == "wire_out")
        pcapfile.write(folder / name(plan, wire), frames)
    judge(sent)
    for side in ("client", "server"):
        assign([one for one in sent if one.crossing.sender == side], readings[side])
    flows: dict[Flow, list[Emission]] = defaultdict(list)
    for one in sent:
        flows[one.segment.flow].append(one)
    streams = _streams(sent)
    receiver = {side: _frame_of(points[side]) for side in ("client", "server")}
    stalls, scatter = _stalls(flows, streams, reads, receiver)
    return {
        "name": plan.name,
        "plan": plan.row(),
        "sack": _negotiated(sent, "sack"),
        "timestamps": _negotiated(sent, "timestamps"),
        "counters": gained,
        "counters_explained": {side: _explained(sent, side, gained[side]) for side in ("client", "server")},
        # The kernel's number holds pure ACKs, too.
        "refused": {side: [gained[side].get("PAWSEstab", 0), _refused(sent, side)] for side in ("client", "server")},
        "counter_steps": {side: [[one.since, one.time, one.steps] for one in readings[side]] for side in readings},
        "ambiguous_triggers": sum(one.trigger == "ambiguous" for one in sent),
        "points": {point: _point(plan, point, points[point], streams) for point in POINTS},
        "stalls": stalls,
        "application_delay_ns": scatter,
        "application_waits": plan.program not in NOT_READING,
        "reads": reads,
        "actions": _actions(sent, plan),
    }


def name(plan: Plan, point: str) -> str:
    """The file of a capture point."""
    return f"{plan.name}.{point}.pcap"


def _streams(sent: list[Emission]) -> dict[Flow, int]:
    found: dict[Flow, int] = {}
    for emission in sent:
        if emission.segment.flow not in found:
            found[emission.segment.flow] = found[emission.segment.reverse] = len(found) // 2
    return found


def _frame_of(point: Point) -> dict[tuple[int, int], int]:
    return {(one.emission.number, one.copy): number for number, ones in point.frames.items() for one in ones}


def _negotiated(sent: list[Emission], option: str) -> bool:
    """Both SYNs carried it (the SACK option of a SYN has no blocks, so the plan is not asked but the kernel's sysctl obeyed)."""
    syns = [one for one in sent if one.segment.flags & SYN]
    if option == "timestamps":
        return bool(syns) and all(one.segment.timestamps is not None for one in syns)
    return any(one.segment.flags & ACK for one in syns) and all(b"\x04\x02" in one.crossing.frame[54:] for one in syns)


def _explained(sent: list[Emission], side: str, gained: dict[str, int]) -> dict[str, list[int]]:
    """Counter -> what the kernel counted, what our triggers explain."""
    ours = totals([one for one in sent if one.crossing.sender == side])
    return {counter: [gained.get(counter, 0), count] for counter, count in ours.items()}


def _refused(sent: list[Emission], side: str) -> int:
    return sum(len(one.refused) for one in sent if one.crossing.sender == OTHER[side])


def _point(plan: Plan, point: str, seen: Point, streams: dict[Flow, int]) -> dict[str, Any]:
    kinds = kinds_at(seen)
    # (sender, stream) -> highest end that passed, whether a packet with a counted IP ID did
    shown: dict[tuple[str, int], tuple[int, bool]] = {}
    frames = {}
    for number in sorted(seen.frames):
        sightings = seen.frames[number]
        emission = sightings[0].emission
        key = emission.crossing.sender, streams[emission.segment.flow]
        row = _row(sightings, kinds, shown.get(key), streams)
        if row["kind"] != "original" or any(one.emission.segment.length for one in sightings):
            frames[str(number)] = row
        highest = max(one.emission.end for one in sightings)
        before = shown.get(key, (0, False))
        shown[key] = max(before[0], highest), before[1] or bool(emission.segment.ip_id)
    return {"file": name(plan, point), "frames": frames, "unmatched": seen.unmatched, "missing": seen.missing}


def _row(
    sightings: list[Sighting], kinds: dict[tuple[int, int], str], before: tuple[int, bool] | None, streams: dict[Flow, int]
) -> dict[str, Any]:
    ours = {kinds[one.emission.number, one.copy] for one in sightings}
    first = sightings[0]
    emission = first.emission
    reached: list[dict[int, int | None]] = [
        {**dict(enumerate(one.emission.arrivals)), **one.emission.refused} for one in sightings
    ]
    arrivals = [times.get(first.copy) for times in reached]
    brought = [sum(one.emission.brought[first.copy : first.copy + 1]) for one in sightings]
    row: dict[str, Any] = {
        "kind": ours.pop() if len(ours) == 1 else "mixed",
        "direction": emission.crossing.sender,
        "stream": streams[emission.segment.flow],
        "time": first.time,
        "from": emission.start,
        "to": max(one.emission.end for one in sightings),
        "arrived": arrivals[0] if len(arrivals) == 1 else max((time for time in arrivals if time), default=None),
        "first": sum(brought) > 0,
        "emission": emission.number,
    }
    if len(sightings) > 1:
        row["segments"] = len(sightings)
    if refused := [time for one in sightings for copy, time in one.emission.refused.items() if copy == one.copy]:
        row["refused"] = refused[0]
    if any(one.emission.probe for one in sightings):
        row["probe"] = True
    if row["kind"] == "retransmission":
        triggers, needs = ({getattr(one.emission, axis) for one in sightings} for axis in ("trigger", "need"))
        fast = triggers == {"fast_retransmit", "fast_recovery"}
        row["trigger"] = "fast_retransmit" if fast else triggers.pop() if len(triggers) == 1 else "ambiguous"
        row["need"] = needs.pop() if len(needs) == 1 and not any(one.emission.mixed for one in sightings) else "mixed"
        row["original_lost"] = row["need"] == "needed"
        # What no observer at this point can know: nothing is missing below it, and the sender's counters say nothing.
        hidden = emission.start >= (before[0] if before else 0)
        counted = before is not None and before[1] and bool(emission.segment.ip_id)
        stamped = before is not None and emission.segment.timestamps is not None
        row["undecidable_kind"] = hidden and not counted and not stamped
        if hidden:
            row["invisible"] = "ip_id" if counted else "timestamps" if stamped else "nothing"
    return row


def _stalls(
    flows: dict[Flow, list[Emission]],
    streams: dict[Flow, int],
    reads: list[dict[str, Any]],
    receiver: dict[str, dict[tuple[int, int], int]],
) -> tuple[list[dict[str, Any]], dict[str, list[int]]]:
    rows: list[dict[str, Any]] = []
    scatter: dict[str, list[int]] = {}
    for flow, ours in flows.items():
        sender = ours[0].crossing.sender
        port = flow[1] if sender == "client" else flow[3]
        log: Reads = next((one["reads"] for one in reads if one["side"] == OTHER[sender] and one["port"] == port), [])
        found, delays = holds(ours, log)
        scatter.setdefault(sender, []).extend(delays)
        rows += [_stall_row(hold, sender, streams[flow], ours, receiver[OTHER[sender]]) for hold in found]
    return rows, scatter


def _stall_row(
    hold: Hold, sender: str, stream: int, ours: list[Emission], frame_of: dict[tuple[int, int], int]
) -> dict[str, Any]:
    filler = next((one for one in ours if hold.filled and one.number == hold.filled[0]), None)
    return {
        "direction": sender,
        "stream": stream,
        "start_ns": hold.start,
        "end_ns": hold.end,
        "duration_ns": hold.end - hold.start if hold.end else None,
        "application_ns": hold.application,
        "missing_from": hold.missing_from,
        "missing_to": hold.missing_to,
        "held_to": hold.held_to,
        "bytes_held": hold.held,
        "first_held_frame": frame_of.get(hold.first_held),
        "filled_frame": frame_of.get(hold.filled) if hold.filled else None,
        "filler": filler and {"kind": filler.kind, "trigger": filler.trigger, "need": filler.need},
    }


def _actions(sent: list[Emission], plan: Plan) -> list[dict[str, Any]]:
    """What the policy did to packets that it did not simply pass."""
    rows = []
    for emission in sent:
        crossing = emission.crossing
        extra = [time - crossing.enters for time in crossing.leaves]
        if len(extra) != 1 or extra[0] > 0:
            rows.append(
                {
                    "emission": emission.number,
                    "direction": crossing.sender,
                    "extra_ns": extra,
                    "segment": emission.segment.length > 0,
                }
            )
    return rows
