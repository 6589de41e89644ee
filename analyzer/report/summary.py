"""What a capture is and holds, as facts: gathered batch by batch, in memory that grows with neither packets nor conversations.

Only where frames of several files alternate, two bytes are kept of each, up to MAX_PLACES frames.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analyzer.batch import Column, Interface
from analyzer.dissect.application.stream import Message
from analyzer.fault import Fault
from analyzer.finding import Finding
from analyzer.flow.application.selected import SelectedFrames
from analyzer.flow.columns import rows
from analyzer.flow.findings import Findings
from analyzer.flow.findings.applications import ApplicationFindings
from analyzer.flow.findings.ledger import LedgerFindings
from analyzer.flow.findings.streams import stream_findings
from analyzer.flow.places import Places
from analyzer.flow.rows import PLACE_KEYS, live, ordered

from . import wording
from .machine import SCHEMA

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection, Pipeline

BUSIEST: Final = 10  #: conversations that are listed
#: `number` is the place of a finding in the whole list, from 1 on
FINDING_KEYS: Final = (
    "number", "layer", "kind", "severity", "count", "frames", "protocol", "streams", "text", "cost_ns", "cost_bytes", "advice",
    "learn", "filter", "values",
)  # fmt: skip
FILE_KEYS: Final = (*PLACE_KEYS, "filters")  #: of a finding where several files are merged
Row = dict[str, Any]


class Summary:
    """Call `update` after each batch of the pipeline, and `finish` after the last; everything else may be asked at any time.

    ledger: has the verdicts of the pipeline, if it was made with them. most: see ApplicationFindings.
    """

    def __init__(self, pipeline: Pipeline, ledger: LedgerFindings | None = None, most: int | None = None) -> None:
        self.reader = pipeline.reader
        self._pipeline = pipeline
        self._walk, self._fragments, self._tcp, self._udp = pipeline.walk, pipeline.fragments, pipeline.tcp, pipeline.udp
        self._findings = Findings()
        self._ledger = ledger
        self._applications = ApplicationFindings(most)
        self._selected: SelectedFrames | None = None
        self._places = Places()
        self.packets = 0
        self.bytes = 0
        self.captured_bytes = 0
        self.start_ns: int | None = None
        self.end_ns: int | None = None
        self.linktypes: dict[int, int] = {}  #: frames by link type
        self._whole = True  #: nothing was left out by a selection
        self._path_packets: Column = np.zeros(0, np.int64)
        self._path_bytes: Column = np.zeros(0, np.int64)

    def update(self, dissection: Dissection, chosen: Column | None = None) -> None:
        """Count a batch; `chosen` says which of its frames, if not all."""
        batch = dissection.batch
        self._places.add(batch)
        length = batch.reported - batch.start
        time = batch.time[batch.fault != Fault.TIMESTAMP] if batch.fault.any() else batch.time
        linktype = batch.linktype
        if chosen is None:
            self.captured_bytes += int((batch.end - batch.start).sum())
        else:
            self._whole = False
            self._count_paths(length, chosen)
            self.captured_bytes += int((batch.end - batch.start)[chosen].sum())
            time = batch.time[chosen & (batch.fault != Fault.TIMESTAMP)]
            length, linktype = length[chosen], linktype[chosen]
        self.packets += len(length)
        self.bytes += int(length.sum())
        if len(time) and not int(time.min()):
            time = time[time != 0]  # records without a time stamp
        if len(time):
            self.start_ns = int(time.min()) if self.start_ns is None else min(self.start_ns, int(time.min()))
            self.end_ns = int(time.max()) if self.end_ns is None else max(self.end_ns, int(time.max()))
        self._count_linktypes(linktype)
        self._findings.update(batch, self._walk, self._tcp, self._udp, chosen)
        if chosen is not None:
            self._selected = self._selected or SelectedFrames()
            self._selected.add(batch, chosen)
            if self._ledger is not None:
                self._ledger.chosen = self._selected.__contains__
        self._listen(dissection.messages)
        self._tcp.conversations.gone()  # nobody asks for the rows of conversations that had to leave
        self._udp.conversations.gone()

    def finish(self) -> None:
        """Nothing more comes."""
        self._listen(self._pipeline.finish())

    def _listen(self, messages: Iterable[Message]) -> None:
        self._applications.update(messages, None if self._selected is None else self._selected.__contains__)

    def _count_linktypes(self, linktype: Column) -> None:
        if len(linktype) and (linktype == linktype[0]).all():
            first = int(linktype[0])
            self.linktypes[first] = self.linktypes.get(first, 0) + len(linktype)
            return
        for kind, times in Counter(linktype.tolist()).items():
            self.linktypes[kind] = self.linktypes.get(kind, 0) + times

    def _count_paths(self, length: Column, chosen: Column) -> None:
        path = self._walk.path_of_row()[chosen]
        paths = len(self._walk.paths)
        packets = np.bincount(path, minlength=paths)
        octets = np.bincount(path, length[chosen], minlength=paths).astype(np.float64)  # integers, where there is no row
        packets[: len(self._path_packets)] += self._path_packets
        octets[: len(self._path_bytes)] += self._path_bytes
        self._path_packets, self._path_bytes = packets, octets

    @property
    def duration_ns(self) -> int:
        return 0 if self.start_ns is None or self.end_ns is None else self.end_ns - self.start_ns

    @property
    def conversations(self) -> dict[str, int]:
        """How many there are of each protocol."""
        chosen = self._findings.chosen
        if chosen.streams is not None:
            return {protocol: marks.count for protocol, marks in chosen.streams.items()}
        return {"tcp": self._tcp.slots.count, "udp": self._udp.slots.count}

    @property
    def applications(self) -> dict[str, dict[str, int]]:
        """Transport -> application -> conversations that speak it, those with most first; of the whole capture."""
        messages = self._pipeline.messages
        labels = () if messages is None else messages.labels
        counts = (sorted(one.conversations.items(), key=lambda item: -item[1]) for one in labels)
        both = zip(("tcp", "udp"), counts, strict=False)
        return {transport: {application: times for application, times in found if times} for transport, found in both}

    def protocols(self) -> dict[tuple[str, ...], tuple[int, int]]:
        """Path from the link layer up -> (packets, bytes) that went this way and maybe further."""
        paths = self._walk.paths
        if self._whole:
            found = zip(paths, paths.packets, paths.bytes, strict=True)
            return {path: (packets, octets) for path, packets, octets in found if path and packets}
        total: dict[tuple[str, ...], tuple[int, int]] = {}
        for path, packets, octets in zip(paths, self._path_packets.tolist(), self._path_bytes.tolist(), strict=False):
            for depth in range(1, len(path) + 1) if packets else ():
                before = total.get(path[:depth], (0, 0))
                total[path[:depth]] = (before[0] + packets, before[1] + int(octets))
        return total

    def busiest(self, count: int = BUSIEST) -> list[Row]:
        """The conversations with the most bytes."""
        if self._whole:
            found = iter(self._tcp.conversations.biggest(count) + self._udp.conversations.biggest(count))
        else:
            both = (self._tcp.conversations, self._udp.conversations)
            found = chain.from_iterable(map(rows, live(both, self._findings.chosen)))
        return list(map(ordered, heapq.nsmallest(count, found, key=lambda row: -row["bytes_client"] - row["bytes_server"])))

    @property
    def several(self) -> bool:
        """Whether frames of several files are merged."""
        return len(self.reader.files) > 1

    def findings(self) -> list[Finding]:
        """Everything that is wrong, worst first."""
        reader = self.reader
        dropped = {**reader.dropped, "places": self._places.forgotten}
        messages = self._pipeline.messages
        streams = () if messages is None else stream_findings(messages, self.packets)
        more = chain(self._applications.findings(), streams)
        return self._findings.all(
            self._walk, self._fragments, self._tcp, self._udp, reader.interfaces, reader.damage, dropped, more, self._ledger,
            reader.losses,
        )  # fmt: skip

    def frames_in_files(self, finding: Finding) -> dict[str, list[int]]:
        """The frames of a finding as each of several files numbers them."""
        frames: dict[str, list[int]] = {}
        for file, number in filter(None, map(self._places.of, finding.frames)) if self.several else ():
            frames.setdefault(self.reader.files[file].path, []).append(number)
        return frames

    def finding_rows(self) -> list[Row]:
        """All findings, ready for JSON."""
        return [self.finding_row(number, finding) for number, finding in enumerate(self.findings(), 1)]

    def finding_row(self, number: int, finding: Finding) -> Row:
        """The finding that has this number."""
        row = {
            "number": number,
            "layer": wording.layer(finding),
            "kind": finding.kind,
            "severity": wording.SEVERITIES[finding.severity],
            "count": finding.count,
            "frames": list(finding.frames),
            "protocol": finding.protocol or None,
            "streams": list(finding.streams),
            "text": wording.sentence(finding, several=self.several),
            "cost_ns": finding.cost_ns,
            "cost_bytes": finding.cost_bytes,
            "advice": wording.advice(finding),
            "learn": wording.learn(finding),
            "filter": None if self.several else wording.display_filter(finding) or None,
            "values": dict(finding.values),
        }
        if self.several:
            places = [self._places.of(frame) for frame in finding.frames]
            row["file"] = [place and self.reader.files[place[0]].path for place in places]
            row["frame_in_file"] = [place and place[1] for place in places]
            row["filters"] = wording.filters_of_files(finding, self.frames_in_files(finding))
        return row

    def as_dict(self) -> Row:
        """The whole summary, ready for JSON."""
        return {
            "schema": SCHEMA,
            "files": [asdict(info) for info in self.reader.files],
            "interfaces": [_interface_row(interface) for interface in self.reader.interfaces],
            "packets": self.packets,
            "bytes": self.bytes,
            "captured_bytes": self.captured_bytes,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "duration_ns": self.duration_ns,
            "protocols": {
                ":".join(path): {"packets": packets, "bytes": octets} for path, (packets, octets) in self.protocols().items()
            },
            "conversations": self.conversations,
            "applications": self.applications,
            "busiest": self.busiest(),
            "findings": self.finding_rows(),
            "damage": [asdict(damage) for damage in self.reader.damage],
        }


def _interface_row(interface: Interface) -> Row:
    """An interface, ready for JSON; what nobody said is null."""
    row = asdict(interface)
    row["snap_length"] = interface.snap_length or None
    if interface.linktype < 0:
        row["resolution"] = None
    return row
