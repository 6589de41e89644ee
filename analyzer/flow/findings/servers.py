"""Servers (address and port) that take some connections and not others: see *failing server* in connections.py.

A server that takes none is refused, unreachable or silent, which findings of their own say; one that fails now and then is
overloaded, has a backlog that overflows, or stands for several machines of which one is broken.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.finding import Finding, Severity
from analyzer.flow.slots import Slot
from analyzer.flow.table import address
from analyzer.flow.tcp.analysis import TcpAnalysis

from .evidence import MAX_FRAMES, SHOWN_STREAMS

FAILING_LEAST: Final = 3
FAILING_SHARE: Final = 0.05  #: a smaller part of many is what losses make of SYNs
MAX_SERVERS: Final = 16_384  #: that are counted
MAX_FINDINGS: Final = 5  #: servers that become findings of their own, those that failed most
SERVER_KEY: Final = "V24"  #: two words of the address; version and port


@dataclass(slots=True)
class Server:
    """The connections to one server."""

    of: int = 0
    opened: int = 0
    failed: int = 0
    proof: list[tuple[int, int]] = field(default_factory=list)  #: the first SYNs that failed: frame and stream


class Servers:
    """Call `add` with connections that began with a SYN."""

    def __init__(self) -> None:
        self.forgotten = 0
        self._servers: dict[bytes, Server] = {}

    def copy(self) -> Servers:
        """The same, to be counted on."""
        other = Servers()
        other.forgotten = self.forgotten
        other._servers = {key: replace(server, proof=list(server.proof)) for key, server in self._servers.items()}
        return other

    def add(self, analysis: TcpAnalysis, slots: Int64, failed: Column, opened: Column, frames: Int64) -> None:
        """Further connections: which of them failed, which opened, and the frame of the first SYN of each."""
        if not len(slots):
            return
        keys, at, counts = np.unique(_keys(analysis, slots), return_inverse=True, return_counts=True)
        failures, successes = np.bincount(at[failed], minlength=len(keys)), np.bincount(at[opened], minlength=len(keys))
        numbers = analysis.slots.numbers(slots)
        order = np.argsort(-failures, kind="stable")  # those that fail must not be without room
        for one in order.tolist():
            key = keys[one].tobytes()
            server = self._servers.get(key)
            if server is None:
                if len(self._servers) >= MAX_SERVERS:
                    self.forgotten += int(counts[one])
                    continue
                server = self._servers[key] = Server()
            server.of += int(counts[one])
            server.opened += int(successes[one])
            server.failed += int(failures[one])
        for row in np.flatnonzero(failed)[:MAX_SERVERS].tolist():
            server = self._servers.get(keys[at[row]].tobytes())
            if server is not None and len(server.proof) < MAX_FRAMES:
                server.proof.append((int(frames[row]), int(numbers[row])))

    def findings(self) -> Iterator[Finding]:
        """Those that fail now and then."""
        failing = [
            (server.failed, key)
            for key, server in self._servers.items()
            if server.opened and server.failed >= max(FAILING_LEAST, FAILING_SHARE * server.of)
        ]
        for _, key in heapq.nlargest(MAX_FINDINGS, failing):
            server = self._servers[key]
            proof = sorted(server.proof)
            values: dict[str, int | str] = {"of": server.of, "servers": _text(key), "other_servers": 0}
            streams = tuple(stream for _, stream in proof[:SHOWN_STREAMS])
            frames = tuple(dict.fromkeys(frame for frame, _ in proof))
            yield Finding("server_failing", Severity.PROBLEM, server.failed, frames, "tcp", streams, values)


def _keys(analysis: TcpAnalysis, slots: Int64) -> Column:
    """Address, IP version and port of each server, as one value."""
    entry = analysis.slots.slots.array[slots, Slot.KEY]
    words = analysis.slots.keys.keys.array[entry >> 1]
    second = ((entry & 1) != 0) == (analysis.conversations.clients(slots) != 0)  # the server is the second end of the key
    found = np.zeros((len(slots), 3), np.uint64)
    found[:, :2] = np.where(second[:, None], words[:, 2:4], words[:, :2])
    port = np.where(second, words[:, 4], words[:, 4] >> np.uint64(16)) & np.uint64(0xFFFF)
    found[:, 2] = words[:, 4] >> np.uint64(32) << np.uint64(16) | port
    keys: Column = found.view(SERVER_KEY).ravel()
    return keys


def _text(key: bytes) -> str:
    high, low, rest = np.frombuffer(key, np.uint64).tolist()
    version, port = rest >> 16, rest & 0xFFFF
    host = address(version, high, low)
    return f"[{host}]:{port}" if version == 6 else f"{host}:{port}"
