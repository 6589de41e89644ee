"""Who was waited for in a part of a journey: what the phases of the connection (waits.py) say of it, in fewer words.

- network: packets were on their way, or the sender waited for acknowledgments to send more (slow start, congestion window);
- loss_repair: a timer had to run before something that was lost was sent again;
- head_of_line: data had arrived, but could not be read since earlier data was missing;
- server, client: their own time, windows that they did not open, acknowledgments that they delayed;
- name_server: the name lookup;
- unknown: the capture does not tell, or nobody had to do anything.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import Final

from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.waits import Wait

NETWORK: Final = "network"
SERVER: Final = "server"
CLIENT: Final = "client"
NAME_SERVER: Final = "name_server"
LOSS_REPAIR: Final = "loss_repair"
HEAD_OF_LINE: Final = "head_of_line"
UNKNOWN: Final = "unknown"
WHO: Final = (NETWORK, SERVER, CLIENT, NAME_SERVER, LOSS_REPAIR, HEAD_OF_LINE, UNKNOWN)
MISSING: Final = frozenset((Reason.TAIL_LOSS, Reason.HEAD_OF_LINE))
REPAIRS: Final = frozenset((Reason.SYN_REPEAT, Reason.TAIL_LOSS))
MOST_EVIDENCE: Final = 16  #: frames of a phase that are named
NAMED_WAITS: Final = 8  #: waits of a phase whose frames are named: the longest ones


def waited_for(wait: Wait) -> str:
    """In a word of WHO."""
    if wait.reason in REPAIRS:
        return LOSS_REPAIR
    if wait.reason == Reason.HEAD_OF_LINE:
        return HEAD_OF_LINE
    if wait.reason == Reason.UNANSWERED:
        return SERVER
    return wait.who or UNKNOWN


class Waited:
    """The waits of a connection, to be asked about parts of its time."""

    def __init__(self, waits: Sequence[Wait]) -> None:
        self._waits = sorted(waits, key=lambda wait: wait.start_ns)
        self._starts = [wait.start_ns for wait in self._waits]

    def between(self, start_ns: int, end_ns: int, otherwise: str = UNKNOWN) -> tuple[dict[str, int], list[int]]:
        """Time by who was waited for, and frames that prove it.

        `otherwise` where the waits say nothing, or no more than that packets followed one another.
        """
        found: dict[str, int] = {}
        overlaps: list[tuple[int, Wait]] = []
        left = start_ns
        for wait in self._within(start_ns, end_ns):
            begin, end = max(wait.start_ns, left), min(wait.end_ns, end_ns)
            if end <= begin:
                continue
            if begin > left:
                found[otherwise] = found.get(otherwise, 0) + begin - left
            who = otherwise if wait.reason == Reason.TRANSFER and otherwise != UNKNOWN else waited_for(wait)
            found[who] = found.get(who, 0) + end - begin
            overlaps.append((end - begin, wait))
            left = end
        if end_ns > left:
            found[otherwise] = found.get(otherwise, 0) + end_ns - left
        if len(overlaps) > NAMED_WAITS:
            overlaps.sort(key=lambda overlap: -overlap[0])
        frames = {frame for _, wait in overlaps[:NAMED_WAITS] if wait.reason != Reason.TRANSFER for frame in wait.evidence}
        return found, sorted(frames)[:MOST_EVIDENCE]

    def repaired(self, start_ns: int, end_ns: int, sides: Collection[int], answering: int | None) -> int:
        """How long data of these directions was missing, or waited for missing data.

        Of the `answering` one only what came with the end: what was repaired sooner belongs to something that the answer did not
        wait for. None: it did.
        """
        return sum(
            max(0, min(wait.end_ns, end_ns) - max(wait.start_ns, start_ns))
            for wait in self._within(start_ns, end_ns)
            if wait.reason in MISSING and wait.side in sides and (wait.side != answering or wait.end_ns >= end_ns)
        )

    def rounds(self, start_ns: int, end_ns: int, side: int) -> int:
        """How often the sender of this direction had to wait for its congestion window to grow."""
        return sum(
            wait.reason == Reason.SLOW_START and wait.side == side and wait.end_ns > start_ns
            for wait in self._within(start_ns, end_ns)
        )

    def _within(self, start_ns: int, end_ns: int) -> Sequence[Wait]:
        first = max(0, bisect_right(self._starts, start_ns) - 1)
        return self._waits[first : bisect_right(self._starts, end_ns)]
