# cython: language_level=3
"""Applications in UDP datagrams: recognise them by port or content, conversation by conversation, and take their messages."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

import cython
import numpy as np

from analyzer.batch import Batch, Int64, Table
from analyzer.dissect import applications
from analyzer.dissect.application import dns, quic
from analyzer.dissect.application.stream import Message, Origin, Place
from analyzer.dissect.applications import DatagramState
from analyzer.flow.application.labels import Labels
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.state import State
from analyzer.flow.udp import UdpConversations

MAX_DATAGRAM: Final = 65_535  #: bytes that are looked at; jumbograms carry no such messages
MAX_FRAMES: Final = 100  #: that are kept of QUIC
MAX_KNOWN: Final = 1 << 15  #: conversations whose ends are kept as text
MAX_STATES: Final = 1 << 14  #: conversations that remember something from datagram to datagram
TRIES: Final = 16  #: datagrams of a conversation in which a protocol is looked for
HOPELESS: Final = TRIES  #: code of a conversation in which none was found; less: so many tries
QUIC: Final = TRIES + 1  #: code of QUIC, of which only the amount is known
FIRST: Final = TRIES + 2  #: code of the first of applications.DATAGRAMS
DNS: Final = FIRST + [kind.module for kind in applications.DATAGRAMS].index(dns)  #: code of DNS

_made = tuple.__new__  # a NamedTuple in a third of the time


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
        self._states: OrderedDict[int, DatagramState] = OrderedDict()  #: by slot
        udp.conversations.watchers.append(self._leave)
        udp.slots.add(self._code)

    def update(self, batch: Batch, table: Table, facts: Facts) -> Iterator[Message]:
        """The messages in this batch's datagrams."""
        left, self._left = self._left, []
        yield from left
        rows = self._rows(table, facts)
        if not len(rows):
            return
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        sides = facts[Fact.SIDE][rows]
        origins = self._origins(sides >> 1)
        files = None if batch.file is None else batch.file[table["row"][rows]].tolist()
        numbers = None if batch.number_in_file is None else batch.number_in_file[table["row"][rows]].tolist()
        frames, times = facts[Fact.FRAME][rows].tolist(), facts[Fact.TIME][rows].tolist()
        begins, ends = table["inner"][rows].tolist(), table["inner_end"][rows].tolist()
        data, codes = batch.data.data, self._code.array.data
        code: cython.int
        i: cython.Py_ssize_t
        for i, side in enumerate(sides.tolist()):
            slot = side >> 1
            direction = side & 1
            code = codes[slot, 0]
            if code == HOPELESS or (code >= FIRST and not self._looked_at[code]):
                continue  # the second one: recognised earlier in this batch
            if code == QUIC:  # the same
                self._count_quic(facts, rows[i : i + 1])
                continue
            origin = origins[slot]
            at, end = begins[i], ends[i]
            datagram = data[at : end if end - at < MAX_DATAGRAM else at + MAX_DATAGRAM].tobytes()
            if code < FIRST:
                code = self._recognise(slot, code, datagram, origin.ports)
                if code == QUIC:
                    self._count_quic(facts, rows[i : i + 1])
                if code < FIRST or not self._looked_at[code]:
                    continue
            if files is None or numbers is None:
                place = _made(Place, (frames[i], times[i], -1, 0))
            else:
                place = _made(Place, (frames[i], times[i], files[i], numbers[i]))
            if code == DNS:
                for message in dns.datagram(datagram, origin.ports, direction):
                    message.origin = origin
                    message.first = message.last = place
                    yield message
            else:
                yield from self._messages(applications.DATAGRAMS[code - FIRST], slot, direction, datagram, place)

    def _rows(self, table: Table, facts: Facts) -> Int64:
        """Those that have to be looked at one by one; those of DNS on its own ports and of QUIC known before are recognised."""
        slots = facts[Fact.SIDE] >> 1
        code = np.where(slots >= 0, self._code.array[slots, 0], HOPELESS)
        code[(facts[Fact.SIZE] < 0) | (facts[Fact.LENGTH] <= 0) | (table["inner"] >= table["inner_end"])] = HOPELESS
        if (code < TRIES).any():
            for port in dns.PORTS:
                new = np.flatnonzero((code < TRIES) & ((table["srcport"] == port) | (table["dstport"] == port)))
                if len(new):
                    code[new] = self._code.array[slots[new], 0] = DNS
                    self._labels.recognised_anew(np.unique(slots[new]), dns.datagram_name((port, port)))
        quic_rows = code == QUIC
        if quic_rows.any():
            self._count_quic(facts, np.flatnonzero(quic_rows))
        return np.flatnonzero(self._looked_at[code])

    def _messages(
        self, kind: applications.Datagram, slot: int, direction: int, datagram: bytes, place: Place
    ) -> Iterator[Message]:
        origin = self._known[slot]
        if kind.state is None:
            messages = kind.module.datagram(datagram, origin.ports, direction)
        else:
            messages = self._state(slot, kind.state).feed(direction, datagram, place)
        for message in messages:
            message.origin = origin
            message.last = place
            if message.first is None:
                message.first = place
            if kind.labels:
                self._labels.update(message)
            if kind.protocol in self._wanted:
                yield message

    def finish(self) -> list[Message]:
        """The capture is over: what waits for more ends here."""
        for slot in list(self._states):
            self._close(slot)
        left, self._left = self._left, []
        return left

    def _state(self, slot: int, make: Callable[[], DatagramState]) -> DatagramState:
        """What a conversation has to remember from datagram to datagram."""
        state = self._states.get(slot)
        if state is None:
            if len(self._states) >= MAX_STATES:
                self._close(next(iter(self._states)))
            state = self._states[slot] = make()
        return state

    def _leave(self, slots: Int64) -> None:
        """Nothing more of these conversations is awaited."""
        for slot in slots.tolist():
            self._close(slot)
            self._known.pop(slot, None)

    def _close(self, slot: int) -> None:
        """What this conversation remembers comes to nothing more."""
        state = self._states.pop(slot, None)
        for message in () if state is None else state.close():
            message.origin = self._origins(np.array([slot]))[slot]
            message.last = message.first
            if message.first is not None and message.PROTOCOL in self._wanted:
                self._left.append(message)

    def _recognise(self, slot: int, tries: int, datagram: bytes, ports: tuple[int, int]) -> int:
        """The code of the conversation after one more try."""
        code, name = tries + 1, ""
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

    def _origins(self, slots: Int64) -> dict[int, Origin]:
        """Of these conversations, among others."""
        known = self._known
        new = [slot for slot in dict.fromkeys(slots.tolist()) if slot not in known]
        if not new:
            return known
        different = np.array(new, np.int64)
        conversations, all_slots = self._udp.conversations, self._udp.slots
        addresses = zip(*all_slots.addresses(different), strict=True)
        ports = zip(*all_slots.ports(different).tolist(), strict=True)
        numbers, clients = all_slots.numbers(different).tolist(), conversations.clients(different).tolist()
        made = map(Origin, ["udp"] * len(different), numbers, addresses, ports, clients, new)
        known.update(zip(new, made, strict=True))
        return known
