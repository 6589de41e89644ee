"""Why a segment was sent again, by the sender's kernel: each retransmission steps one counter of /proc/net/netstat.

TCPTimeouts: `rto`; TCPLossProbes: `tlp` (unless the probe carried new data); TCPFastRetrans: `fast_retransmit` where an
episode has just begun (TCPSackRecovery, TCPRenoRecovery), else `fast_recovery`; TCPSlowStartRetrans: `rto_recovery`.
SYN and SYN/ACK tell themselves; a SYN/ACK that answers a repeated SYN, without a timeout, is `answer`. Where several
counters moved between two readings and the order is not certain, the trigger is `ambiguous`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .counters import Reading
from .frame import ACK, SYN
from .history import Emission

SLACK = 150_000  #: ns between a counter's step and the packet's time stamp at most
TRIGGERS = {"TCPTimeouts": "rto", "TCPLossProbes": "tlp", "TCPFastRetrans": "fast", "TCPSlowStartRetrans": "rto_recovery"}
EPISODES = ("TCPSackRecovery", "TCPRenoRecovery")


@dataclass
class _Step:
    since: int
    time: int
    trigger: str
    left: int

    def may_be(self, moment: int, slack: int) -> bool:
        return self.left > 0 and self.since - slack <= moment <= self.time + slack


def assign(sent: list[Emission], readings: list[Reading]) -> None:
    """Triggers of one host's retransmissions, in place."""
    steps = [
        _Step(one.since, one.time, TRIGGERS[name], n) for one in readings for name, n in one.steps.items() if name in TRIGGERS
    ]
    episodes = [_Step(one.since, one.time, "episode", n) for one in readings for name, n in one.steps.items() if name in EPISODES]
    for emission in sent:
        if emission.kind != "retransmission":
            continue
        moment = emission.left
        if emission.segment.flags & SYN:
            timeouts = [step for step in steps if step.trigger == "rto" and step.may_be(moment, SLACK)]
            emission.trigger = "syn_timer" if not emission.segment.flags & ACK else "synack_timer" if timeouts else "answer"
            _take(timeouts)
            continue
        possible = [step for step in steps if step.may_be(moment, SLACK)]
        if len({step.trigger for step in possible}) > 1:
            possible = [step for step in possible if step.may_be(moment, 0)] or possible
        names = {step.trigger for step in possible}
        trigger = next(iter(names)) if len(names) == 1 else _which(names, emission)
        _take([step for step in possible if step.trigger == trigger])
        if trigger == "fast":
            begun = [step for step in episodes if step.left and step.since - SLACK <= moment]
            for step in begun:
                step.left = 0
            trigger = "fast_retransmit" if begun else "fast_recovery"
        emission.trigger = trigger
    for step in steps:
        if step.trigger == "tlp" and step.left:
            _new_data(sent, step)


def _new_data(sent: list[Emission], step: _Step) -> None:
    """A probe carries new data if there is some (RFC 8985 section 7.3)."""
    for emission in sent:
        if emission.kind == "original" and emission.segment.payload and step.may_be(emission.left, SLACK):
            emission.probe = True
            step.left -= 1


def _which(names: set[str], emission: Emission) -> str:
    if names == {"rto", "rto_recovery"}:
        return "rto"  # the timer repeats the first segment, then acknowledgments clock out the rest
    if "tlp" in names and len(names) == 2:
        others = names - {"tlp"}
        if emission.last and not emission.head:
            return "tlp"
        if not emission.last:
            return others.pop()
    return "ambiguous"


def _take(steps: list[_Step]) -> None:
    if steps:
        steps[0].left -= 1


def totals(sent: list[Emission]) -> dict[str, int]:
    """What the counters must show for these triggers."""
    count = Counter(one.trigger for one in sent if one.trigger)
    return {
        "TCPSynRetrans": count["syn_timer"] + count["synack_timer"] + count["answer"],
        "TCPTimeouts": count["rto"] + count["syn_timer"] + count["synack_timer"],
        "TCPLossProbes": count["tlp"] + sum(one.probe for one in sent),
        "TCPFastRetrans": count["fast_retransmit"] + count["fast_recovery"],
        "TCPSlowStartRetrans": count["rto_recovery"],
        "RetransSegs": sum(count.values()),
    }
