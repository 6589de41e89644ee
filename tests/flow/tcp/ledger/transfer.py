"""A long transfer with losses, as frames: what is needed to cut a connection into parts and to compare these with the whole.

The capture is at the sender. A segment leaves every STEP; of those that are lost on their way some are repaired by SACK, the
others, at the end of a burst, by a timeout. The receiver acknowledges each segment with SACK (RFC 2018).
"""

from __future__ import annotations

import random

from tests.flow.tcp.ladder import Segment

MS = 1_000_000
RTT = 20 * MS
STEP = 2 * MS
SIZE = 100
CLIENT, SERVER = 1_000, 5_000
FIRST_ID = {"c": 100, "s": 40_000}


def transfer(seed: int, bursts: int, port: int = 40001, loss: float = 0.05, begin: int = 0) -> list[Segment]:
    """Bursts of segments, one each half second."""
    chance = random.Random(seed)
    ends = {"sport": port, "dport": 80, "win": 60000}
    back = {"sport": 80, "dport": port, "win": 60000}
    made: list[tuple[int, int, Segment]] = []

    def add(time: int, sender: str, flags: str, seq: int, ack: int, options: dict[str, object]) -> None:
        first = CLIENT if sender == "c" else SERVER
        other = SERVER if sender == "c" else CLIENT
        made.append(
            (time, len(made), Segment(time, sender, flags, first + 1 + seq, other + 1 + ack if "A" in flags else 0, options))
        )

    add(begin, "c", "S", -1, 0, ends | {"sackok": True, "ts": (1, 0)})
    add(begin + RTT, "s", "SA", -1, 0, back | {"sackok": True, "ts": (9, 1)})
    add(begin + RTT + 1000, "c", "A", 0, 0, ends | {"ts": (21, 9)})
    arrivals: list[tuple[int, int, int]] = []
    offset = 0
    for burst in range(bursts):
        time = begin + 100 * MS + burst * 500 * MS
        count = chance.randrange(3, 12)
        for i in range(count):
            left = time + i * STEP
            tries = [left]
            while chance.random() < loss and len(tries) < 3:
                tail = i >= count - 3 or len(tries) > 1
                tries.append(tries[-1] + (RTT + 3 * STEP + 1000 if not tail else 240 * MS << (len(tries) - 1)))
            for one in tries:
                stamp = 1 + (one - begin) // MS
                add(one, "c", "A", offset, 0, ends | {"len": SIZE, "ts": (stamp, 9)})
            arrivals.append((tries[-1] + RTT // 2, offset, 1 + (tries[-1] - begin) // MS))
            offset += SIZE
    edge, held, recent = 0, set[int](), 1
    for time, start, stamp in sorted(arrivals):
        held.add(start)
        if start <= edge:
            recent = stamp
        while edge in held:
            held.remove(edge)
            edge += SIZE
        options: dict[str, object] = back | {"ts": (9 + (time - begin) // MS, recent)}
        if held:
            options["sack"] = _blocks(held, start)
        add(time + RTT // 2, "s", "A", 0, edge, options)
    segments = [segment for _, _, segment in sorted(made, key=lambda one: one[:2])]
    for sender in "cs":
        for number, segment in enumerate(one for one in segments if one.sender == sender):
            segment.options["ipid"] = (FIRST_ID[sender] + number) & 0xFFFF
    return segments


def _blocks(held: set[int], latest: int) -> list[tuple[int, int]]:
    """The block of the latest segment first, then the others."""
    blocks: list[tuple[int, int]] = []
    for start in sorted(held):
        if blocks and blocks[-1][1] == start:
            blocks[-1] = (blocks[-1][0], start + SIZE)
        else:
            blocks.append((start, start + SIZE))
    blocks.sort(key=lambda block: not block[0] <= latest < block[1])
    return [(left + CLIENT + 1, right + CLIENT + 1) for left, right in blocks[:3]]
