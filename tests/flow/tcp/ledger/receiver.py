"""A sender, a network and a receiver in a few lines, and what the receiver's application waited for, byte by byte.

The plan of the sender is drawn at random: every segment is lost some times and sent again until it arrives; some are late,
some doubled. The receiver acknowledges as RFC 5681 and RFC 2018 say: at once while something is missing or held, else every
second segment or after a while; the newest block first, then those changed before it; duplicate data first of all (RFC 2883).
A capture point anywhere on the path sees the packets that pass it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from analyzer.flow.tcp.ledger.trace import ACK, NO_ACK, NONE, PSH, SYN, Trace
from tests.flow.tcp.ledger.making import assembled

GRID = 150_000  #: ns between arrivals at least
TURN = 20_000  #: ns that the receiver takes for an acknowledgment
DELAYED = 40_000_000  #: ns that it waits for a second segment
TICK = 1_000_000


@dataclass(frozen=True)
class Where:
    """The capture point as position.py would say it, for data of direction 0."""

    far: tuple[int | None, int | None]
    place: str | None

    @property
    def near(self) -> tuple[int | None, int | None]:
        return self.far[1], self.far[0]


@dataclass
class Waited:
    """A stall as the receiver's application would tell of it."""

    start: int
    end: int | None = None  #: None: the sender gave up
    most: int = 0
    area: int = 0
    released: int = 0
    holes: list[tuple[int, int, int]] = field(default_factory=list)  #: from, to, opened


@dataclass
class Scenario:
    """What happened. Times of data: when it left, and when it arrived (None: lost); of acknowledgments: when they left."""

    data: list[tuple[int, int | None, int, int]]  #: left, arrived, start, end
    acks: list[tuple[int, int, list[tuple[int, int]], int]]  #: left, acked, blocks, echo
    waited: list[Waited]


def scenario(random: Random, blocks: int = 3, sack: bool = True, stamps: bool = False) -> Scenario:
    """One at random. With time stamps, segments that were overtaken by later ones in order are discarded (PAWS, RFC 7323)."""
    way = random.randrange(1, 40) * TICK
    copies: list[tuple[int, int | None, int, int]] = []
    taken: set[int] = set()
    at, offset = 0, 0
    loss, late, doubled = random.choice((0, 0.1, 0.3, 0.5)), random.choice((0, 0, 0.2)), random.choice((0, 0, 0.1))
    for _ in range(random.randrange(2, 15)):
        size = random.choice((1, 2, 3))
        at += random.randrange(1, 4) * GRID
        left = at
        while random.random() < loss:
            copies.append((left, None, offset, offset + size))
            left += random.randrange(2, 60) * GRID
        extra = random.randrange(1, 12) * GRID if random.random() < late else 0
        copies.append((left, _free(taken, left + way + extra), offset, offset + size))
        if random.random() < doubled:
            left += random.randrange(0, 30) * GRID
            copies.append((left, _free(taken, left + way + random.randrange(0, 4) * GRID), offset, offset + size))
        offset += size
    acks, waited = _received(copies, offset, blocks if sack else 0, stamps)
    return Scenario(copies, acks, waited)


def _free(taken: set[int], time: int) -> int:
    while time in taken:
        time += GRID
    taken.add(time)
    return time


def _received(
    copies: list[tuple[int, int | None, int, int]], size: int, blocks: int, stamps: bool
) -> tuple[list[tuple[int, int, list[tuple[int, int]], int]], list[Waited]]:
    there = [False] * size
    recent: list[int] = []  #: a byte of each block, the one that was changed last first
    acks: list[tuple[int, int, list[tuple[int, int]], int]] = []
    waited: list[Waited] = []
    open_: Waited | None = None
    pending, edge, last, stamp = 0, 0, 0, -1 << 62
    for arrived, left, start, end in sorted((copy[1], copy[0], *copy[2:]) for copy in copies if copy[1] is not None):
        if pending and arrived > pending:
            acks.append((pending + TURN, edge, [], 0))
            pending = 0
        if stamps and left // TICK < stamp - 1:
            acks.append((arrived + TURN, edge, [_block(there, byte) for byte in recent[:1] if byte >= edge][:blocks], 0))
            pending = 0
            continue
        if start <= (acks[-1][1] if acks else 0):
            stamp = left // TICK
        again = all(there[start:end])
        held = sum(there[edge:])
        top = max((i + 1 for i in range(size) if there[i]), default=0)
        before = edge
        there[start:end] = [True] * (end - start)
        while edge < size and there[edge]:
            edge += 1
        now = sum(there[edge:])
        if open_ is not None:
            open_.area += held * (arrived - last)
        last = arrived
        if now and open_ is None:
            open_ = Waited(arrived)
            waited.append(open_)
        if open_ is not None:
            if start > top:
                open_.holes.append((top, start, arrived))
            open_.most = max(open_.most, now)
            if not now:
                open_.end, open_.released = arrived, held
                open_ = None
        if now or held or again:
            report = [(start, end)] if again else []
            recent = [byte for byte in [start, *recent] if byte >= edge]
            for byte in recent:
                block = _block(there, byte)
                if block not in report and len(report) < blocks:
                    report.append(block)
            acks.append((arrived + TURN, edge, report if blocks else [], left))
            pending = 0
        elif edge > before:
            if pending:
                acks.append((arrived + TURN, edge, [], left))
            pending = 0 if pending else arrived + DELAYED
    if pending:
        acks.append((pending + TURN, edge, [], 0))
    return acks, waited


def _block(there: list[bool], byte: int) -> tuple[int, int]:
    start = end = byte
    while start and there[start - 1]:
        start -= 1
    while end < len(there) and there[end]:
        end += 1
    return start, end


def captured(
    happened: Scenario, random: Random, share: float, ack_loss: float = 0.0, stamps: bool = False
) -> tuple[Trace, Where]:
    """What a capture point sees behind a share of the way. Losses, and what makes a packet late, lie before or behind it."""
    arrivals = [arrived - left for left, arrived, _, _ in happened.data if arrived is not None]
    way = min(arrivals)
    here = int(way * share) // 2 * 2
    rows: list[tuple[int, int, dict[str, int], list[tuple[int, int]]]] = []
    rows.append((here - 3 * way, -2, _row(here - 3 * way, 0, -1, 0, NO_ACK, NONE, NONE) | {"flags": SYN}, []))
    rows.append((-here - way, -1, _row(-here - way, 1, -1, 0, 0, NONE, NONE) | {"flags": SYN | ACK}, []))
    order = 0
    for left, arrived, start, end in happened.data:
        upstream = random.random() < share if 0 < share < 1 else share == 1
        if arrived is None and upstream:
            continue
        passed = arrived - (way - here) if upstream and arrived is not None else left + here
        rows.append((passed, order, _row(passed, 0, start, end, NO_ACK, left // TICK if stamps else NONE, 0), []))
        order += 1
    for left, acked, blocks, echo in happened.acks:
        passed = left + way - here
        stamp = left // TICK if stamps else NONE
        if random.random() >= ack_loss:
            rows.append((passed, order, _row(passed, 1, 0, 0, acked, stamp, echo // TICK if stamps else NONE), blocks))
        order += 1
    rows.sort(key=lambda row: row[:2])
    sacks = [(i, start, end) for i, row in enumerate(rows) for start, end in row[3]]
    for i, row in enumerate(rows):
        row[2]["frame"] = i + 1
    far = 2 * (way - here) + TURN
    place = "client" if share == 0 else "server" if share == 1 else "middle"
    return assembled([row[2] for row in rows], sacks), Where((far, 2 * here), place)


def _row(time: int, direction: int, start: int, end: int, acked: int, tsval: int, tsecr: int) -> dict[str, int]:
    length = end - start if start >= 0 else 0
    return {
        "time": time, "direction": direction, "start": start, "end": end, "length": length, "acked": acked,
        "flags": PSH if direction == 0 else ACK, "window": 65535, "tsval": tsval, "tsecr": tsecr, "ip_id": NONE, "ttl": 64,
        "link": direction,
    }  # fmt: skip
