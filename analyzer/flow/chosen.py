"""Which conversations a selection of frames touches: those with a selected packet."""

from __future__ import annotations

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.dissect.walk import Walk
from analyzer.flow.fact import Fact, Facts


class Chosen:
    """Call `update` for each batch of a capture; without a selection everything is chosen."""

    def __init__(self) -> None:
        self.streams: dict[str, Column] | None = None  #: protocol -> a boolean for each stream; None: there is no selection

    def update(self, walk: Walk, tcp: Facts, udp: Facts, mask: Column | None) -> None:
        """Take the packets of a batch; `mask` says which of its frames are selected, None: all."""
        if mask is None:
            return
        if self.streams is None:
            self.streams = {"tcp": np.zeros(0, bool), "udp": np.zeros(0, bool)}
        for protocol, facts in (("tcp", tcp), ("udp", udp)):
            table = walk.table(protocol)
            if table is not None:
                stream = facts[Fact.STREAM][mask[table["row"]] & (facts[Fact.SIZE] >= 0)]
                self.streams[protocol] = _marked(self.streams[protocol], stream)

    def among(self, protocol: str, streams: Int64) -> Column:
        """Which of these streams have a selected packet."""
        if self.streams is None:
            return np.ones(len(streams), bool)
        seen = self.streams[protocol]
        return (streams < len(seen)) & seen[np.minimum(streams, len(seen) - 1)] if len(seen) else np.zeros(len(streams), bool)


def _marked(seen: Column, stream: Column) -> Column:
    if len(stream):
        most = int(stream.max()) + 1
        if most > len(seen):
            seen = np.concatenate([seen, np.zeros(2 * most - len(seen), bool)])
        seen[stream] = True
    return seen
