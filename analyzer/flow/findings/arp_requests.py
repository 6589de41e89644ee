"""ARP requests that nobody answers (RFC 826, RFC 1122 section 2.3.2): a host on the same link that is off, gone or elsewhere.

Requests are broadcast, but replies are not: at most ports of a switch one sees everybody's questions and no answers. A host
that was answered does not ask again soon, so it is repetition that tells: an address is *not found* by a host that asked for
it at least ASKED times, each time at most AGAIN_NS after the time before, while no message of the capture names that address
as its sender. Probes and gratuitous requests hope for silence (RFC 5227), and are not counted.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from analyzer.batch import Batch, Table
from analyzer.finding import Finding, Severity
from analyzer.flow.arp import ETHERNET_IPV4, OPCODE, REQUEST, SENDER_IP, TARGET_IP

from .evidence import MAX_FRAMES

ASKED: Final = 3  #: what Linux and Windows ask before they give up
AGAIN_NS: Final = 3_000_000_000
MAX_QUESTIONS: Final = 65_536  #: (asker, address) that are watched
SEARCHED_SHARE: Final = 8  #: between two searches for those that say nothing any more come one part in so many new ones
SHOWN: Final = 3
ETHERNET_HEADER: Final = bytes((0, 1, 8, 0, 6, 4, 0, REQUEST))  #: hardware and protocol type, lengths, opcode


@dataclass(slots=True)
class Question:
    """What one host asks for one address."""

    first_frame: int
    latest_ns: int
    run: int = 1  #: times in a row
    longest: int = 1


class ArpRequests:
    """Looks at the requests."""

    def __init__(self) -> None:
        self.forgotten = 0
        self._questions: dict[tuple[bytes, bytes], Question] = {}
        self._since = 0  #: new questions since the latest such search

    def update(self, batch: Batch, table: Table) -> None:
        """Take the ARP messages of a batch."""
        whole = (table["end"] - table["at"] >= ETHERNET_IPV4) & (table["opcode"] == REQUEST)
        at, rows = table["at"][whole].astype(np.int64), table["row"][whole]
        if not len(at):
            return
        message = batch.data[at[:, None] + np.arange(ETHERNET_IPV4)]
        usual = (message[:, : OPCODE + 2] == np.frombuffer(ETHERNET_HEADER, np.uint8)).all(axis=1)
        asker, asked = message[:, SENDER_IP : SENDER_IP + 4], message[:, TARGET_IP : TARGET_IP + 4]
        usual &= asker.any(axis=1) & (asker != asked).any(axis=1)
        pairs = np.ascontiguousarray(np.hstack([asker[usual], asked[usual]])).view("V8").ravel().tolist()
        rows = rows[usual]
        for pair, frame, time in zip(pairs, batch.number[rows].tolist(), batch.time[rows].tolist(), strict=True):
            self._ask((pair[:4], pair[4:]), frame, time)

    def _ask(self, key: tuple[bytes, bytes], frame: int, time: int) -> None:
        question = self._questions.get(key)
        if question is None:
            self._since += 1
            if len(self._questions) >= MAX_QUESTIONS and self._since > MAX_QUESTIONS // SEARCHED_SHARE:
                self._search(time)
            if len(self._questions) >= MAX_QUESTIONS:
                self.forgotten += 1
            else:
                self._questions[key] = Question(frame, time)
            return
        question.run = question.run + 1 if 0 <= time - question.latest_ns <= AGAIN_NS else 1
        question.longest = max(question.longest, question.run)
        question.latest_ns = time

    def _search(self, now: int) -> None:
        """Forget what nobody asked often enough, nor will in the same row."""
        known = self._questions.items()
        self._questions = {key: one for key, one in known if one.longest >= ASKED or 0 <= now - one.latest_ns <= AGAIN_NS}
        self._since = 0

    def findings(self, claimed: Container[str]) -> Iterator[Finding]:
        """What was not found; `claimed` are the addresses that some message names as its sender."""
        missing: dict[str, list[int]] = {}
        for (_, asked), question in self._questions.items():
            address = ".".join(map(str, asked))
            if question.longest >= ASKED and address not in claimed:
                missing.setdefault(address, []).append(question.first_frame)
        if not missing:
            return
        named = [*missing][:SHOWN]
        values: dict[str, int | str] = {"hosts": ", ".join(named), "more_hosts": len(missing) - len(named)}
        frames = tuple(sorted({frame for frames in missing.values() for frame in frames})[:MAX_FRAMES])
        yield Finding("arp_unanswered", Severity.WARNING, len(missing), frames, values=values)
