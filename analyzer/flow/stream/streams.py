# cython: language_level=3
"""The streams of all connections: which segments somebody wants, their bytes in order, the messages in them.

A connection has an object here only from the first byte on that somebody may want until nothing can come of it any more: both
directions over, or nothing wanted. Beyond the memory budget the connections that were silent longest lose theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cython
import numpy as np

from analyzer.batch import Batch, Int64, Table, views
from analyzer.dissect import applications
from analyzer.dissect.application.stream import NEVER, Message, Origin, Place
from analyzer.flow.application.labels import Labels
from analyzer.flow.fact import Facts
from analyzer.flow.slots import Slot
from analyzer.flow.state import State
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.handshake import Handshake

from .connection import Connection
from .direction import Conflict, Piece
from .offsets import Attention
from .side import TRIES_FROM_SYN, Attended, Side, Started, Watch

STARTED = cython.declare(cython.int, Side.STARTED)
DELIVERED = cython.declare(cython.int, Side.DELIVERED)
THRESHOLD = cython.declare(cython.int, Side.THRESHOLD)
WATCH = cython.declare(cython.int, Side.WATCH)
TRIES = cython.declare(cython.int, Side.TRIES)
BY_SYN = cython.declare(cython.int, Started.BY_SYN)
HOLES = cython.declare(cython.int, Watch.HOLES)
HEAD = cython.declare(cython.int, Watch.HEAD)
FIN = cython.declare(cython.int, 0x01)
RST = cython.declare(cython.int, 0x04)
BYTES_PER_CONNECTION: Final = 1 << 14  #: what a connection takes here, more or less; holes and heads may take more
MAX_HELD_BYTES: Final = 1 << 26  #: behind the holes of all connections
SWEEP_EVERY_NS: Final = 10_000_000_000  #: between two searches for connections that fell silent
SILENCE_NS: Final = 60_000_000_000  #: after so long a hole is given up, and so is a connection that was reset
MAX_GAP_FRAMES: Final = 100  #: frames that are kept of them
MAX_CONFLICTS: Final = 1000  #: conflicting copies that are kept


class TcpOrigin(Origin):
    """Where the messages of a connection come from; what only some of them are asked for is looked up then."""

    __slots__ = ("_tcp",)

    def __init__(self, tcp: TcpAnalysis, stream: int, ports: tuple[int, int], slot: int) -> None:
        self._tcp, self.transport, self.stream, self.ports, self.slot = tcp, "tcp", stream, ports, slot

    @property
    def addresses(self) -> tuple[str, str]:  # type: ignore[override]
        return self._tcp.slots.ends(self.slot).addresses

    @property
    def client(self) -> int:  # type: ignore[override]
        known = int(self._tcp.handshakes[self.slot, Handshake.CLIENT])
        return known if known >= 0 else self._tcp.conversations.client(self.slot)


class Streams:
    """Hand it the "tcp" table of each batch with its facts. `wanted` are the protocols whose messages are to be made."""

    def __init__(
        self,
        tcp: TcpAnalysis,
        wanted: frozenset[str],
        budget: int,
        labels: Labels,
        body_limit: int = 0,
        opened: Callable[[Connection], None] | None = None,
    ) -> None:
        self.held_bytes = 0
        self.gaps = 0  #: holes that were given up
        self.gap_bytes = 0
        self.gap_frames: list[int] = []  #: the frames behind the first of them
        self.given_up = 0  #: connections that lost their object for want of memory
        self.overflows = 0  #: holes that were given up for want of memory
        self.conflicts: list[tuple[Origin, int, Conflict]] = []  #: with the direction
        self.conflicting = 0
        self._tcp = tcp
        self._labels = labels
        self._sides = State([TRIES_FROM_SYN if column == Side.TRIES else 0 for column in Side], sides=2)
        tcp.slots.add(self._sides)
        tcp.conversations.watchers.append(self._leave)
        self._wanted = wanted
        self._body_limit = body_limit
        self._opened = opened  #: is shown each new connection, and may give it a conversation
        self._live: dict[int, Connection] = {}
        self._most = max(1024, budget // BYTES_PER_CONNECTION)
        self._swept = 0
        self._found: list[Message] = []
        self._data: memoryview = memoryview(b"")  #: of the present batch
        self._plausible = np.array([bool(modules) or opened is not None for modules in applications.BY_FIRST_BYTE], np.uint8)

    def update(self, batch: Batch, table: Table, facts: Facts) -> list[Message]:
        """The messages that the segments of this batch complete."""
        rows = len(table)
        self._data = batch.data.data
        sides = self._sides.array.data
        attended = np.zeros(len(Attended), np.int64)
        inner, inner_end = table["inner"], table["inner_end"]
        arrays = (facts.array, batch.data, inner, inner_end, self._plausible, self._sides.array, attended)
        attention = Attention(rows, *views(*arrays))
        while attention.next():
            self._segment(batch, table, sides, *attended.tolist())
        if len(batch):
            now = int(batch.time[-1])
            if abs(now - self._swept) >= SWEEP_EVERY_NS or len(self._live) > self._most:
                self._swept = now
                self._sweep(now)
        return self._take()

    def finish(self) -> list[Message]:
        """The capture is over: what is open ends here."""
        for slot in list(self._live):
            self._drop(slot)
        return self._take()

    def _take(self) -> list[Message]:
        """The messages that were found since the last time."""
        found, self._found[:] = self._found[:], []
        for message in found:
            self._labels.update(message)
        return [message for message in found if message.PROTOCOL in self._wanted]

    def _segment(
        self, batch: Batch, table: Table, sides: cython.longlong[:, ::1], i: cython.Py_ssize_t, side: cython.Py_ssize_t,
        stream: int, offset: cython.longlong, length: cython.longlong, flags: cython.int, frame: int,
        time: cython.longlong, at: cython.Py_ssize_t, end: cython.Py_ssize_t, acked: cython.longlong,
    ) -> None:  # fmt: skip
        slot, direction = side >> 1, side & 1
        connection = self._live.get(slot)
        if connection is None:
            if not length or flags & RST:
                return
            connection = self._open(slot, stream, direction, table, i, sides)
        one, other = connection.directions[direction], connection.directions[1 - direction]
        one.delivered, other.delivered = sides[side, DELIVERED], sides[side ^ 1, DELIVERED]
        if connection.conversation is None:
            connection.tries = [sides[side & ~1, TRIES], sides[side | 1, TRIES]]
        before = one.held_bytes + other.held_bytes
        if length > 0 and not flags & RST and not connection.closed[direction]:
            place = self._place(batch, table, i, frame, time)
            behind = offset + length
            data = None
            if behind > connection.wanted(direction) or offset < one.delivered:
                data = self._data[at:end].tobytes()
            if offset == one.delivered and not one.held and data is not None and len(data) == length:
                piece = Piece(offset, behind, data, place)
                one.advance(piece)
                connection.take(direction, piece)
            else:
                one.insert(offset, behind, data, place)
        if flags & FIN and length >= 0 and one.end != offset + length:
            one.end, one.end_place = offset + length, self._place(batch, table, i, frame, time)
        if one.held or one.end >= 0:
            connection.deliver(direction)
        if other.held and other.hopeless(acked, time):
            self._give_up(connection, 1 - direction)
        if one.held and one.hopeless(-1, time):
            self._give_up(connection, direction)
        self.held_bytes += one.held_bytes + other.held_bytes - before
        if self.held_bytes > MAX_HELD_BYTES:
            self.overflows += 1
            self._give_up(connection, direction)
            self._give_up(connection, 1 - direction)
        if flags & RST:
            connection.reset = True
            connection.close(direction, ended=False)
        self._note(slot, connection, sides)

    @staticmethod
    def _place(batch: Batch, table: Table, i: int, frame: int, time: int) -> Place:
        if batch.file is None or batch.number_in_file is None:
            return Place(frame, time)
        row = table["row"][i]
        return Place(frame, time, int(batch.file[row]), int(batch.number_in_file[row]))

    def _open(self, slot: int, stream: int, direction: int, table: Table, i: int, sides: cython.longlong[:, ::1]) -> Connection:
        ports = (int(table["srcport"][i]), int(table["dstport"][i]))
        origin = TcpOrigin(self._tcp, stream, ports[::-1] if direction else ports, slot)
        connection = self._live[slot] = Connection(origin, self._found, self._wanted, self._body_limit)
        for end in (0, 1):
            side = 2 * slot + end
            connection.whole[end] = sides[side, STARTED] == BY_SYN and sides[side, DELIVERED] == 0
        if self._opened is not None:
            self._opened(connection)
        return connection

    def _give_up(self, connection: Connection, direction: int) -> None:
        one = connection.directions[direction]
        hole = one.missing()
        if hole is None:
            return
        self.gaps += 1
        self.gap_bytes += hole.end - hole.start
        behind = one.held[0].place
        if behind is not None and len(self.gap_frames) < MAX_GAP_FRAMES:
            self.gap_frames.append(behind.frame)
        before = one.held_bytes
        one.give_up()
        connection.deliver(direction)
        self.held_bytes += one.held_bytes - before

    def _note(self, slot: int, connection: Connection, sides: cython.longlong[:, ::1]) -> None:
        """Tell the kernel what is wanted now, and forget a connection of which nothing can come."""
        if connection.application is not connection.noted:
            connection.noted = connection.application
            self._labels.recognised(slot, connection.application)
        side: cython.Py_ssize_t = 2 * slot
        over = 0
        for direction in (0, 1):
            one = connection.directions[direction]
            threshold: cython.longlong = connection.threshold(direction)
            over += threshold == NEVER
            sides[side, DELIVERED] = one.delivered
            sides[side, THRESHOLD] = threshold
            sides[side, WATCH] = (HOLES if one.held else 0) | (HEAD if connection.heads[direction] else 0)
            sides[side, TRIES] = 0 if connection.conversation is not None else connection.tries[direction]
            if one.conflicts:
                self._take_conflicts(connection, direction)
            side += 1
        if over == 2:
            self._forget(slot)

    def _take_conflicts(self, connection: Connection, direction: int) -> None:
        found = connection.directions[direction].conflicts
        self.conflicting += len(found)
        room = MAX_CONFLICTS - len(self.conflicts)
        self.conflicts += [(connection.origin, direction, conflict) for conflict in found[:room]]
        found.clear()

    def _forget(self, slot: int) -> None:
        connection = self._live.pop(slot)
        self.held_bytes -= sum(one.held_bytes for one in connection.directions)
        self._sides.array[2 * slot : 2 * slot + 2, THRESHOLD] = NEVER
        self._sides.array[2 * slot : 2 * slot + 2, WATCH] = 0

    def _drop(self, slot: int) -> None:
        """Nothing more of this connection is awaited."""
        connection = self._live[slot]
        self.held_bytes -= sum(one.held_bytes for one in connection.directions)
        for direction in (0, 1):
            connection.directions[direction].delivered = int(self._sides.array[2 * slot + direction, DELIVERED])
            connection.close(direction, ended=False)
        self._forget(slot)

    def _sweep(self, now: int) -> None:
        """Look for connections that fell silent."""
        latest = self._tcp.slots.slots.array[:, Slot.PREVIOUS_TIME]
        for slot, connection in list(self._live.items()):
            if now - int(latest[slot]) < SILENCE_NS:
                continue
            if connection.reset:
                self._drop(slot)
            elif connection.directions[0].held or connection.directions[1].held:
                for direction in (0, 1):
                    connection.directions[direction].delivered = int(self._sides.array[2 * slot + direction, DELIVERED])
                    self._give_up(connection, direction)
                self._note(slot, connection, self._sides.array.data)
        if len(self._live) > self._most:
            oldest = sorted(self._live, key=lambda slot: int(latest[slot]))[: len(self._live) - self._most * 3 // 4]
            self.given_up += len(oldest)
            for slot in oldest:
                self._drop(slot)

    def _leave(self, slots: Int64) -> None:
        """These conversations have to leave for want of memory, with all that is known of them."""
        for slot in self._live.keys() & set(slots.tolist()):
            self._drop(slot)
