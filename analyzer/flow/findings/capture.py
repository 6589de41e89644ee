"""What is wrong with the capture itself, and so limits every other answer.

- *cut frames*: the capture kept fewer bytes than a frame had on the wire (snap length).
- *clock set back*: a frame is stamped earlier than the frame before it. Interfaces that are stamped on their own do that by
  microseconds; from CLOCK_STEP_NS on the clock was set.
- *bad time stamps*: stamps that no calendar of 1678 to 2262 holds.
- *offload*: frames longer than any Ethernet frame. They were captured where the network card splits them later or has joined them
  already (TSO, GRO), or come from a network with jumbo frames; a total length of 0 in the IPv4 header proves the former.
- *drops*: what the capturing system says that it lost: how many (pcapng interface statistics), and where (epb_dropcount). The two
  count the same frames, so that the larger number holds.
- *damage*: the file ends early or is damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Interface, Table
from analyzer.capture.facts import Losses
from analyzer.fault import Fault
from analyzer.finding import Finding, Severity

from .evidence import MAX_FRAMES, Evidence

CLOCK_STEP_NS: Final = 1_000_000  #: steps back below this are what several interfaces or processors look like
LARGEST_FRAME: Final = 1_526  #: 1,500 bytes of payload, Ethernet header and check sequence, two tags
IPV4_TOTAL_LENGTH: Final = 2
DROP_STATISTICS: Final = ("dropped", "os_dropped")  #: of an interface: by the capturing program, by the operating system


class CaptureFindings:
    """Looks at every frame, at nothing inside it."""

    def __init__(self) -> None:
        self.cut = Evidence()
        self.back = Evidence()
        self.unreadable_time = Evidence()
        self.large = Evidence()
        self.no_total_length = Evidence()
        self.largest = 0
        self.largest_step = 0
        self._last_time: int | None = None

    def update(self, batch: Batch, ipv4: Table | None, chosen: Column) -> None:
        """Take the chosen frames of a batch."""
        cut = (batch.end < batch.reported) & chosen
        if cut.any():
            self.cut.add(batch.number[cut])
        self._clock(batch, chosen)
        length = batch.reported - batch.start
        large = (length > LARGEST_FRAME) & chosen
        if not large.any():
            return
        self.largest = max(self.largest, int(length[large].max()))
        self.large.add(batch.number[large])
        if ipv4 is not None:
            whole = large[ipv4["row"]] & (ipv4["end"] - ipv4["at"] >= IPV4_TOTAL_LENGTH + 2)
            rows, at = ipv4["row"][whole], ipv4["at"][whole]
            without = (batch.data[at + IPV4_TOTAL_LENGTH] == 0) & (batch.data[at + IPV4_TOTAL_LENGTH + 1] == 0)
            self.no_total_length.add(batch.number[rows[without]])

    def _clock(self, batch: Batch, chosen: Column) -> None:
        if not len(batch):
            return
        bad = batch.fault == Fault.TIMESTAMP
        if bad.any():
            self.unreadable_time.add(batch.number[bad & chosen])
            self._last_time = None
            return
        before = np.empty_like(batch.time)
        before[1:] = batch.time[:-1]
        before[0] = batch.time[0] if self._last_time is None else self._last_time
        self._last_time = int(batch.time[-1])
        step = np.where(chosen, before - batch.time, 0)
        if int(step.max()) >= CLOCK_STEP_NS:
            self.back.add(batch.number[step >= CLOCK_STEP_NS])
            self.largest_step = max(self.largest_step, int(step.max()))

    def findings(self, packets: int, interfaces: Iterable[Interface], losses: Losses | None = None) -> Iterator[Finding]:
        """What was found in a capture of so many packets."""
        if self.cut:
            yield self.cut.finding("cut_frames", Severity.NOTE, values={"of": packets})
        if self.back:
            yield self.back.finding("clock_set_back", Severity.WARNING, values={"largest_ns": self.largest_step})
        if self.unreadable_time:
            yield self.unreadable_time.finding("unreadable_time", Severity.WARNING)
        if self.large:
            values: dict[str, int | str] = {"largest": self.largest, "no_total_length": self.no_total_length.count}
            yield self.large.finding("offload", Severity.NOTE, values=values)
        yield from drops(list(interfaces), losses or Losses())


def drops(interfaces: Sequence[Interface], losses: Losses) -> Iterator[Finding]:
    """What interfaces dropped; with the frames behind it where places are known, and frames are numbered as in their file."""
    alone = all(interface.file == 0 for interface in interfaces)
    for index, interface in enumerate(interfaces):
        told = sum(interface.statistics.get(name, 0) for name in DROP_STATISTICS)
        dropped = max(told, losses.by_interface.get(index, 0))
        if dropped:
            behind = (loss.frame for loss in losses.places if loss.interface == index) if alone else ()
            values = {"interface": interface.name or f"interface {index}"}
            yield Finding("interface_drops", Severity.WARNING, dropped, tuple(islice(behind, MAX_FRAMES)), values=values)
