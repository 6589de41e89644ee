"""What the wire does to a packet: nothing, lose it, hold it back (others overtake it), or double it; by chance, from a seed.

A policy gets each packet as it reaches the impairment and answers with the extra delays, in ns, of the copies that go on:
[0] passes it, [] loses it, [0, 1_000_000] doubles it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .frame import HALF, MODULUS, Segment

MILLISECOND = 1_000_000
PASS: list[int] = [0]
DROP: list[int] = []


@dataclass(frozen=True, slots=True)
class Passing:
    """A packet that reaches the impairment."""

    time: int
    sender: str
    segment: Segment
    number: int  #: of its sender's data segments, since the program said that it begins; a repetition keeps its number
    copy: int  #: 1 when its first byte comes by for the first time
    armed: bool  #: the program has said that it begins


Policy = Callable[[Passing], list[int]]


class Numbering:
    """Counts the data segments of each sender."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, int], list[int]] = {}
        self._highest: dict[object, int] = {}
        self._last: dict[str, int] = {}
        self._armed = False

    def passing(self, time: int, sender: str, segment: Segment, armed: bool) -> Passing:
        """The packet with its number."""
        if armed and not self._armed:
            self._armed, self._last = True, {}
        number, copy = 0, 1
        if segment.payload:
            key = segment.flow, segment.seq
            highest = self._highest.get(segment.flow)
            if key not in self._numbers:
                old = highest is not None and (segment.seq - highest) % MODULUS >= HALF
                if not old:
                    self._last[sender] = self._last.get(sender, 0) + 1
                self._numbers[key] = [0, 1] if old else [self._last[sender], 0]
            self._numbers[key][1] += 1
            number, copy = self._numbers[key]
            end = (segment.seq + segment.payload) % MODULUS
            if highest is None or (end - highest) % MODULUS < HALF:
                self._highest[segment.flow] = end
        return Passing(time, sender, segment, number, copy, armed)


@dataclass(frozen=True)
class Impairment:
    """Shares of the packets of one direction, 0 to 1."""

    loss: float = 0.0  #: of packets with data, SYN or FIN
    ack_loss: float = 0.0  #: of pure ACKs
    burst_in: float = 0.0  #: chance to enter the bad state (Gilbert), in which every packet is lost ...
    burst_out: float = 1.0  #: ... and to leave it
    reorder: float = 0.0
    reorder_by: tuple[int, int] = (0, 0)  #: ns
    double: float = 0.0
    double_by: tuple[int, int] = (0, 0)
    jitter: int = 0  #: ns, never changes the order
    spike: float = 0.0  #: chance that the path stands still with this packet: it and all behind it wait
    spike_by: int = 0


class Chance:
    """The random policy: each direction has its own impairment and its own seeded stream of numbers."""

    def __init__(self, seed: int, impairments: dict[str, Impairment], megabits: int) -> None:
        self._impairments = impairments
        self._byte = 8000 // megabits  # ns
        self._random = {sender: random.Random(f"{seed} {sender}") for sender in impairments}
        self._bad = dict.fromkeys(impairments, False)
        self._leaves = dict.fromkeys(impairments, 0)

    def __call__(self, packet: Passing) -> list[int]:
        impairment, chance = self._impairments[packet.sender], self._random[packet.sender]
        # Always the same draws, whatever the packet: so that one decision does not shift all later ones.
        lose, burst, swap, copy, by, lag, jitter, spike = (chance.random() for _ in range(8))
        bad = self._bad[packet.sender]
        self._bad[packet.sender] = bad = burst >= impairment.burst_out if bad else burst < impairment.burst_in
        if bad or lose < (impairment.loss if packet.segment.length else impairment.ack_loss):
            return DROP
        # Jitter and standstill are a queue: nothing leaves it before what entered earlier.
        wait = int(jitter * impairment.jitter) + (impairment.spike_by if spike < impairment.spike else 0)
        leaves = max(packet.time + wait, self._leaves[packet.sender] + packet.segment.payload * self._byte)
        self._leaves[packet.sender] = leaves
        delay = leaves - packet.time
        if swap < impairment.reorder:
            delay += _between(impairment.reorder_by, by)
        if copy < impairment.double:
            return [delay, delay + _between(impairment.double_by, lag)]
        return [delay]


def _between(limits: tuple[int, int], share: float) -> int:
    return limits[0] + int(share * (limits[1] - limits[0]))
