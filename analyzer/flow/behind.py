"""The frames behind a finding or a selection: those that somebody has to have to see the same thing.

Behind a finding stand its frames and, where it speaks of conversations, all frames of these: the streams that it names and
those to which its frames belong, with the ICMP errors that quote them. What happens between conversations (BETWEEN) shows only
in all that its two hosts have with each other. That nothing came (SILENT) shows only if the capture goes on: the latest frame
of all comes along; and where nothing but all messages of a protocol show it (TOGETHER), these do. Some kinds are shown by their
frames alone (ALONE). A clock that is set back shows in a frame and the one before it, a clock that jumps in the connections
around the pause.

A selection chooses its frames. With each frame that carries a fragment of an IP datagram come all fragments of that datagram,
if the capture has them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table
from analyzer.capture.frame_set import FrameSet
from analyzer.dissect.walk import Walk
from analyzer.finding import Finding
from analyzer.flow.fact import Fact, Facts
from analyzer.flow.findings.clock import SHORTLY
from analyzer.flow.findings.evidence import MAX_FRAMES, SHOWN_STREAMS
from analyzer.flow.fragments import Reassembler

#: kinds that need no more than the frames that they name
ALONE: Final = frozenset(
    ("address_conflict", "clock_set_back", "cut_frames", "fragments_disagree", "fragments_missing", "malformed", "offload",
     "unreadable_time")
)  # fmt: skip
#: kinds that compare conversations of the same two hosts
BETWEEN: Final = frozenset(("http_retried", "reused_ports", "server_failing", "sse_reconnect"))
#: kinds that say that an answer did not come
SILENT: Final = frozenset(
    ("arp_unanswered", "dns_no_answer", "echo_unanswered", "half_open", "http_unanswered", "server_failing", "tls_unanswered",
     "unanswered")
)  # fmt: skip
ADDRESSES: Final = {4: (12, 4), 6: (8, 16)}  #: version -> where the addresses stand in an IP header, and their size
#: kinds that show in all messages of these protocols together
TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {"arp_unanswered": ("arp",), "echo_unanswered": ("icmp", "icmpv6")}
BACK: Final = "clock_set_back"
JUMPED: Final = "clock_jumped"
Transports = Mapping[str, Facts | None]  #: "tcp" and "udp" -> what is known of each of their headers in a batch


class Behind:
    """What stands behind a finding: first `learn` all batches if `learns`, then `update` with all of them again."""

    def __init__(self, finding: Finding) -> None:
        self.frames = FrameSet()
        self._named = FrameSet(_named(finding))
        self._streams: dict[str, set[int]] = {"tcp": set(), "udp": set()}
        if finding.protocol in self._streams:
            self._streams[finding.protocol] |= set(finding.streams)
        self._between = finding.kind in BETWEEN
        self._hosts: set[bytes] = set()  #: pairs of addresses
        self._kind = finding.kind
        self._silent = finding.kind in SILENT
        self._latest = (0, 0)  #: time and number of a frame
        self.learns = finding.kind not in ALONE and bool(self._named)

    def __bool__(self) -> bool:
        """There are frames behind it."""
        return bool(self._named) or any(self._streams.values())

    def learn(self, batch: Batch, walk: Walk, facts: Transports) -> None:
        """Take in the streams to which the named frames of a batch belong."""
        named = self._named.among(batch.number)
        for protocol, known in facts.items():
            table = walk.table(protocol)
            if table is not None and known is not None:
                streams = known[Fact.STREAM][named[table["row"]] & (known[Fact.STREAM] >= 0)]
                self._streams[protocol].update(streams.tolist())
                if self._between:
                    self._hosts.update(pair for pair, _ in _pairs(batch, table, named[table["row"]]))

    def update(self, batch: Batch, walk: Walk, facts: Transports, fragments: Reassembler) -> None:
        """Take in the frames of a batch."""
        chosen = self._named.among(batch.number) if self._named else np.zeros(len(batch), bool)
        for protocol in TOGETHER.get(self._kind, ()):
            messages = walk.table(protocol)
            if messages is not None:
                chosen[messages["row"]] = True
        for protocol, known in facts.items():
            table = walk.table(protocol)
            wanted = self._streams[protocol]
            if table is not None and known is not None and wanted:
                mine = np.isin(known[Fact.STREAM], np.fromiter(wanted, np.int64))
                chosen[table["row"][mine]] = True
            if table is not None and self._hosts:
                for pair, rows in _pairs(batch, table, np.ones(len(table), bool)):
                    if pair in self._hosts:
                        chosen[rows] = True
        if self._silent and len(batch):
            latest = int(batch.time.argmax())
            self._latest = max(self._latest, (int(batch.time[latest]), int(batch.number[latest])))
        self.frames.add(batch.number[chosen])
        _with_fragments(self.frames, batch, chosen, fragments)

    def finish(self) -> FrameSet:
        """All frames behind it; there is no further batch."""
        if self._silent:
            self.frames.add(np.array(self._latest[1:], np.int64))
        return self.frames


def names_all(finding: Finding) -> bool:
    """Whether all occurrences stand behind it: it names all of their frames, or all conversations that had some."""
    return finding.count <= len(finding.frames) or len(finding.frames) < MAX_FRAMES or 0 < len(finding.streams) < SHOWN_STREAMS


class Selected:
    """What stands behind a selection."""

    def __init__(self) -> None:
        self.frames: FrameSet | None = None  #: None: everything

    def update(self, batch: Batch, mask: Column | None, fragments: Reassembler) -> None:
        """Take in the frames of a batch; None: all of them."""
        if mask is None:
            return
        self.frames = self.frames or FrameSet()
        self.frames.add(batch.number[mask])
        _with_fragments(self.frames, batch, mask, fragments)


def _named(finding: Finding) -> Iterable[int]:
    """The frames that a finding names, with those that show it only together with them."""
    if finding.kind == BACK:
        return (frame for named in finding.frames for frame in (named - 1, named) if frame)
    if finding.kind == JUMPED:
        return (frame for named in finding.frames for frame in range(max(named - SHORTLY, 1), named + SHORTLY))
    return finding.frames


def _pairs(batch: Batch, table: Table, mine: Column) -> Iterator[tuple[bytes, Int64]]:
    """The pairs of addresses, in no order, between which these segments or datagrams run, each with its rows."""
    for version, (first, size) in ADDRESSES.items():
        which = np.flatnonzero(mine & (table["version"] == version) & (table["network"] >= 0))
        if not len(which):
            continue
        octets = batch.data[table["network"][which, None] + np.arange(first, first + 2 * size)]
        both, code = np.unique(octets, axis=0, return_inverse=True)
        for number, one in enumerate(both):
            ends = sorted((one[:size].tobytes(), one[size:].tobytes()))
            yield b"".join(ends), table["row"][which[code.ravel() == number]]


def _with_fragments(frames: FrameSet, batch: Batch, chosen: Column, fragments: Reassembler) -> None:
    """Add the fragments of each datagram that is complete now and of which a frame is there."""
    for datagram in fragments.reassembled:
        pieces: Int64 = np.array(datagram.frames, np.int64)
        if chosen[datagram.row] or frames.among(pieces).any():
            frames.add(pieces)
