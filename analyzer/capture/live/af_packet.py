"""Linux' packet sockets: frames as the kernel puts them into a ring that we share with it. Several interfaces are merged by time.

Where frames were dropped is known by the block: the kernel drops them while all blocks of a ring are full, marks those that it
closes afterwards (TP_STATUS_LOSING), and counts them (PACKET_STATISTICS) until it is asked.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analyzer.batch import views
from analyzer.capture.live import describing, ring
from analyzer.capture.live.interfaces import check
from analyzer.capture.live.link_events import open_link_events
from analyzer.capture.live.packet_socket import (
    LINKTYPE_ETHERNET,
    NOT_TWICE,
    NOTHING,
    RETIRE_MS,
    PacketSocket,
)
from analyzer.capture.live.permissions import permission_hint
from analyzer.capture.live.program import compiled
from analyzer.capture.live.ring_memory import RingMemory
from analyzer.capture.live.ring_numbers import Kind, Ring, State, Stop
from analyzer.capture.live.source import TICK_S, LiveError, LiveSource, named

if TYPE_CHECKING:
    from analyzer.capture.live.recorder import Recorder

SECOND_NS: Final = 1_000_000_000
STATISTICS_S: Final = 1.0  #: between two readings of all counters
RETIRED_S: Final = 3 * RETIRE_MS / 1000  #: a frame that is older is in a block that we see: twice the time, and some more
RETIRED_NS: Final = int(RETIRED_S * SECOND_NS)
CLOCK_STEP_NS: Final = SECOND_NS  #: a frame that is so much younger than now was stamped before the clock was set back
NETWORKS: Final = Path("/sys/class/net")
WITHOUT_LIMIT: Final = 2**62
NEVER: Final = 2**63 - 1


class AfPacket(LiveSource):
    """The sockets of all interfaces, and their rings."""

    def __init__(
        self,
        sockets: Sequence[PacketSocket],
        capture_filter: str,
        snap_length: int,
        count: int | None,
        recorder: Recorder | None,
    ) -> None:
        super().__init__("af_packet", [one.interface for one in sockets], recorder)
        self.link_types = tuple(one.linktype for one in sockets)
        self._sockets = sockets
        self._memory = RingMemory(sockets)
        self._rings = np.zeros(len(sockets) * Ring.WIDTH, np.int64)
        self._state = np.zeros(State.SIZE, np.int64)
        self._views = views(self._rings, self._state)
        for number, one in enumerate(sockets):
            kind = Kind.COOKED if one.cooked else Kind.ETHERNET if one.linktype == LINKTYPE_ETHERNET else Kind.PLAIN
            given = self._memory.begins[number], one.blocks, one.block_bytes, number, kind, snap_length
            begin = number * Ring.WIDTH
            self._rings[begin : begin + len(given)] = given
            self._rings[begin + Ring.ASKED] = self._rings[begin + Ring.LEFT] = -1
        self._left = WITHOUT_LIMIT if count is None else count
        self._counted: list[dict[str, int]] = [{} for _ in sockets]
        self._names = list(self.interfaces)  # as they are now
        self._dropped_before = [_dropped(name) for name in self._names]
        self._gone = [False] * len(sockets)
        self._stopping = ""  # why it ends soon
        self._drained = 0.0  # when no block is left that the kernel has not handed over, by the monotonic clock
        self._asked_to_stop = False
        self._due = time.monotonic() + STATISTICS_S
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._links = open_link_events(self.interfaces)
        self._poll = select.poll()
        for watched in (self._wake, self._links, *sockets):
            if watched is not None:
                self._poll.register(watched, select.POLLIN)
        begin_blocks = describing.section_header() + b"".join(
            describing.interface(one.linktype, snap_length, one.interface, capture_filter) for one in sockets
        )
        if recorder is not None:
            recorder.section(begin_blocks)
        self._waiting = memoryview(begin_blocks)  # blocks that the recorder has, to be handed over first

    def readinto(self, buffer: Any) -> int | None:
        view = memoryview(buffer).cast("B")
        until = time.monotonic() + TICK_S
        while True:
            size = self._take(view)
            if size:
                return size
            if self.ended and not self._waiting:
                return 0
            if not self.ended and not self._wait(until):
                return None

    def ready(self) -> bool:
        if self._waiting or self.ended:
            return True
        if self._state[State.STOP] == Stop.EARLY:
            return bool(self._state[State.NEXT] + RETIRED_NS <= time.time_ns())
        return bool(self._poll.poll(0))

    def stop(self) -> None:
        self._asked_to_stop = True
        if not self.closed:
            os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        self._memory.close()
        for one in self._sockets:
            one.close()
        if self._links is not None:
            self._links.close()
        os.close(self._wake)

    def _take(self, view: memoryview) -> int:
        """Hand over what is there; 0: nothing."""
        if not self.ended and time.monotonic() >= self._due:
            self._look()
        filled = min(len(self._waiting), len(view))
        view[:filled] = self._waiting[:filled]
        self._waiting = self._waiting[filled:]
        if self._waiting or self.ended or filled == len(view):
            return filled
        if self._asked_to_stop and not self._stopping:
            self._stop("stopped")
        filled = self._walk(view, filled)
        over = self._stopping and self._state[State.STOP] == Stop.DRY and time.monotonic() >= self._drained
        if self._left == 0 or over:
            self._look()
            self.ended = "count" if self._left == 0 else self._stopping
        return filled

    def _walk(self, view: memoryview, filled: int) -> int:
        """Frames, behind what is in the buffer; how far it is filled then."""
        state, (rings, given) = self._state, self._views
        memory = self._memory
        begin = filled
        frames = 0
        self.counters.backlog = self._used() / sum(one.blocks for one in self._sockets)
        state[State.HORIZON] = self._horizon()
        while True:
            state[State.FILLED], state[State.MOST] = filled, self._left
            ring.walk(memory.data, memory.halves, memory.words, rings, view, given)
            filled = int(state[State.FILLED])
            frames += int(state[State.FRAMES])
            self._left -= int(state[State.FRAMES])
            stop = int(state[State.STOP])
            if stop == Stop.LOSING:
                self._ask(int(state[State.RING]))
            elif stop == Stop.EARLY and state[State.NEXT] > time.time_ns() + CLOCK_STEP_NS:
                state[State.HORIZON] = NEVER
            else:
                break
        if frames and self.recorder is not None:
            self.recorder.packets(view[begin:filled], frames)
        if stop == Stop.FULL and filled == 0:
            self._lengthy(int(state[State.NEED]))
            return self._take(view)
        return filled

    def _lengthy(self, size: int) -> None:
        """A block that is larger than the whole buffer: it is kept, and handed over in pieces."""
        block = memoryview(bytearray(size))
        self._state[State.FILLED], self._state[State.MOST] = 0, 1
        memory = self._memory
        ring.walk(memory.data, memory.halves, memory.words, self._views[0], block, self._views[1])
        frames = int(self._state[State.FRAMES])
        self._left -= frames
        self._keep(bytes(block[: int(self._state[State.FILLED])]), frames)

    def _keep(self, blocks: bytes, frames: int) -> None:
        """Blocks to be handed over before anything else."""
        if self.recorder is not None:
            self.recorder.packets(memoryview(blocks), frames)
        self._waiting = memoryview(bytes(self._waiting) + blocks)

    def _horizon(self) -> int:
        if self._stopping and time.monotonic() >= self._drained:
            return NEVER
        return time.time_ns() - RETIRED_NS

    def _used(self) -> int:
        """Blocks that the kernel has filled, of all rings."""
        words, rings = self._memory.words, self._views[0]
        return sum(ring.used(words, rings, at)[0] for at in range(0, len(self._rings), Ring.WIDTH))

    def _ask(self, at: int) -> None:
        """Frames were dropped before the block that comes next."""
        rings = self._rings
        rings[at + Ring.ASKED] = rings[at + Ring.PASSED]
        dropped = self._sockets[at // Ring.WIDTH].count()
        if dropped:
            rings[at + Ring.DROPPED] += dropped
            rings[at + Ring.DROPPED_BEFORE] = rings[at + Ring.PASSED]

    def _ask_all(self) -> None:
        """Between blocks: frames were dropped before the first block that says so, else behind all that are filled."""
        rings = self._rings
        for number, one in enumerate(self._sockets):
            dropped = one.count()
            if dropped:
                at = number * Ring.WIDTH
                _, first = ring.used(self._memory.words, self._views[0], at)
                if not rings[at + Ring.DROPPED]:
                    rings[at + Ring.DROPPED_BEFORE] = rings[at + Ring.PASSED] + first
                rings[at + Ring.DROPPED] += dropped

    def _look(self) -> None:
        """Read all counters; tell those that changed, and notice interfaces that are gone."""
        self._due = time.monotonic() + STATISTICS_S
        self._ask_all()
        self._follow()
        now = time.time_ns()
        blocks = b""
        for number, one in enumerate(self._sockets):
            by_interface = max(0, _dropped(self._names[number]) - self._dropped_before[number])
            if self._gone[number]:
                by_interface = self._counted[number].get("dropped", 0)
            counted = {"received": one.received, "dropped": by_interface, "os_dropped": one.dropped}
            if counted != self._counted[number]:
                self._counted[number] = counted
                blocks += describing.statistics(number, now, counted)
        self.counters.received = sum(one.received for one in self._sockets)
        self.counters.dropped_kernel = sum(one.dropped for one in self._sockets)
        self.counters.dropped_interface = sum(counted["dropped"] for counted in self._counted)
        if blocks:
            self._keep(blocks, 0)

    def _follow(self) -> None:
        """The names of interfaces as they are now; an index that has none is gone."""
        for number, one in enumerate(self._sockets):
            if one.index and not self._gone[number]:
                try:
                    self._names[number] = socket.if_indextoname(one.index)
                except OSError:
                    self._gone[number] = True
        if all(self._gone) and not self._stopping:
            self._stop("interface removed")

    def _stop(self, reason: str) -> None:
        """Nothing new is let in; the last block of each ring is still to be handed over by the kernel."""
        self._stopping = reason
        self._drained = time.monotonic() + RETIRED_S
        for one in self._sockets:
            one.attach(NOTHING)

    def _wait(self, until: float) -> bool:
        """Until something is there; False: the time is over."""
        now = time.monotonic()
        if self._stopping:
            until = min(until, self._drained) if self._drained > now else until
        if self._state[State.STOP] == Stop.EARLY:
            due = now + max(0, int(self._state[State.NEXT]) + RETIRED_NS - time.time_ns()) / SECOND_NS
            time.sleep(max(0.0, min(until, due) - now))
            return due <= until
        found = self._poll.poll(max(0.0, until - now) * 1000)
        for descriptor, _ in found:
            self._woken(descriptor)
        return bool(found) or time.monotonic() < until or bool(self._stopping)

    def _woken(self, descriptor: int) -> None:
        if descriptor == self._wake:
            os.eventfd_read(self._wake)
        elif self._links is not None and descriptor == self._links.fileno():
            self.events.extend(self._links.read())
            self._follow()
        else:
            for one in self._sockets:
                if one.fileno() == descriptor and one.error():
                    self._follow()


def _dropped(interface: str) -> int:
    """What an interface missed for want of buffers, by its driver; 0 where that cannot be read.

    Not rx_dropped, in which the kernel also counts frames for which there is no protocol: these were captured.
    """
    try:
        return int((NETWORKS / interface / "statistics" / "rx_missed_errors").read_text())
    except (OSError, ValueError):
        return 0


def open_af_packet(
    interfaces: Sequence[str],
    capture_filter: str,
    snap_length: int,
    count: int | None,
    buffer_bytes: int,
    promiscuous: bool,
    recorder: Recorder | None,
) -> LiveSource:
    """Open the interfaces; `any` is all of them, also those that appear later."""
    check(interfaces)
    sockets: list[PacketSocket] = []
    opened: list[AfPacket] = []
    try:
        sockets.extend(map(PacketSocket, interfaces))
        for one in sockets:
            one.make_ring(buffer_bytes // len(sockets), snap_length)
            one.attach(NOT_TWICE + compiled(one.interface, one.linktype, capture_filter, snap_length))
        source = AfPacket(sockets, capture_filter, snap_length, count, recorder)
        opened.append(source)
        for one in sockets:
            one.bind(promiscuous)
    except (OSError, LiveError) as error:
        for each in opened or sockets:
            each.close()
        if isinstance(error, LiveError):
            raise
        raise _explained(error, interfaces) from None
    return source


def _explained(error: OSError, interfaces: Sequence[str]) -> LiveError:
    if error.errno in {errno.EPERM, errno.EACCES}:
        return LiveError(f"{named(interfaces)}: may not be captured from\n{permission_hint('af_packet', interfaces)}")
    return LiveError(f"{named(interfaces)}: cannot be captured from: {(error.strerror or str(error)).lower()}")
