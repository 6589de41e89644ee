"""Random ladders: two or three ends that send, lose, repeat, reorder, acknowledge wrongly, and step over 2^31 and 2^32."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.flow.tcp.ladder import Segment

NUMBERS = 1 << 32
STEPS = (0, 1, 1000, 100_000, 1_000_000, 2_999_999, 3_000_000, 10_000_000, 19_999_999, 20_000_000, 50_000_000, 1_000_000_000)
BACK = (1, 1_000_000, 100_000_000)
FIRST = ((1000, NUMBERS - 3000, NUMBERS // 2 - 2500, 0, NUMBERS // 2 - 100), (5000, NUMBERS - 2000, NUMBERS // 2 - 1500, 1))
HALF_SPACE = (NUMBERS // 2, NUMBERS // 2 - 1, NUMBERS // 2 + 1, NUMBERS // 4)


class _End:
    def __init__(self, first: int, other: int) -> None:
        self.first, self.next, self.ack, self.window = first, first + 1, other + 1, 500


def ladder(random: Random, count: int, odd: bool = False) -> list[Segment]:
    """`count` segments; `odd` ones are also cut, quoted, padded, or lie about their header length."""
    isns = [random.choice(choices) for choices in FIRST]
    connections = random.choice((1, 1, 2, 3))
    unit = random.choice((1, 100, 1000))
    ends = [(_End(*isns), _End(*isns[::-1])) for _ in range(connections)]
    segments = []
    time = 0
    for _ in range(count):
        time = max(0, time + (random.choice(STEPS) if random.random() < 0.97 else -random.choice(BACK)))
        number = random.randrange(connections)
        direction = random.randrange(2)
        segment = _segment(random, time, ends[number][direction], ends[number][1 - direction], unit)
        segment.sender = "cs"[direction]
        if connections > 1:
            segment.options["dport" if direction else "sport"] = 40001 + 10 * number
        if odd:
            _distort(random, segment.options)
        segments.append(segment)
    return segments


def _segment(random: Random, time: int, me: _End, other: _End, unit: int) -> Segment:
    seq, ack, length, flags = me.next, me.ack, 0, "A"
    kind = random.random()
    if kind < 0.05:
        flags = random.choice(("S", "S", "SA"))
        seq = me.first if random.random() < 0.8 else me.first + random.choice((1, 50, 100_000, -400))
        length = random.choice((0, 0, 0, 20))
    elif kind < 0.09:
        flags, length = "FA", random.choice((0, 0, 50))
    elif kind < 0.12:
        flags = random.choice(("R", "RA"))
    elif kind < 0.14:
        flags = random.choice(("-", "P", "F", "SF", "SR", "SAF", "SAR", "FR"))
    elif kind < 0.55:
        flags, length = random.choice(("A", "PA")), random.choice((1, 1, unit, unit, 2 * unit))
    shift = random.random()
    if kind >= 0.05:
        if shift < 0.10:
            seq -= random.choice((1, 1, unit, 2 * unit, 3 * unit))
        elif shift < 0.14:
            seq += random.choice((1, unit, 2 * unit))
        elif shift < 0.145:
            seq += random.choice(HALF_SPACE)
    if random.random() < 0.5:
        ack = other.next
    shift = random.random()
    if shift < 0.06:
        ack -= random.choice((1, unit, 2 * unit))
    elif shift < 0.10:
        ack += random.choice((1, unit, 3 * unit))
    elif shift < 0.11:
        ack = random.choice((0, *(ack + half for half in HALF_SPACE)))
    if flags in ("S", "R") and random.random() < 0.8:
        ack = 0
    window = random.choice((*(me.window,) * 8, 0, 0, 10, 500, unit, 2 * unit))
    end = (seq + length + ("S" in flags) + ("F" in flags)) % NUMBERS
    if random.random() < 0.8 and (end - me.next) % NUMBERS < NUMBERS // 2:
        me.next = end
    me.ack, me.window = ack % NUMBERS, window
    options = _options(random, flags, ack, unit)
    if length:
        options["len"] = length
    return Segment(time, "", flags, seq % NUMBERS, ack % NUMBERS, options | {"win": window})


def _options(random: Random, flags: str, ack: int, unit: int) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if "S" in flags:
        if random.random() < 0.7:
            options["ws"] = random.choice((0, 1, 2, 7, 14, 15))
        if random.random() < 0.2:
            options["tfo"] = random.choice(("", "0011223344556677"))
    else:
        if random.random() < 0.02:
            options["ws"] = random.choice((1, 3))
        if random.random() < 0.1:
            options["mptcp"] = random.choice(("2001deadbeef", "5001", "7000" + "00" * 8))
    if random.random() < 0.1 and "mptcp" not in options:
        blocks = [(random.randrange(-3, 6), random.randrange(3)) for _ in range(random.randrange(1, 3))]
        options["sack"] = [((ack + unit * a) % NUMBERS, (ack + unit * (a + size)) % NUMBERS) for a, size in blocks]
    elif random.random() < 0.1:
        options["ts"] = (5, 6)
    return options


def _distort(random: Random, options: dict[str, Any]) -> None:
    if random.random() < 0.1:
        options["caplen"] = random.choice((48, 49, 50, 52, 53, 54, 58, 60, 66))
    if random.random() < 0.05:
        options["doff"] = random.choice((0, 3, 4, 6, 15))
    if random.random() < 0.05:
        options["pad"] = 6
    if random.random() < 0.05:
        options["icmp"] = random.choice((8, 12, 15, 16, 18, 80))
