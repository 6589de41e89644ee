# cython: language_level=3
"""Applications in UDP datagrams: recognise them by content, conversation by conversation, and take their messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from analyzer.batch import Batch, Int64, Table
from analyzer.dissect import applications
from analyzer.dissect.application import quic
from analyzer.dissect.application.stream import Message, Origin, Place
from analyzer.dissect.applications import DatagramState
from analyzer.flow.application.labels import Labels
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.state import State
from analyzer.flow.udp import UdpConversations

MAX_DATAGRAM: Final = 65_535  #: bytes that are looked at; jumbograms carry no such messages
MAX_FRAMES: Final = 100  #: that are kept of QUIC
MAX_KNOWN: Final = 1 << 17  #: conversations whose ends are kept as text
MAX_STATES: Final = 1 << 14  #: conversations that remember something from datagram to datagram
TRIES: Final = 16  #: datagrams of a conversation in which a protocol is looked for
HOPELESS: Final = TRIES  #: code of a conversation in which none was found; less: so many tries
QUIC: Final = TRIES + 1  #: code of QUIC, of which only the amount is known
FIRST: Final = TRIES + 2  #: code of the first of applications.DATAGRAMS


class Datagrams:
    """Hand it the "udp" table of each batch with its facts. `wanted` are the protocols whose messages are to be made."""

    def __init__(self, udp: UdpConversations, wanted: frozenset[str], labels: Labels) -> None:
        self.quic_packets = 0
        self.quic_bytes = 0  #: of whole frames
        self.quic_frames: list[int] = []  #: the first of them
        self._udp = udp
        self._left: list[Message] = []  #: of conversations that had to leave
        self._wanted = wanted
        self._labels = labels
        self._code = State([0], dtype=np.uint8)
        heard = [kind.protocol in wanted or kind.labels for kind in applications.DATAGRAMS]
        self._looked_at = np.array([*[True] * TRIES, False, False, *heard])  #: by code
        self._known: dict[int, Origin] = {}  #: by slot
        self._states: dict[int, DatagramState] = {}  #: by slot
        udp.conversations.watchers.append(self._leave)
        udp.slots.add(self._code)

    def update(self, batch: Batch, table: Table, facts: Facts) -> Iterator[Message]:
        """The messages in this batch's datagrams."""
        left, self._left = self._left, []
        yield from left
        side = facts[Fact.SIDE]
        code = np.where(side >= 0, self._code.array[side >> 1, 0], HOPELESS)
        code[(facts[Fact.SIZE] < 0) | (facts[Fact.LENGTH] <= 0) | (table["inner"] >= table["inner_end"])] = HOPELESS
        quic_rows = code == QUIC
        if quic_rows.any():
            self._count_quic(facts, np.flatnonzero(quic_rows))
        rows = np.flatnonzero(self._looked_at[code])
        if not len(rows):
            return
        sides = side[rows]
        places = self._places(batch, facts, table["row"][rows], rows)
        origins = self._origins(sides >> 1)
        columns = (table[name][rows].tolist() for name in ("inner", "inner_end", "srcport", "dstport"))
        data, codes = batch.data.data, self._code.array.data
        for s, place, row, at, end, source, destination in zip(sides.tolist(), places, rows.tolist(), *columns, strict=True):
            slot, direction = s >> 1, s & 1
            known = codes[slot, 0]
            if known == HOPELESS:
                continue
            if known == QUIC:  # recognised earlier in this batch
                self._count_quic(facts, np.array([row]))
                continue
            datagram = data[at : min(end, at + MAX_DATAGRAM)].tobytes()
            ports = (destination, source) if direction else (source, destination)
            if known < FIRST:
                known = self._recognise(slot, known, datagram, ports)
                if known == QUIC:
                    self._count_quic(facts, np.array([row]))
                if known < FIRST:
                    continue
            kind = applications.DATAGRAMS[known - FIRST]
            if kind.state is None:
                messages = kind.module.datagram(datagram, ports, direction)
            else:
                messages = self._state(slot, kind.state).feed(direction, datagram, place)
            for message in messages:
                message.origin = origins[slot]
                message.last = place
                if message.first is None:
                    message.first = place
                if kind.labels:
                    self._labels.update(message)
                if kind.protocol in self._wanted:
                    yield message

    def finish(self) -> list[Message]:
        """The capture is over: what waits for more ends here."""
        self._leave(np.array(list(self._states), np.int64))
        left, self._left = self._left, []
        return left

    def _state(self, slot: int, make: Callable[[], DatagramState]) -> DatagramState:
        """What a conversation has to remember from datagram to datagram."""
        state = self._states.get(slot)
        if state is None:
            if len(self._states) >= MAX_STATES:
                self._leave(np.array([next(iter(self._states))]))
            state = self._states[slot] = make()
        return state

    def _leave(self, slots: Int64) -> None:
        """Nothing more of these conversations is awaited."""
        for slot in self._states.keys() & set(slots.tolist()):
            for message in self._states.pop(slot).close():
                message.origin = self._origins(np.array([slot]))[slot]
                message.last = message.first
                if message.first is not None and message.PROTOCOL in self._wanted:
                    self._left.append(message)
        for slot in self._known.keys() & set(slots.tolist()):
            del self._known[slot]

    def _recognise(self, slot: int, known: int, datagram: bytes, ports: tuple[int, int]) -> int:
        """The code of the conversation after one more try."""
        code, name = known + 1, ""
        for i, kind in enumerate(applications.DATAGRAMS):
            if kind.module.recognise_datagram(datagram, ports):
                code, name = FIRST + i, kind.module.datagram_name(ports)
                break
        else:
            if quic.recognise_datagram(datagram, ports):
                code, name = QUIC, quic.NAME
        self._code.array[slot, 0] = code
        if name:
            self._labels.recognised(slot, name)
        return code

    def _count_quic(self, facts: Facts, rows: Int64) -> None:
        self.quic_packets += len(rows)
        self.quic_bytes += int(facts[Fact.SIZE][rows].sum())
        self.quic_frames += facts[Fact.FRAME][rows[: MAX_FRAMES - len(self.quic_frames)]].tolist()

    def _places(self, batch: Batch, facts: Facts, frames: Int64, rows: Int64) -> list[Place]:
        numbers, times = facts[Fact.FRAME][rows].tolist(), facts[Fact.TIME][rows].tolist()
        if batch.file is None or batch.number_in_file is None:
            return list(map(Place, numbers, times))
        return list(map(Place, numbers, times, batch.file[frames].tolist(), batch.number_in_file[frames].tolist()))

    def _origins(self, slots: Int64) -> dict[int, Origin]:
        """Of these conversations, among others."""
        known = self._known
        if len(known) > MAX_KNOWN:
            known.clear()
        new = [slot for slot in dict.fromkeys(slots.tolist()) if slot not in known]
        if not new:
            return known
        different = np.array(new, np.int64)
        conversations, all_slots = self._udp.conversations, self._udp.slots
        addresses = zip(*all_slots.addresses(different), strict=True)
        ports = zip(*all_slots.ports(different).tolist(), strict=True)
        numbers, clients = all_slots.numbers(different).tolist(), conversations.clients(different).tolist()
        made = map(Origin, ["udp"] * len(different), numbers, addresses, ports, clients, different.tolist())
        known.update(zip(different.tolist(), made, strict=True))
        return known
