"""Header fields, frame by frame: ours against those of a library that reads one frame at a time.

The libraries know fewer protocols than we do and stop earlier, so a header that they lack proves nothing. Each header that
they do find is compared with ours of the same protocol at the same depth (its first with our first, and so on).
Since they read some thousand frames a second, all of the first frames are compared and then every so many-th.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .difference import Difference, Opinion
from .explained_headers import explain_header
from .explanation import Evidence
from .ours import FIELDS, headers
from .with_dpkt import Layers

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection

FIRST_FRAMES: Final = 20_000  #: all of these are compared
EVERY: Final = 100  #: then each hundredth


class Library(Protocol):
    """Someone who can read the headers of one frame."""

    name: str
    version: str

    def knows(self, linktype: int) -> bool: ...
    def layers(self, linktype: int, frame: bytes) -> Layers | None: ...


class HeaderCheck:
    """Compares batch after batch with the opinions of some libraries."""

    def __init__(self, libraries: list[Library], first: int = FIRST_FRAMES, every: int = EVERY) -> None:
        self.libraries = libraries
        self.first = first
        self.every = every
        self.opinions = [Opinion(library.name, library.version) for library in libraries]

    def update(self, dissection: Dissection, chosen: NDArray[np.bool_]) -> None:
        """Compare those of the chosen frames of one batch that the sampling rule takes."""
        batch = dissection.batch
        number = batch.number
        if len(batch) and number[-1] > self.first:
            note = f"dpkt and scapy read all of the first {self.first:,} frames, then every {self.every:,}th"
            for opinion in self.opinions:
                opinion.notes = [note]
        rows = np.flatnonzero(chosen & ((number <= self.first) | (number % self.every == 0)))
        if not len(rows) or not self.libraries:
            return
        ours: dict[str, dict[int, list[dict[str, Any]]]] = {}
        for protocol in FIELDS:
            table = dissection.walk.table(protocol)
            ours[protocol] = headers(batch, protocol, table, rows) if table is not None else {}
        fcs = [interface.fcs_length for interface in batch.interfaces]
        columns = (batch.start, batch.end, batch.reported, batch.linktype, batch.interface, batch.number)
        data = batch.data.data
        for row, *values in zip(rows.tolist(), *(column[rows].tolist() for column in columns), strict=True):
            start, end, reported, linktype, interface, frame = values
            mine = {protocol: found.get(row, []) for protocol, found in ours.items()}
            check = max(0, end - reported + fcs[interface]) if fcs[interface] else 0  # of it, captured
            raw = bytes(data[start : max(start, end - check)])
            for library, opinion in zip(self.libraries, self.opinions, strict=True):
                theirs = library.layers(linktype, raw) if library.knows(linktype) else None
                if theirs is None:
                    opinion.skipped += 1
                    continue
                opinion.frames += 1
                self._compare(opinion, frame, mine, theirs, raw)

    def _compare(self, opinion: Opinion, frame: int, ours: dict[str, list[dict[str, Any]]], theirs: Layers, raw: bytes) -> None:
        seen: dict[str, int] = {}
        for place, (protocol, fields) in enumerate(theirs):
            depth = seen.get(protocol, 0)
            seen[protocol] = depth + 1
            if depth >= len(ours[protocol]):
                evidence = Evidence(opinion.by, raw, theirs, ours, place)
                self._add(opinion, Difference(frame, protocol, None, "present", opinion.by), evidence)
                continue
            mine = ours[protocol][depth]
            for name, value in fields.items():
                opinion.values += 1
                if mine[name] != value:
                    evidence = Evidence(opinion.by, raw, theirs, ours, place)
                    self._add(opinion, Difference(frame, name, str(mine[name]), str(value), opinion.by), evidence)

    @staticmethod
    def _add(opinion: Opinion, difference: Difference, evidence: Evidence) -> None:
        difference.explanation = explain_header(difference, evidence)
        opinion.add(difference)
