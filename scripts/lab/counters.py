"""The kernel's own TCP counters of both hosts, read every fraction of a millisecond: what triggered a retransmission.

/proc/net/netstat and /proc/net/snmp count for the namespace in which they were opened (proc(5)).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .space import enter

FILES = ("/proc/thread-self/net/netstat", "/proc/thread-self/net/snmp")
#: counters whose every step is kept with its time
WATCHED = (
    "TCPTimeouts",
    "TCPLossProbes",
    "TCPFastRetrans",
    "TCPSlowStartRetrans",
    "TCPSynRetrans",
    "TCPSackRecovery",
    "TCPRenoRecovery",
    "TCPKeepAlive",
    "TCPWinProbe",
    "TCPRetransFail",
)
PAUSE = 0.0002  #: seconds between two readings of both hosts
SIZE = 16384


class Flag(Protocol):
    """A shared number: multiprocessing.Value."""

    value: int


@dataclass(frozen=True)
class Reading:
    """Some counters went up after `since` and not later than `time`."""

    since: int
    time: int
    steps: dict[str, int]


class Counters:
    """The counters of one namespace."""

    def __init__(self, name: str) -> None:
        enter(name)
        self._handles = [os.open(path, os.O_RDONLY) for path in FILES]
        names, values = self._split(self._handles[0])
        self._places = [(name, names.index(name)) for name in WATCHED if name in names]
        self._values = values
        self._last = time.time_ns()
        self.readings: list[Reading] = []

    @staticmethod
    def _split(handle: int) -> tuple[list[str], list[bytes]]:
        lines = os.pread(handle, SIZE, 0).split(b"\n", 2)
        return lines[0].decode().split(), lines[1].split()

    def read(self) -> None:
        """Keep what went up since the last reading."""
        before = time.time_ns()
        values = os.pread(self._handles[0], SIZE, 0).split(b"\n", 2)[1].split()
        after = time.time_ns()
        if values != self._values:
            steps = {name: int(values[at]) - int(self._values[at]) for name, at in self._places if values[at] != self._values[at]}
            if steps:
                self.readings.append(Reading(self._last, after, steps))
            self._values = values
        self._last = before

    def all(self) -> dict[str, int]:
        """Every counter of TCP."""
        found: dict[str, int] = {}
        for handle in self._handles:
            lines = os.pread(handle, SIZE, 0).decode().splitlines()
            for names, values in zip(lines[::2], lines[1::2], strict=False):
                if names.startswith(("TcpExt:", "Tcp:")):
                    found.update(zip(names.split()[1:], map(int, values.split()[1:]), strict=False))
        return found


def poll(names: dict[str, str], stop: Flag, ready: Path) -> tuple[dict[str, list[Reading]], dict[str, dict[str, int]], int]:
    """Read until told to stop: the readings of each host, what each counter gained, the longest pause in ns."""
    hosts = {side: Counters(names[side]) for side in ("client", "server")}
    start = {side: host.all() for side, host in hosts.items()}
    ready.touch()
    longest, last = 0, time.time_ns()
    while not stop.value:
        for host in hosts.values():
            host.read()
        now = time.time_ns()
        longest, last = max(longest, now - last), now
        time.sleep(PAUSE)
    gained = {}
    for side, host in hosts.items():
        host.read()
        gained[side] = {name: value - start[side].get(name, 0) for name, value in host.all().items()}
    readings = {side: host.readings for side, host in hosts.items()}
    return readings, {side: {name: n for name, n in all_.items() if n} for side, all_ in gained.items()}, longest
