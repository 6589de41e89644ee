"""What the receiver says about bytes that came twice, and which copy that is about.

A D-SACK (RFC 2883) names the bytes. Without SACK the receiver answers a segment that it has already with an acknowledgment
that says nothing new: where everything is acknowledged, that can be nothing else, except the answer to a keep-alive.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

import numpy as np

from analyzer.batch import Int64

from .sender import Sender
from .trace import FIN, SYN

REPORT_NS: Final = 3_000_000_000  #: beyond the way to the receiver and back, a report that comes later is about something else
MOST_DOUBLED: Final = 256  #: packets that the network doubled, the latest ones, that a report may be about
NEVER: Final = 1 << 62  #: an offset above all others
HASTE: Final = 0.8  #: part of that way that no report takes less than


class Reports:
    """Matches reports with copies: each report is about one, the latest one that can have caused it."""

    def __init__(self, sender: Sender, copies: Int64, duplicates: list[tuple[int, int, int]]) -> None:
        self._sender = sender
        self._of: dict[int, tuple[int, int]] = {}
        self.doubling = bool(duplicates)  #: the network doubles packets: there are reports about bytes that were sent once
        old = sender.block_old.nonzero()[0]
        if len(old):
            self._match(copies, old, duplicates)
        elif not len(sender.block_ack):
            self._match_silent(copies)

    def of(self, row: int) -> tuple[int, int]:
        """Row and time of the report that this copy came second, or made an earlier one come second; -1: none."""
        return self._of.get(row, (-1, 0))

    def _match(self, copies: Int64, old: Int64, duplicates: list[tuple[int, int, int]]) -> None:
        sender, trace = self._sender, self._sender.trace
        order = np.argsort(trace.start[copies], kind="stable")
        sorted_copies = copies[order]
        starts = trace.start[sorted_copies]
        doubled = sorted(duplicates)
        for block in old.tolist():
            ack = int(sender.block_ack[block])
            row, time = int(sender.ack_row[ack]), int(sender.ack_time[ack])
            left, right = int(sender.block_from[block]), int(sender.block_to[block])
            last = bisect_right(doubled, (time, NEVER))
            some = range(max(0, last - MOST_DOUBLED), last)
            fitting = (at for at in some if doubled[at][1] < right and doubled[at][2] > left and self._fits(doubled[at][0], time))
            by_network = next(fitting, None)
            if by_network is not None:
                del doubled[by_network]
                continue
            first = int(starts.searchsorted(left))
            last = int(starts.searchsorted(right))
            near = sorted_copies[max(0, first - 1) : last]
            fits = [
                int(copy) for copy in near[-64:]
                if int(trace.end[copy]) > left and int(copy) not in self._of and self._fits(int(trace.time[copy]), time)
            ]  # fmt: skip
            if not len(near):
                self.doubling = True
            if fits:
                self._of[max(fits)] = (row, time)

    def _fits(self, sent: int, reported: int) -> bool:
        """Whether a copy that passed at `sent` may have caused a report."""
        far = self._sender.far
        return sent + int(HASTE * far) <= reported <= sent + far + REPORT_NS

    def _match_silent(self, copies: Int64) -> None:
        """Without SACK: as many acknowledgments of nothing as copies, and all of them came twice."""
        sender, trace = self._sender, self._sender.trace
        acks, una = sender.ack_row, sender.una
        silent = (trace.length[acks] == 0) & (trace.flags[acks] & (SYN | FIN) == 0)
        silent[:1] = False
        silent[1:] &= una[1:] == una[:-1]
        if not silent.any():
            return
        sent = sender.segments.searchsorted(acks)
        highest = np.maximum.accumulate(trace.end[sender.segments])
        silent &= (sent > 0) & (highest[np.maximum(sent - 1, 0)] <= una)  # nothing is on its way
        same = np.zeros(len(acks), np.bool_)
        same[1:] = trace.window[acks[1:]] == trace.window[acks[:-1]]
        positions, done = silent.nonzero()[0], 0
        for group in np.split(positions, np.diff(una[positions]).nonzero()[0] + 1) if len(positions) else ():
            first = int(acks[group[0]])
            level = int(una[group[0]])
            begun, done = done, int(copies.searchsorted(first))
            since = copies[begun:done]
            before = since[trace.end[since] <= level].tolist()
            before = [copy for copy in before if self._fits(int(trace.time[copy]), int(sender.ack_time[group[0]]))]
            certain = np.count_nonzero(same[group])  # one that moves the window may be about nothing else
            if before and len(group) >= len(before) and certain >= max(1, len(before) - 1):
                for copy, ack in zip(before, group.tolist(), strict=False):
                    self._of[copy] = (int(acks[ack]), int(sender.ack_time[ack]))
