"""What two readers of the same frame say differently, and what came of asking one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

MAX_DIFFERENCES: Final = 1_000  #: kept of each opinion; the others are counted only


@dataclass(slots=True)
class Difference:
    """One value of one frame on which we and a second opinion do not agree."""

    frame: int
    field: str  #: Wireshark's name, or that of a protocol where a whole header is at stake
    ours: str | None
    theirs: str | None
    by: str  #: dpkt, scapy, tshark
    explanation: str = ""  #: name of an explained.Explanation; empty: unexplained
    words: str = ""  #: tshark's own line about it, as pyshark reads it


@dataclass(slots=True)
class Opinion:
    """All that one other reader had to say about one capture."""

    by: str
    version: str = ""
    absent: str = ""  #: why it could not be asked; empty: it was
    notes: list[str] = field(default_factory=list)  #: what limits the comparison
    frames: int = 0  #: compared
    values: int = 0  #: compared: those that at least one of the two has
    skipped: int = 0  #: frames it cannot read: link types it does not know, or it gave up on them
    differences: list[Difference] = field(default_factory=list)
    explained: Counter[str] = field(default_factory=Counter)  #: by explanation
    unexplained: int = 0

    def add(self, difference: Difference) -> None:
        """Count it; keep it while there is room. Unexplained ones push explained ones out."""
        if difference.explanation:
            self.explained[difference.explanation] += 1
        else:
            self.unexplained += 1
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences.append(difference)
        elif not difference.explanation:
            for i in range(len(self.differences) - 1, -1, -1):
                if self.differences[i].explanation:
                    del self.differences[i]
                    self.differences.append(difference)
                    return


@dataclass(slots=True)
class Verification:
    """The second opinions on one capture."""

    path: str
    frames: int = 0  #: that were chosen
    opinions: list[Opinion] = field(default_factory=list)

    @property
    def unexplained(self) -> int:
        return sum(opinion.unexplained for opinion in self.opinions)
