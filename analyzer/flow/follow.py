"""All bytes of one conversation in both directions, each once, in the order in which they could be delivered.

A TCP stream is put in order by flow/stream, of which this is one more conversation, one that wants everything; what never
came is a gap. Datagrams follow each other as they came; of one that the capture has cut, the rest is a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from analyzer.batch import Batch
from analyzer.dissect.application.stream import NEVER, Handover, Message, Opening, Origin, Place
from analyzer.flow.fact import Fact
from analyzer.flow.stream.connection import Connection
from analyzer.flow.udp import UdpConversations

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection, Pipeline


BYTES: Final = "bytes"  #: protocol of the messages that parts are, for pipeline.Applications


class Part(NamedTuple):
    """Bytes that one segment or datagram brought, or a hole."""

    direction: int
    offset: int  #: in the stream; of datagrams, in all of that direction together
    size: int
    data: bytes | None  #: None: they are missing
    place: Place | None  #: None of a hole


class Copy(NamedTuple):
    """A later copy of bytes that differs from the one that came first, from `offset` on."""

    direction: int
    offset: int
    data: bytes  #: as much of the later one as is known
    place: Place  #: where it came
    first: Place  #: where the other one came


@dataclass(slots=True, kw_only=True, eq=False)
class Bytes(Message):
    """A part on its way through the stream layer."""

    PROTOCOL = BYTES

    data: bytes | None
    number: int  #: in order of delivery


class Raw:
    """A conversation (dissect/application/stream.py) that takes everything and understands nothing."""

    def __init__(self, opening: Opening) -> None:
        self.wanted = list(opening.starts)
        self.handover: Handover | None = None
        self._made = 0

    def feed(self, direction: int, data: bytes) -> Sequence[Message]:
        return [self._part(direction, len(data), data)]

    def gap(self, direction: int, size: int) -> Sequence[Message]:
        return [self._part(direction, size, None)]

    def close(self, direction: int, ended: bool) -> Sequence[Message]:
        self.wanted[direction] = NEVER
        return ()

    def _part(self, direction: int, size: int, data: bytes | None) -> Bytes:
        start = self.wanted[direction]
        self.wanted[direction] = start + size
        self._made += 1
        return Bytes(direction=direction, start=start, end=start + size, data=data, number=self._made)


class Followed(Protocol):
    """One conversation being followed through a capture."""

    origin: Origin | None  #: known with the first part
    whole: Sequence[bool]  #: of each direction: its first byte is the first one that was sent; known as the origin is

    def update(self, pipeline: Pipeline, dissection: Dissection) -> Iterator[Part | Copy]:
        """The parts that a batch brings."""
        ...

    def finish(self, pipeline: Pipeline) -> Iterator[Part | Copy]:
        """What waits at the end of the capture."""
        ...


class FollowedTcp:
    """A TCP stream. `opened` is for pipeline.Applications: no other stream is reassembled."""

    def __init__(self, stream: int) -> None:
        self.origin: Origin | None = None
        self.whole: Sequence[bool] = (True, True)
        self._stream = stream
        self._conflicts = 0

    def opened(self, connection: Connection) -> None:
        """Take part in the connection if it is the one, else let it go."""
        if connection.origin.stream != self._stream:
            connection.closed = [True, True]
            return
        self.origin = connection.origin
        self.whole = tuple(connection.whole)
        connection.conversation = Raw(Opening((0, 0), 0, connection.origin.ports))

    def update(self, pipeline: Pipeline, dissection: Dissection) -> Iterator[Part | Copy]:
        yield from self._parts(pipeline, dissection.messages)

    def finish(self, pipeline: Pipeline) -> Iterator[Part | Copy]:
        yield from self._parts(pipeline, pipeline.finish())

    def _parts(self, pipeline: Pipeline, messages: Iterable[Message]) -> Iterator[Part | Copy]:
        parts = [message for message in messages if isinstance(message, Bytes)]
        copies = list(self._copies(pipeline))
        for part in sorted(parts, key=lambda part: part.number):  # those of the pipeline are in the order of their frames
            place = part.first if part.data is not None else None
            yield Part(part.direction, part.start, part.end - part.start, part.data, place)
            while copies and place is not None and copies[0].place.frame < place.frame:
                yield copies.pop(0)
        yield from copies

    def _copies(self, pipeline: Pipeline) -> Iterator[Copy]:
        """The conflicts that are new."""
        assert pipeline.messages is not None
        found = pipeline.messages.streams.conflicts[self._conflicts :]
        self._conflicts += len(found)
        for origin, direction, conflict in found:
            if origin.stream == self._stream:
                yield Copy(direction, conflict.offset, conflict.second_bytes, conflict.second, conflict.first)


class FollowedUdp:
    """The datagrams of a UDP conversation."""

    whole: Sequence[bool] = (True, True)  # each is a message of its own

    def __init__(self, stream: int) -> None:
        self.origin: Origin | None = None
        self._stream = stream
        self._sent = [0, 0]

    def update(self, pipeline: Pipeline, dissection: Dissection) -> Iterator[Part | Copy]:
        batch, table, facts = dissection.batch, dissection.udp, dissection.udp_facts
        if table is None or facts is None:
            return
        for i in np.flatnonzero((facts[Fact.STREAM] == self._stream) & (facts[Fact.SIZE] >= 0)).tolist():
            side, size, row = int(facts[Fact.SIDE][i]), int(facts[Fact.LENGTH][i]), int(table["row"][i])
            if self.origin is None:
                self.origin = self._origin(pipeline.udp, side >> 1)
            yield from self._datagram(batch, row, side & 1, size, int(table["inner"][i]), int(table["inner_end"][i]))

    def finish(self, pipeline: Pipeline) -> Iterator[Part | Copy]:
        return iter(())

    def _datagram(self, batch: Batch, row: int, direction: int, size: int, at: int, end: int) -> Iterator[Part]:
        place = Place(int(batch.number[row]), int(batch.time[row]))
        if batch.file is not None and batch.number_in_file is not None:
            place = Place(*place[:2], int(batch.file[row]), int(batch.number_in_file[row]))
        offset = self._sent[direction]
        self._sent[direction] += size
        data = batch.data[at : min(end, at + size)].tobytes()
        yield Part(direction, offset, len(data), data, place)
        if len(data) < size:
            yield Part(direction, offset + len(data), size - len(data), None, None)

    def _origin(self, udp: UdpConversations, slot: int) -> Origin:
        ends = udp.slots.ends(slot)
        return Origin("udp", self._stream, ends.addresses, ends.ports, udp.conversations.client(slot), slot)
