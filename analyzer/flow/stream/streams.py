# cython: language_level=3
"""The streams of all connections: which segments somebody wants, their bytes in order, the messages in them.

A connection has an object here only from the first byte on that somebody may want until nothing can come of it any more: both
directions over, or nothing wanted. Beyond the memory budget the connections that were silent longest lose theirs.

Who reads a capture that is growing and falls behind may pass over new connections for a while (`passes_over`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import cython
import numpy as np

from analyzer.batch import Batch, Column, Int64, Table, views
from analyzer.dissect import applications
from analyzer.dissect.application.stream import NEVER, Message, Origin, Place
from analyzer.flow.application.labels import Labels
from analyzer.flow.fact import Facts
from analyzer.flow.slots import CLOCK_STEP_NS, Slot
from analyzer.flow.state import State
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.handshake import Handshake

from .connection import MAX_HEAD, SKIP, Connection, promising
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
ROW = cython.declare(cython.int, Attended.ROW)
SIDE = cython.declare(cython.int, Attended.SIDE)
STREAM = cython.declare(cython.int, Attended.STREAM)
OFFSET = cython.declare(cython.int, Attended.OFFSET)
LENGTH = cython.declare(cython.int, Attended.LENGTH)
FLAGS = cython.declare(cython.int, Attended.FLAGS)
FRAME = cython.declare(cython.int, Attended.FRAME)
TIME = cython.declare(cython.int, Attended.TIME)
AT = cython.declare(cython.int, Attended.AT)
END = cython.declare(cython.int, Attended.END)
ACKED = cython.declare(cython.int, Attended.ACKED)
FIN = cython.declare(cython.int, 0x01)
RST = cython.declare(cython.int, 0x04)
FIN_RST = cython.declare(cython.int, 0x05)
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


@cython.cclass
class Streams:
    """Hand it the "tcp" table of each batch with its facts. `wanted` are the protocols whose messages are to be made."""

    held_bytes = cython.declare(cython.longlong, visibility="readonly")
    gaps = cython.declare(cython.longlong, visibility="readonly")  #: holes given up that the receiver had acknowledged
    gap_bytes = cython.declare(cython.longlong, visibility="readonly")
    gap_frames = cython.declare(list, visibility="readonly")  #: the frames behind the first of them
    given_up = cython.declare(cython.longlong, visibility="readonly")  #: connections that lost their object for want of memory
    overflows = cython.declare(cython.longlong, visibility="readonly")  #: holes that were given up for want of memory
    conflicts = cython.declare(list, visibility="readonly")  #: (origin, direction, conflict)
    conflicting = cython.declare(cython.longlong, visibility="readonly")
    live = cython.declare(dict, visibility="readonly")  #: slot -> Connection
    passes_over = cython.declare(cython.bint, visibility="public")  #: new connections are not read
    passed_over = cython.declare(set, visibility="readonly")  #: slots of those that were not
    _tcp: TcpAnalysis
    _labels: Labels
    _state: State
    _wanted: frozenset[str]
    _body_limit: int
    _opened: Callable[[Connection], None] | None  # is shown each new connection, and may give it a conversation
    _most: cython.Py_ssize_t
    _swept: cython.longlong
    _found: list[Message]
    _plausible: Column
    # of the present batch, as C types: these are looked at for every segment
    _batch: Batch
    _table: Table
    _merged: cython.bint  # it comes out of several files
    _data: memoryview
    _ports: tuple[memoryview, memoryview]
    _sides: cython.longlong[:, ::1]

    def __init__(
        self,
        tcp: TcpAnalysis,
        wanted: frozenset[str],
        budget: int,
        labels: Labels,
        body_limit: int = 0,
        opened: Callable[[Connection], None] | None = None,
    ) -> None:
        self.held_bytes = self.gaps = self.gap_bytes = self.given_up = self.overflows = self.conflicting = 0
        self.gap_frames = []
        self.conflicts = []
        self.live = {}
        self.passes_over = False
        self.passed_over = set()
        self._tcp = tcp
        self._labels = labels
        self._state = State([TRIES_FROM_SYN if column == Side.TRIES else 0 for column in Side], sides=2)
        tcp.slots.add(self._state)
        tcp.conversations.watchers.append(self._leave)
        self._wanted = wanted
        self._body_limit = body_limit
        self._opened = opened
        self._most = max(1024, budget // BYTES_PER_CONNECTION)
        self._swept = 0
        self._found = []
        self._plausible = np.array([bool(modules) or opened is not None for modules in applications.BY_FIRST_BYTE], np.uint8)

    def update(self, batch: Batch, table: Table, facts: Facts) -> Iterator[Message]:
        """The messages that the segments of this batch complete, made while they are taken."""
        found = np.zeros(len(Attended), np.int64)
        attended: cython.longlong[::1] = found.data
        self._batch, self._table, self._data = batch, table, batch.data.data
        self._ports = (table["srcport"].data, table["dstport"].data)
        self._merged = batch.file is not None
        self._sides = self._state.array.data
        arrays = (facts.array, batch.data, table["inner"], table["inner_end"], self._plausible, self._state.array, found)
        attention = Attention(len(table), *views(*arrays))
        while attention.next():
            self._segment(attended)
            if self._found:
                yield from self._take()
        if len(batch):
            now = int(batch.time[-1])
            if abs(now - self._swept) >= SWEEP_EVERY_NS or len(self.live) > self._most:
                self._swept = now
                self._sweep(now)
        yield from self._take()

    def finish(self) -> Iterator[Message]:
        """The capture is over: what is open ends here."""
        self._sides = self._state.array.data
        for slot in list(self.live):
            self._drop(slot)
            yield from self._take()

    def _take(self) -> list[Message]:
        """The messages that were found since the last time."""
        found, self._found[:] = self._found[:], []
        for message in found:
            self._labels.update(message)
        return [message for message in found if message.PROTOCOL in self._wanted] if self._wanted else []

    @cython.cfunc
    def _segment(self, attended: cython.longlong[::1]) -> None:
        side: cython.Py_ssize_t = attended[SIDE]
        slot: cython.Py_ssize_t = side >> 1
        direction: cython.int = side & 1
        offset: cython.longlong = attended[OFFSET]
        length: cython.longlong = attended[LENGTH]
        flags: cython.longlong = attended[FLAGS]
        at: cython.Py_ssize_t = attended[AT]
        end: cython.Py_ssize_t = attended[END]
        sides = self._sides
        connection = self.live.get(slot)
        if connection is None:
            if not length or flags & RST or self._passes(attended):
                return
            if self.passes_over:
                self.passed_over.add(slot)
                sides[side, THRESHOLD] = sides[side ^ 1, THRESHOLD] = NEVER
                return
            connection = self._open(side, attended[ROW], attended[STREAM])
        one = connection.directions[direction]
        other = connection.directions[1 - direction]
        delivered: cython.longlong = sides[side, DELIVERED]
        one.delivered, other.delivered = delivered, sides[side ^ 1, DELIVERED]
        if connection.conversation is None:
            connection.tries = [sides[side & ~1, TRIES], sides[side | 1, TRIES]]
        whole: cython.bint = length > 0 and end - at == length and not flags & FIN_RST and not connection.closed[direction]
        usual: cython.bint = whole and offset == delivered and one.end < 0 and not one.held and not other.held
        if usual and offset + length > connection.wanted(direction):
            place = self._place(attended[ROW], attended[FRAME], attended[TIME])
            connection.bring(direction, offset, offset + length, self._data[at:end].tobytes(), place)
        else:
            self._unusual(attended, connection)
        self._note(slot, connection)

    @cython.cfunc
    def _passes(self, attended: cython.longlong[::1]) -> cython.bint:
        """Whether no protocol begins with this segment of a connection of which nothing is known: most are found out so."""
        side: cython.Py_ssize_t = attended[SIDE]
        offset: cython.longlong = attended[OFFSET]
        at: cython.Py_ssize_t = attended[AT]
        end: cython.Py_ssize_t = attended[END]
        sides = self._sides
        if offset != sides[side, DELIVERED] or end - at != attended[LENGTH] or self._opened is not None:
            return False
        if promising(self._data[at : min(end, at + MAX_HEAD)].tobytes(), self._ports_of(side, attended[ROW])) is not None:
            return False
        sides[side, DELIVERED] = offset + attended[LENGTH]
        sides[side, TRIES] -= 1
        if sides[side, TRIES] <= 0:
            sides[side, THRESHOLD] = SKIP
            if sides[side ^ 1, THRESHOLD] == SKIP:
                sides[side, THRESHOLD] = sides[side ^ 1, THRESHOLD] = NEVER
        return True

    @cython.cfunc
    def _ports_of(self, side: cython.Py_ssize_t, row: cython.Py_ssize_t) -> tuple[int, int]:
        """Of the senders of direction 0 and 1."""
        source, destination = self._ports[0][row], self._ports[1][row]
        return (destination, source) if side & 1 else (source, destination)

    @cython.cfunc
    def _unusual(self, attended: cython.longlong[::1], connection: Connection) -> None:
        """A segment out of order, one that ends its side, or one that meets such a side."""
        direction: cython.int = attended[SIDE] & 1
        offset: cython.longlong = attended[OFFSET]
        length: cython.longlong = attended[LENGTH]
        flags: cython.longlong = attended[FLAGS]
        time: cython.longlong = attended[TIME]
        one = connection.directions[direction]
        other = connection.directions[1 - direction]
        if length > 0 and not flags & RST and not connection.closed[direction]:
            data = None
            if offset + length > connection.wanted(direction) or offset < one.delivered:
                data = self._data[attended[AT] : attended[END]].tobytes()
            one.insert(offset, offset + length, data, self._place(attended[ROW], attended[FRAME], time))
        if flags & FIN and one.end != offset + length:
            one.end, one.end_place = offset + length, self._place(attended[ROW], attended[FRAME], time)
        if one.held or one.end >= 0:
            connection.deliver(direction)
        if other.held and other.hopeless(attended[ACKED], time):
            self._give_up(connection, 1 - direction)
        if one.held and one.hopeless(-1, time):
            self._give_up(connection, direction)
        if self.held_bytes + one.held_bytes + other.held_bytes - connection.counted > MAX_HELD_BYTES:
            self.overflows += 1
            self._give_up(connection, direction)
            self._give_up(connection, 1 - direction)
        if flags & RST:
            connection.reset = True  # it may be forged, or have overtaken data: silence will tell

    @cython.cfunc
    def _place(self, row: cython.Py_ssize_t, frame: cython.longlong, time: cython.longlong) -> object:
        if not self._merged:
            return Place._make((frame, time, -1, 0))  # half as long as Place(frame, time)
        file, number_in_file = self._batch.file, self._batch.number_in_file
        assert file is not None and number_in_file is not None
        number = self._table["row"][row]
        return Place(frame, time, int(file[number]), int(number_in_file[number]))

    @cython.cfunc
    def _open(self, side: cython.Py_ssize_t, row: cython.Py_ssize_t, stream: cython.longlong) -> object:
        slot: cython.Py_ssize_t = side >> 1
        origin = TcpOrigin(self._tcp, stream, self._ports_of(side, row), slot)
        connection = self.live[slot] = Connection(origin, self._found, self._wanted, self._body_limit)
        for end in (0, 1):
            side = 2 * slot + end
            connection.whole[end] = self._sides[side, STARTED] == BY_SYN and self._sides[side, DELIVERED] == 0
        if self._opened is not None:
            self._opened(connection)
        return connection

    def _give_up(self, connection: Connection, direction: int) -> None:
        one = connection.directions[direction]
        one.give_up()
        connection.deliver(direction)

    @cython.cfunc
    def _note(self, slot: cython.Py_ssize_t, connection: Connection) -> None:
        """Tell the kernel what is wanted now, and forget a connection of which nothing can come."""
        if connection.application is not connection.noted:
            connection.noted = connection.application
            self._labels.recognised(slot, connection.application)
        self._count(connection)
        side: cython.Py_ssize_t = 2 * slot
        threshold: cython.longlong
        direction: cython.int
        over: cython.int = 0
        sides = self._sides
        directions, heads = connection.directions, connection.heads
        tries = connection.tries if connection.conversation is None else (0, 0)
        for direction in (0, 1):
            one = directions[direction]
            threshold = connection.threshold(direction)
            over += threshold == NEVER
            sides[side, DELIVERED] = one.delivered
            sides[side, THRESHOLD] = threshold
            sides[side, WATCH] = (HOLES if one.held else 0) | (HEAD if heads[direction] else 0)
            sides[side, TRIES] = tries[direction]
            if one.conflicts:
                self._take_conflicts(connection, direction)
            side += 1
        if over == 2:
            self._forget(slot)

    @cython.cfunc
    def _count(self, connection: Connection) -> cython.void:
        """Take over what it holds, and what it gave up."""
        one, other = connection.directions
        held: cython.longlong = one.held_bytes + other.held_bytes
        self.held_bytes += held - connection.counted
        connection.counted = held
        for direction in (one, other) if one.gaps or other.gaps else ():
            self.gaps += direction.gaps
            self.gap_bytes += direction.gap_bytes
            self.gap_frames += [place.frame for place in direction.gap_places][: MAX_GAP_FRAMES - len(self.gap_frames)]
            direction.gaps = direction.gap_bytes = 0
            direction.gap_places.clear()

    def _take_conflicts(self, connection: Connection, direction: int) -> None:
        found = connection.directions[direction].conflicts
        self.conflicting += len(found)
        room = MAX_CONFLICTS - len(self.conflicts)
        there = connection.origin
        origin = Origin("tcp", there.stream, there.addresses, there.ports, there.client, there.slot)
        self.conflicts += [(origin, direction, conflict) for conflict in found[:room]]
        found.clear()

    def _forget(self, slot: cython.Py_ssize_t) -> None:
        connection = self.live.pop(slot)
        self._count(connection)
        self.held_bytes -= connection.counted
        side: cython.Py_ssize_t
        for side in (2 * slot, 2 * slot + 1):
            self._sides[side, THRESHOLD] = NEVER
            self._sides[side, WATCH] = 0

    def _drop(self, slot: int) -> None:
        """Nothing more of this connection is awaited."""
        connection = self.live[slot]
        for direction in (0, 1):
            connection.directions[direction].delivered = self._sides[2 * slot + direction, DELIVERED]
            connection.close(direction, ended=False)
        self._forget(slot)

    def _sweep(self, now: int) -> None:
        """Look for connections that fell silent."""
        latest = self._tcp.slots.slots.array[:, Slot.PREVIOUS_TIME]
        for slot, connection in list(self.live.items()):
            if now - int(latest[slot]) < SILENCE_NS:
                continue
            if connection.reset:
                self._drop(slot)
            elif connection.directions[0].held or connection.directions[1].held:
                for direction in (0, 1):
                    connection.directions[direction].delivered = self._sides[2 * slot + direction, DELIVERED]
                    self._give_up(connection, direction)
                self._note(slot, connection)
        if len(self.live) > self._most:
            order = sorted(self.live, key=lambda slot: (latest[slot] <= now + CLOCK_STEP_NS, latest[slot]))
            oldest = order[: len(self.live) - self._most * 3 // 4]
            self.given_up += len(oldest)
            for slot in oldest:
                self._drop(slot)

    def _leave(self, slots: Int64) -> None:
        """These conversations have to leave for want of memory, with all that is known of them."""
        self._sides = self._state.array.data  # there may be more of them than in the last batch
        leaving = set(slots.tolist())
        self.passed_over -= leaving
        for slot in self.live.keys() & leaving:
            self._drop(slot)
