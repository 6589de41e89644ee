"""What can happen to a capture without anything happening to the traffic: transformations of frames (Ethernet, IP, TCP).

Each is handed the frames of a capture and gives others that show the same packets: doubled, joined, split, cut, stamped
otherwise, or in slightly other order. Frames that are no TCP over IPv4 or IPv6 on Ethernet are left as they are, except for
their times.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.batch import Interface
from analyzer.capture.reader import open_capture
from analyzer.capture.writer import Writer

ETHERNET = 1
TAGS = (0x8100, 0x88A8)
JOINED_NS = 30_000  #: frames further apart are not joined
JOINED_BYTES = 60_000
STEP_NS = 1_000_000  #: times that go back further say that the clock was set
FIN, PSH, ACK = 0x01, 0x08, 0x10


@dataclass(frozen=True)
class Frame:
    """A frame; `length` is that on the wire."""

    time: int
    data: bytes
    length: int
    interface: Interface


@dataclass(frozen=True)
class Segment:
    """Where the parts of a TCP frame begin, and what joining has to know."""

    ip: int
    tcp: int
    payload: int
    end: int  #: of the payload; behind it is padding
    seq: int

    @property
    def size(self) -> int:
        return self.end - self.payload


def read(path: Path) -> list[Frame]:
    """All frames of a capture."""
    frames = []
    with open_capture(str(path)) as reader:
        for batch in reader:
            for time, start, end, reported, interface in zip(
                *(column.tolist() for column in (batch.time, batch.start, batch.end, batch.reported, batch.interface)),
                strict=True,
            ):
                data = batch.data[start:end].tobytes()
                frames.append(Frame(time, data, reported - start, batch.interfaces[interface]))
    return frames


def write(frames: Sequence[Frame], path: Path) -> Path:
    """As a pcapng file, in their order."""
    with Writer(path) as writer:
        for frame in frames:
            writer.write(frame.interface, frame.time, frame.data, frame.length)
    return path


def segment(frame: Frame) -> Segment | None:
    """The layout of a frame, if it is a whole TCP segment."""
    data = frame.data
    at = 14
    kind = int.from_bytes(data[12:14], "big")
    while kind in TAGS:
        kind, at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    if frame.interface.linktype != ETHERNET or len(data) < at + 40:
        return None
    if kind == 0x0800 and data[at] >> 4 == 4 and data[at + 9] == 6 and not (data[at + 6] & 0x3F | data[at + 7]):
        tcp = at + (data[at] & 15) * 4
        end = at + int.from_bytes(data[at + 2 : at + 4], "big")
    elif kind == 0x86DD and data[at + 6] == 6:
        tcp, end = at + 40, at + 40 + int.from_bytes(data[at + 4 : at + 6], "big")
    else:
        return None
    if tcp + 20 > len(data) or end > frame.length:
        return None
    return Segment(at, tcp, tcp + (data[tcp + 12] >> 4) * 4, end, int.from_bytes(data[tcp + 4 : tcp + 8], "big"))


def rebuilt(frame: Frame, where: Segment, payload: bytes, offset: int, flags: int, extra_id: int) -> bytes:
    """The frame with another payload, `offset` bytes later in the stream, its IP identification `extra_id` further."""
    head = bytearray(frame.data[: where.payload])
    struct.pack_into("!I", head, where.tcp + 4, where.seq + offset & 0xFFFFFFFF)
    head[where.tcp + 13] = flags
    if head[where.ip] >> 4 == 4:
        struct.pack_into("!H", head, where.ip + 2, where.payload - where.ip + len(payload))
        identification = int.from_bytes(head[where.ip + 4 : where.ip + 6], "big")
        struct.pack_into("!H", head, where.ip + 4, identification + extra_id & 0xFFFF)
    else:
        struct.pack_into("!H", head, where.ip + 4, where.payload - where.tcp + len(payload))
    return bytes(head) + payload


def doubled(frames: Sequence[Frame], lag: int = 20_000) -> list[Frame]:
    """A mirror port that copies every packet twice."""
    return in_time(frames, [replace(frame, time=frame.time + lag) for frame in frames])


def behind_router(frames: Sequence[Frame], lag: int = 30_000) -> list[Frame]:
    """Both sides of a router in one capture: other MAC addresses, a hop less."""
    return in_time(frames, [_routed(frame, lag) for frame in frames])


def _routed(frame: Frame, lag: int) -> Frame:
    where = segment(frame)
    if where is None:
        return replace(frame, time=frame.time + lag)
    data = bytearray(frame.data)
    data[0:12] = b"\x02\0\0\0\x0f\1\x02\0\0\0\x0f\2"
    data[where.ip + (8 if data[where.ip] >> 4 == 4 else 7)] -= 1
    return replace(frame, data=bytes(data), time=frame.time + lag)


def joined(frames: Sequence[Frame]) -> list[Frame]:
    """What receive offload makes of them: segments of one size in quick succession become one, with a shorter last one."""
    made: list[Frame] = []
    size, complete = 0, True
    for frame in frames:
        where = segment(frame)
        own = where.size if where else 0
        both = _join(made[-1], frame) if made and not complete and own <= size else None
        if both is None:
            made.append(frame)
            size, complete = own, False
        else:
            made[-1] = both
            complete = own < size
    return made


def _join(first: Frame, second: Frame) -> Frame | None:
    one, other = segment(first), segment(second)
    if one is None or other is None or not one.size or not other.size or second.time - first.time > JOINED_NS:
        return None
    if len(first.data) < one.end or len(second.data) < other.end or one.size + other.size > JOINED_BYTES:
        return None
    same_head = first.data[:12] == second.data[:12] and _constant(first, one) == _constant(second, other)
    follows = one.seq + one.size & 0xFFFFFFFF == other.seq
    flags = first.data[one.tcp + 13], second.data[other.tcp + 13]
    if not (same_head and follows and flags[0] == ACK and flags[1] in (ACK, ACK | PSH)):
        return None
    payload = first.data[one.payload : one.end] + second.data[other.payload : other.end]
    data = rebuilt(first, one, payload, 0, flags[1], 0)
    return replace(first, data=data, length=len(data), time=second.time)


def _constant(frame: Frame, where: Segment) -> bytes:
    """What must be the same in segments that are joined: addresses, ports, ack, window, options."""
    data = frame.data
    addresses = data[where.ip + 12 : where.tcp] if data[where.ip] >> 4 == 4 else data[where.ip + 7 : where.tcp]
    tcp = data[where.tcp : where.tcp + 4] + data[where.tcp + 8 : where.tcp + 13] + data[where.tcp + 14 : where.tcp + 16]
    return addresses + tcp + data[where.tcp + 20 : where.payload]


def split(frames: Sequence[Frame], most: int = 1_448) -> list[Frame]:
    """What segmentation offload makes of them: nothing carries more than `most` bytes."""
    return [piece for frame in frames for piece in _pieces(frame, most)]


def _pieces(frame: Frame, most: int) -> Iterator[Frame]:
    where = segment(frame)
    if where is None or where.size <= most or len(frame.data) < where.end:
        yield frame
        return
    flags = frame.data[where.tcp + 13]
    payload = frame.data[where.payload : where.end]
    for number, at in enumerate(range(0, len(payload), most)):
        last = at + most >= len(payload)
        data = rebuilt(frame, where, payload[at : at + most], at, flags if last else flags & ~(FIN | PSH), number)
        yield replace(frame, data=data, length=len(data), time=frame.time + 1_000 * number)


def cut(frames: Sequence[Frame]) -> list[Frame]:
    """A snap length that keeps the headers."""
    made = []
    for frame in frames:
        where = segment(frame)
        made.append(frame if where is None else replace(frame, data=frame.data[: where.payload]))
    return made


def shifted(frames: Sequence[Frame], by: int, first: int = 0) -> list[Frame]:
    """A clock that is wrong by so many ns, from the frame at index `first` on."""
    return [replace(frame, time=frame.time + (by if index >= first else 0)) for index, frame in enumerate(frames)]


def shuffled(frames: Sequence[Frame], within: int = 50_000, seed: int = 1) -> list[Frame]:
    """Several queues that are read in turn: a packet may come up to `within` ns late."""
    chance = random.Random(seed)
    return in_time([replace(frame, time=frame.time + chance.randrange(within)) for frame in frames])


def in_time(*captures: Sequence[Frame]) -> list[Frame]:
    """By time; a clock that is set back holds for what comes behind it."""
    made: list[tuple[int, Frame]] = []
    for frames in captures:
        back = 0
        for before, frame in zip([frames[0], *frames], frames, strict=False):
            back += max(before.time - frame.time - STEP_NS, 0) and before.time - frame.time
            made.append((frame.time + back, frame))
    return [frame for _, frame in sorted(made, key=lambda item: item[0])]
