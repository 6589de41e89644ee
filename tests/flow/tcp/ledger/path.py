"""One story on a path, as captures at the sender, in the middle and at the receiver see it, and what has to be said of it.

    0   c S                                     ms when it left its sender, then as in making.py
    10  s SA                                    it takes 10 ms to the other end, unless said otherwise
    20  c A
    30  c A 0+100 lost 0.2                      lost there on its way: behind the sender, before the middle
    31  c A 100+100 late 15                     so much later than others, from the first hop on
    33  c A 100+100 from 0.2 ipid 103 ts 1031/9010    a copy that the network made there
    41  s A ack 0 sack 100-200
    60  c A 0+100                               = at the sender | in the middle | at the receiver

What has to be said is the verdict: kind, trigger, need, hole cause, as far as there are any; once if it is the same everywhere,
`-` for nothing, and nothing to be said of a line without `=`. c is the client, direction 0, and sends the data. Frame numbers
are line numbers. Time stamps, echoed as RFC 7323 section 4.3 has it, and IP identifications, counted up for this connection
alone, are made, unless a line says its own; without stamps nobody has any.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.flow.tcp.ledger.ledger import Judged, judge
from analyzer.flow.tcp.ledger.trace import Trace
from analyzer.flow.tcp.ledger.verdict import Confidence, HoleCause, Kind, Need, Segments, Trigger, word
from tests.flow.tcp.ledger.making import trace

PLACES: Final = {"sender": 0.0, "middle": 0.5, "receiver": 1.0}
FIRST_STAMP: Final = {"c": 1_000, "s": 9_000}
FIRST_ID: Final = {"c": 100, "s": 5_000}

BEFORE: Final = 10  #: segments of 100 bytes in the first part of a long connection
LATER: Final = 200  #: ms

Ids = Callable[[str, int], int]


@dataclass
class _Line:
    """A packet: when it left, what making.py reads, and what became of it."""

    number: int
    time: float
    side: str
    words: list[str]
    lost: float = 2.0
    late: float = 0.0
    made: float = 0.0
    start: int = 0
    ack: int = 0
    expected: tuple[str, ...] = ("-",)


def own_ids(side: str, sent: int) -> int:
    """The n-th packet of a side has the n-th identification, but for a SYN/ACK, which has 0 (Linux)."""
    return 0 if side == "s" and not sent else FIRST_ID[side] + sent


def no_ids(side: str, sent: int) -> int:
    """IPv6 has none."""
    return -1


def going_on(text: str) -> str:
    """A story that does not begin with a handshake, as part of a connection in which enough went well to learn from."""
    made = ["0 c S", "10 s SA", "20 c A"]
    for i in range(BEFORE):
        made += [f"{30 + 12 * i} c A {100 * i}+100", f"{40 + 12 * i} s A ack {100 * (i + 1)}"]
    for line in text.splitlines():
        said, equals, expected = line.partition("=")
        words = said.split()
        if not words:
            continue
        for at, item in enumerate(words):
            if ("+" in item and words[1] == "c") or (words[at - 1] in ("ack", "sack") and words[1] == "s"):
                first, *rest = re.split("(?=[+])", item)
                words[at] = re.sub(r"\d+", lambda found: str(int(found[0]) + 100 * BEFORE), first) + "".join(rest)
        made.append(" ".join([str(float(words[0]) + LATER), *words[1:]]) + equals + expected)
    return "\n".join(made)


def _lines(text: str) -> list[_Line]:
    made: list[_Line] = []
    for line in text.splitlines():
        said, _, expected = line.partition("#")[0].partition("=")
        words = said.split()
        if not words:
            continue
        one = _Line(len(made) + 1, float(words[0]), words[1], [])
        rest = iter(words[2:])
        for item in rest:
            if item == "lost":
                one.lost = float(next(rest))
            elif item == "late":
                one.late = float(next(rest))
            elif item == "from":
                one.made = float(next(rest))
            else:
                one.words.append(item)
        given = one.words
        one.start = next((int(item.partition("+")[0]) for item in given if "+" in item), -1 if "S" in given[0] else 0)
        one.ack = int(given[given.index("ack") + 1]) if "ack" in given else 0
        if expected:
            one.expected = tuple(" ".join(part.split()) for part in expected.split("|"))
        made.append(one)
    return made


def _stamps(lines: list[_Line], way: float) -> dict[int, str]:
    """TSval is the ms of the sending; TSecr the latest TSval of a segment that did not begin beyond the last ack sent."""
    found: dict[int, str] = {}
    recent = {"c": 0, "s": 0}
    acked = {"c": -1, "s": -1}
    leaves = [(line.time, 1, line) for line in lines]
    arrives = [(line.time + way + line.late, 0, line) for line in lines if line.lost > 1]
    for _, leaving, line in sorted(leaves + arrives, key=lambda event: (event[0], event[1], event[2].number)):
        other = "s" if line.side == "c" else "c"
        stamp = FIRST_STAMP[line.side] + int(line.time)
        if leaving:
            found[line.number] = f"{stamp}/{recent[line.side]}"
            acked[line.side] = max(acked[line.side], line.ack)
        elif line.start <= acked[other] and (not recent[other] or stamp >= recent[other]):
            recent[other] = stamp
    return found


def seen(
    text: str, where: str, way: float = 10, stamps: bool = True, ids: Ids = own_ids, sack: bool | None = True
) -> tuple[Trace, dict[int, str]]:
    """What a capture there has of a story, and what has to be said of it, by line."""
    place, column = PLACES[where], list(PLACES).index(where)
    lines = _lines(text)
    stamp = _stamps(lines, way) if stamps else {}
    sent = {"c": 0, "s": 0}
    rows: list[tuple[float, int, str]] = []
    expected: dict[int, str] = {}
    for line in sorted(lines, key=lambda one: (one.time, one.number)):
        words = line.words.copy()
        if not stamps and "ts" in words:
            del words[words.index("ts") : words.index("ts") + 2]
        made = ["ts", stamp[line.number]] if stamps and "ts" not in words else []
        if "ipid" not in words:
            made += ["ipid", str(ids(line.side, sent[line.side]))]
        sent[line.side] += not line.made
        passed = place if line.side == "c" else 1 - place
        if passed >= line.lost or passed < line.made:
            continue
        turn = 0.02 if passed == 0 else 0  # a host writes down what it sends a moment later than what came
        time = line.time + passed * way + (line.late if passed else 0) + turn
        rows.append((time, line.number, f"{time} {line.side} {' '.join(words + made)} frame {line.number}"))
        said = line.expected[column if len(line.expected) > 1 else 0]
        if said != "-":
            expected[line.number] = said
    made_trace = trace(*(row for _, _, row in sorted(rows)))
    made_trace.sack = sack
    return made_trace, expected


def told(judged: Judged) -> dict[int, str]:
    """The verdict on every packet that is not plainly new, by frame."""
    found = _words(judged.trace, judged.segments)
    for row in np.flatnonzero(judged.copies.original >= 0).tolist():
        found[int(judged.whole.frame[row])] = "network_duplicate" if judged.copies.by_network[row] else "capture_duplicate"
    return found


def _words(made: Trace, segments: Segments) -> dict[int, str]:
    found: dict[int, str] = {}
    for row in np.flatnonzero((segments.kind != Kind.NEW) | (segments.hole != HoleCause.NONE)).tolist():
        verdict = (
            Kind(segments.kind[row]),
            Trigger(segments.trigger[row]),
            Need(segments.need[row]),
            HoleCause(segments.hole[row]),
        )
        found[int(made.frame[row])] = " ".join(filter(None, map(word, verdict))) or "new"
    return found


def check(text: str, where: str, way: float = 10, stamps: bool = True, ids: Ids = own_ids, sack: bool | None = True) -> Judged:
    """The verdicts on a story are what it says."""
    made, expected = seen(text, where, way, stamps, ids, sack)
    judged = judge(made)
    assert told(judged) == expected, where
    return judged


def confidence(judged: Judged, frame: int) -> str | None:
    """How well the verdict on a frame is proved."""
    row = int(np.flatnonzero(judged.trace.frame == frame)[0])
    return word(Confidence(judged.segments.confidence[row]))


def proof(judged: Judged, frame: int) -> list[int]:
    """The frames that prove the verdict on one."""
    row = int(np.flatnonzero(judged.trace.frame == frame)[0])
    found: list[int] = judged.trace.frame[list(judged.segments.evidence.get(row, ()))].tolist()
    return found
