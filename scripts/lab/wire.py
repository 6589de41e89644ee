"""Each way: host - link - first delay - [capture wire_in] - impairment - [capture wire_out] - second delay - host.

Frames are taken from one veth and sent into the other by this process. Times are the kernel's of arrival plus the planned
delays, so the two captures in the middle have no jitter of their own; only the moment of sending has, and it is kept.
"""

from __future__ import annotations

import contextlib
import gc
import heapq
import os
import select
import socket
import struct
import time
from dataclasses import dataclass, field

from .counters import Flag
from .frame import ETHERNET, MTU, parse, split
from .plan import Plan
from .policy import Numbering, Policy
from .space import OTHER, enter

ETH_P_ALL = 3
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
BUFFER = 8 << 20
LARGEST = 70_000
SPIN = 300_000  #: ns before a frame is due in which the wire no longer sleeps
IDLE = 20_000_000  #: ns, the longest sleep
PRIORITY = 30


@dataclass
class Crossing:
    """A TCP frame on the wire; of a superframe each segment has its own."""

    sender: str
    raw: int  #: number of the frame as the host sent it
    time: int  #: ns, when it left the host
    frame: bytes
    enters: int = 0  #: ns, at wire_in
    leaves: list[int] = field(default_factory=list)  #: ns, at wire_out, one for each copy that goes on
    sent: list[int] = field(default_factory=list)  #: ns, when each was handed to the other host; 0: never


@dataclass
class Log:
    """What the wire saw."""

    crossings: list[Crossing] = field(default_factory=list)
    raw: list[tuple[str, bytes]] = field(default_factory=list)  #: frames as the hosts sent them
    lateness: list[int] = field(default_factory=list)  #: ns after the planned moment, of each frame sent


def priority(level: int) -> None:
    """Real time if the kernel allows it: then other work on the machine does not add to the jitter."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(level))


def _open(device: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    end.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    end.setblocking(False)
    end.bind((device, ETH_P_ALL))
    return end


class Wire:
    """The forwarder of one run."""

    def __init__(self, namespace: str, plan: Plan, policy: Policy) -> None:
        enter(namespace)
        self._ends = {side: _open(side) for side in ("client", "server")}
        self._sides = {end.fileno(): side for side, end in self._ends.items()}
        self._plan, self._policy = plan, policy
        self._numbering = Numbering()
        self._waiting: list[tuple[int, int, str, Crossing | bytes, int]] = []
        self._order = 0
        self._free = {"client": 0, "server": 0}  # when the link of each sender has sent what it was given
        self._byte = 8000 // plan.megabits  # ns
        self.log = Log()

    def run(self, armed: Flag, stop: Flag) -> Log:
        """Forward until told to stop."""
        gc.disable()  # a run is short, and a collection would be jitter
        ends = list(self._ends.values())
        while not stop.value:
            self._send_due()
            pause = self._waiting[0][0] - time.time_ns() - SPIN if self._waiting else IDLE
            # select, because poll and epoll count in whole milliseconds
            ready, _, _ = select.select(ends, [], [], max(0, min(pause, IDLE)) / 1_000_000_000)
            for end in ready:
                self._take(self._sides[end.fileno()], bool(armed.value))
        return self.log

    def _take(self, side: str, armed: bool) -> None:
        while True:
            try:
                frame, extra, _, _ = self._ends[side].recvmsg(LARGEST, 64)
            except OSError:  # nothing left
                return
            seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
            self._accept(side, seconds * 1_000_000_000 + nanoseconds, frame, armed)
            self._send_due()

    def _accept(self, side: str, arrival: int, frame: bytes, armed: bool) -> None:
        first, second = self._plan.delays[side]
        raw = len(self.log.raw)
        for piece in split(frame) if self._plan.offload or len(frame) > ETHERNET + MTU else [frame]:
            segment = parse(piece)
            if segment is None:  # neighbour discovery and the like is not impaired
                self._wait(arrival + first + second, side, piece)
                return
            self._free[side] = free = max(arrival, self._free[side]) + len(piece) * self._byte
            crossing = Crossing(side, raw, arrival, piece, free + first)
            self.log.crossings.append(crossing)
            copies = self._policy(self._numbering.passing(crossing.enters, side, segment, armed))
            for copy, extra in enumerate(sorted(copies)):
                crossing.leaves.append(crossing.enters + extra)
                crossing.sent.append(0)
                self._wait(crossing.enters + extra + second, side, crossing, copy)
        self.log.raw.append((side, frame))

    def _wait(self, due: int, side: str, what: Crossing | bytes, copy: int = 0) -> None:
        self._order += 1
        heapq.heappush(self._waiting, (due, self._order, side, what, copy))

    def _send_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.time_ns():
            due, _, side, what, copy = heapq.heappop(self._waiting)
            now = time.time_ns()
            with contextlib.suppress(OSError):  # a full queue loses it, and then it was not sent
                self._ends[OTHER[side]].send(what if isinstance(what, bytes) else what.frame)
                if isinstance(what, Crossing):
                    what.sent[copy] = now
                    self.log.lateness.append(now - due)
