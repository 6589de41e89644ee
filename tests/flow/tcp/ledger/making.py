"""Traces from text: what a connection's packets are, without a capture.

    0    c S                                        ms, sender, flags (F S R P A, - for none)
    10   s SA
    20   c A
    20.1 c PA 0+1000 ts 7/3 ipid 12                 first byte + payload, as offsets in the sender's stream
    41   s A ack 1000 win 65535 sack 2000-3000,4000-5000

c is direction 0, s is 1. Left out: the first byte is the next one of the sender, the ack is the highest that it has sent so far,
the window is 65535, the frame number counts from 1. Further words: ttl N, link N, frame N. Times are exact to the ns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from analyzer.flow.tcp.ledger.trace import ACK, FIN, NO_ACK, NONE, SYN, Trace

FLAGS: Final = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128, "-": 0}
COLUMNS: Final = (
    "frame", "time", "direction", "start", "end", "length", "acked", "flags", "window", "tsval", "tsecr", "ip_id", "ttl", "link",
)  # fmt: skip
NUMBERS: Final = {"win": "window", "ipid": "ip_id", "ttl": "ttl", "link": "link", "frame": "frame"}


def trace(*ladder: str, client: int = 0, stream: int = 0, over: bool = True) -> Trace:
    """The trace that the lines say; a line may also hold several."""
    rows: list[dict[str, int]] = []
    sacks: list[tuple[int, int, int]] = []
    following = [-1, -1]
    acked = [NO_ACK, NO_ACK]
    for line in "\n".join(ladder).splitlines():
        words = line.partition("#")[0].split()
        if words:
            rows.append(_row(words, len(rows), following, acked, sacks))
    return assembled(rows, sacks, client=client, stream=stream, over=over)


def assembled(
    rows: Sequence[Mapping[str, int]], sacks: Sequence[tuple[int, int, int]], client: int = 0, stream: int = 0, over: bool = True
) -> Trace:
    """A trace of rows, mappings of COLUMNS, and SACK blocks (row, from, to)."""
    made = {name: np.array([row[name] for row in rows], np.int64) for name in COLUMNS}
    blocks = np.array(sacks, np.int64).reshape(-1, 3)
    edges = {"sack_row": blocks[:, 0].copy(), "sack_from": blocks[:, 1].copy(), "sack_to": blocks[:, 2].copy()}
    return Trace(stream=stream, slot=stream, client=client, over=over, **made, **edges)


def _row(words: list[str], at: int, following: list[int], acked: list[int], sacks: list[tuple[int, int, int]]) -> dict[str, int]:
    side = "cs".index(words[1])
    flags = sum(FLAGS[letter] for letter in words[2])
    row = {"frame": at + 1, "time": round(float(words[0]) * 1_000_000), "direction": side, "flags": flags, "window": 65535}
    row |= {"tsval": NONE, "tsecr": NONE, "ip_id": at + 1, "ttl": 64, "link": side}
    start, length, ack = -1 if flags & SYN else max(following[side], 0), 0, max(acked[side], 0)
    rest = iter(words[3:])
    for word in rest:
        if word in NUMBERS:
            row[NUMBERS[word]] = int(next(rest))
        elif word == "ack":
            ack = int(next(rest))
        elif word == "ts":
            row["tsval"], row["tsecr"] = map(int, next(rest).split("/"))
        elif word == "sack":
            sacks += [(at, *map(int, block.split("-"))) for block in next(rest).split(",")]
        else:
            start, length = map(int, word.split("+"))
    end = start + length + bool(flags & SYN) + bool(flags & FIN)
    following[side] = max(following[side], end)
    if flags & ACK:
        acked[side] = max(acked[side], ack)
    return row | {"start": start, "end": end, "length": length, "acked": ack if flags & ACK else NO_ACK}
