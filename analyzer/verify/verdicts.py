"""TCP verdicts and fields, frame by frame: ours against those of tshark.

Each field of a frame is compared as the text that tshark prints for it: the values of all headers of that protocol in the
frame, outermost first, quoted ones included. Both sides run at the same pace, a batch at a time, so memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress, islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analyzer.flow.fact import Fact, Facts, Shown
from analyzer.flow.tcp.verdict import FLAG_MASK, NAMES, Verdict

from .difference import Difference, Opinion
from .explained_verdicts import TIME_STAMP, explain_verdict
from .explanation import Frame
from .ours import FIELDS, Values, values
from .tshark import Tshark, TsharkRows

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection

Show = Callable[[Any], str]
FromFacts = Callable[[Facts], Values]


def seconds(ns: int) -> str:
    """Nanoseconds as tshark prints them."""
    whole, part = divmod(abs(ns), 1_000_000_000)
    return f"{'-' if ns < 0 else ''}{whole}.{part:09}"


def _hex(value: int) -> str:
    return f"0x{value:04x}"


def _fact(fact: Fact, shown: Shown, absent: int | None = None) -> FromFacts:
    """A fact of each segment that shows at least `shown`."""

    def extract(facts: Facts) -> Values:
        levels = facts[Fact.SHOWN].tolist()
        return [value if level >= shown and value != absent else None
                for value, level in zip(facts[fact].tolist(), levels, strict=True)]  # fmt: skip

    return extract


def _verdict(mask: int) -> FromFacts:
    """1 for each segment with one of these verdicts."""

    def extract(facts: Facts) -> Values:
        levels = facts[Fact.SHOWN].tolist()
        return [1 if verdict & mask and level >= Shown.ANALYSIS else None
                for verdict, level in zip(facts[Fact.VERDICT].tolist(), levels, strict=True)]  # fmt: skip

    return extract


def _initial_rtt(facts: Facts) -> Values:
    """Shown where there is a tree of analysis results (WIRESHARK.md 1.10)."""
    columns = (facts[Fact.INITIAL_RTT], facts[Fact.SHOWN], facts[Fact.VERDICT])
    return [rtt if rtt and level >= Shown.ANALYSIS and verdict & Verdict.NODE else None
            for rtt, level, verdict in zip(*(column.tolist() for column in columns), strict=True)]  # fmt: skip


def _stream(facts: Facts) -> Values:
    return [None if stream < 0 else stream for stream in facts[Fact.STREAM].tolist()]


#: field -> protocol, values, text
VERDICTS: Final[dict[str, tuple[str, FromFacts, Show]]] = {
    "udp.stream": ("udp", _stream, str),
    "tcp.stream": ("tcp", _stream, str),
    "tcp.len": ("tcp", _fact(Fact.LENGTH, Shown.NUMBERS, -1), str),
    "tcp.seq": ("tcp", _fact(Fact.SEQ_RELATIVE, Shown.NUMBERS), str),
    "tcp.ack": ("tcp", _fact(Fact.ACK_RELATIVE, Shown.WINDOW), str),
    "tcp.window_size": ("tcp", _fact(Fact.WINDOW_SIZE, Shown.WINDOW), str),
    "tcp.window_size_scalefactor": ("tcp", _fact(Fact.WINDOW_SCALE, Shown.WINDOW, 0), str),
    "tcp.completeness": ("tcp", _fact(Fact.COMPLETENESS, Shown.NUMBERS), str),
    "tcp.time_relative": ("tcp", _fact(Fact.TIME_RELATIVE, Shown.TIMES), seconds),
    "tcp.time_delta": ("tcp", _fact(Fact.TIME_DELTA, Shown.TIMES), seconds),
    "tcp.analysis.duplicate_ack_num": ("tcp", _fact(Fact.DUPLICATE_NUMBER, Shown.ANALYSIS, 0), str),
    "tcp.analysis.duplicate_ack_frame": ("tcp", _fact(Fact.DUPLICATE_FRAME, Shown.ANALYSIS, 0), str),
    "tcp.analysis.acks_frame": ("tcp", _fact(Fact.ACKS_FRAME, Shown.ANALYSIS, 0), str),
    "tcp.analysis.ack_rtt": ("tcp", _fact(Fact.ACK_RTT, Shown.ANALYSIS, 0), seconds),
    "tcp.analysis.rto": ("tcp", _fact(Fact.RTO, Shown.ANALYSIS, 0), seconds),
    "tcp.analysis.rto_frame": ("tcp", _fact(Fact.RTO_FRAME, Shown.ANALYSIS, 0), str),
    "tcp.analysis.initial_rtt": ("tcp", _initial_rtt, seconds),
    "tcp.analysis.bytes_in_flight": ("tcp", _fact(Fact.BYTES_IN_FLIGHT, Shown.ANALYSIS, 0), str),
    "tcp.analysis.push_bytes_sent": ("tcp", _fact(Fact.PUSH_BYTES, Shown.ANALYSIS, 0), str),
}
FLAGS: Final[dict[str, FromFacts]] = {
    "tcp.analysis.flags": _verdict(FLAG_MASK),
    **{f"tcp.analysis.{name}": _verdict(1 << bit) for bit, name in enumerate(NAMES)},
}
SHOWN_AS: Final[dict[str, Show]] = {"tcp.flags": _hex, "ip.id": _hex}
FRAME: Final = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len")


EVIDENCE: Final = "frame.protocols"  #: asked for, not compared: it tells how tshark came to a header
NOT_ASKED: Final = ("ip.version",)  #: stands in IPv4 and IPv6 headers, so that the order in a tunnel is lost
_HEADERS: Final = tuple(name for fields in FIELDS.values() for name in fields if name not in NOT_ASKED)
FIELD_NAMES: Final = (*FRAME, *_HEADERS, *VERDICTS, *FLAGS)


def expected(dissection: Dissection) -> dict[str, list[str]]:
    """field -> what tshark should print for each frame of the batch."""
    batch = dissection.batch
    columns = {name: [""] * len(batch) for name in FIELD_NAMES}
    columns |= {
        "frame.number": [str(number) for number in batch.number.tolist()],
        "frame.time_epoch": [seconds(time) for time in batch.time.tolist()],
        "frame.len": [str(length) for length in (batch.reported - batch.start).tolist()],
        "frame.cap_len": [str(length) for length in (batch.end - batch.start).tolist()],
    }
    for protocol in FIELDS:
        table = dissection.walk.table(protocol)
        if table is None:
            continue
        rows = table["row"].tolist()
        for name, found in values(batch, protocol, table):
            if name in NOT_ASKED:
                continue
            _spread(columns[name], rows, found, SHOWN_AS.get(name, str))
        facts = {"tcp": dissection.tcp_facts, "udp": dissection.udp_facts}.get(protocol)
        if facts is None:
            continue
        for name, (owner, from_facts, show) in VERDICTS.items():
            if owner == protocol:
                _spread(columns[name], rows, from_facts(facts), show)
        if protocol == "tcp":
            for name, from_facts in FLAGS.items():
                _spread(columns[name], rows, from_facts(facts), str)
    return columns


def _spread(texts: list[str], rows: list[int], found: Values, show: Show) -> None:
    """Put the values of all headers of a frame side by side."""
    for row, value in zip(rows, found, strict=True):
        if value is not None:
            texts[row] = f"{texts[row]},{show(value)}" if texts[row] else show(value)


class VerdictCheck:
    """Compares batch after batch with one run of tshark."""

    def __init__(self, tshark: Tshark, capture: str) -> None:
        self.opinion = Opinion("tshark", tshark.version)
        self.other_rules = tshark.other_rules
        if self.other_rules:
            self.opinion.notes.append(f"its TCP rules are {self.other_rules} than those of 4.0, which the analyzer follows")
        self._run: TsharkRows = tshark.fields(capture, (*FIELD_NAMES, EVIDENCE))
        self.odd_times: dict[str, set[int]] = {}  #: explanation -> TCP streams with a time stamp that it explained
        self._read = 0  #: frames of tshark
        self._rows: Iterator[list[str]] = iter(self._run)

    def update(self, dissection: Dissection, chosen: NDArray[np.bool_]) -> None:
        """Compare the frames of one batch with the next rows of tshark; differences count in the chosen ones."""
        size = len(dissection.batch)
        rows = list(islice(self._rows, size))
        opinion = self.opinion
        self._read += len(rows)
        opinion.frames += int(np.count_nonzero(chosen[: len(rows)]))
        if len(rows) < size:
            missing = int(dissection.batch.number[len(rows)])
            opinion.add(Difference(missing, "frame", "present", None, "tshark"))
        ours = expected(dissection)
        theirs = dict(zip((*FIELD_NAMES, EVIDENCE), zip(*rows, strict=True), strict=True)) if rows else {}
        protocols = theirs.pop(EVIDENCE, ())
        wanted = chosen.tolist()
        found: dict[int, list[Difference]] = {}
        for name, column in theirs.items():
            mine = ours[name][: len(rows)]
            opinion.values += sum(bool(our or their) for our, their in compress(zip(mine, column, strict=True), wanted))
            if tuple(mine) == column:
                continue
            for row, (our, their) in enumerate(zip(mine, column, strict=True)):
                # times of chosen frames may be reckoned from a time stamp of another one
                if our != their and (wanted[row] or name == TIME_STAMP) and not same(name, our, their):
                    frame = int(dissection.batch.number[row])
                    found.setdefault(row, []).append(Difference(frame, name, our or None, their or None, "tshark"))
        for row in sorted(found):
            seen = Frame(dissection, row, protocols[row], self.other_rules, self.odd_times)
            for difference in found[row]:
                difference.explanation = explain_verdict(difference, seen)
                if difference.explanation and difference.field == TIME_STAMP:
                    self.odd_times.setdefault(difference.explanation, set()).update(seen.streams())
                if wanted[row]:
                    opinion.add(difference)

    def finish(self) -> None:
        """Take what tshark has left, and see how it ended."""
        opinion = self.opinion
        extra = 0
        for extra, row in enumerate(self._rows, 1):
            if extra == 1:
                opinion.add(Difference(int(row[0]), "frame", None, "present", "tshark"))
        status, said = self._run.close()
        if status and self._read == 0 and extra == 0:
            opinion.absent = said or f"tshark ended with status {status}"
            opinion.differences.clear()
            opinion.unexplained = 0
        elif status:
            opinion.notes.append(said)

    def close(self) -> None:
        """Stop tshark where it is, if it still runs."""
        self._run.close()


def same(name: str, ours: str, theirs: str) -> bool:
    """Equal in all but the way of writing: a flag counts once in a header, but some of its fields stand in it twice."""
    return name in FLAGS and bool(ours) == bool(theirs)
