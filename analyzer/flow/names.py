"""Names of addresses, as the capture itself knows them: name resolution blocks of pcapng, and DNS answers that were seen.

A name is the one that was asked for, whatever aliases led to the address; the first name of an address stays. Nothing is
looked up: what the network said while the capture ran is what the user's programs believed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final

import numpy as np

from analyzer.batch import Batch, Table
from analyzer.dissect.application import dns

FAMILY: Final = {4: AF_INET, 16: AF_INET6}  #: by the length of an address
MAX_NAMES: Final = 65_536  #: addresses of which a name is kept
MAX_MESSAGE: Final = 9_000  #: bytes of a DNS message over UDP that are looked at


class Names:
    """Address (as text) -> name, and back."""

    def __init__(self) -> None:
        self.forgotten = 0  #: names that had to make room for others, after MAX_NAMES
        self._name: OrderedDict[str, str] = OrderedDict()
        self._addresses: dict[str, dict[str, int]] = {}
        self._blocks_read = 0

    def update(self, batch: Batch, udp: Table | None, blocks: Mapping[bytes, str]) -> None:
        """Learn from the responses of a batch, and from the name resolution blocks that the reader has met so far."""
        if len(blocks) != self._blocks_read:
            for raw, name in list(blocks.items())[self._blocks_read :]:
                if len(raw) in FAMILY:
                    self._learn(inet_ntop(FAMILY[len(raw)], raw), name, 0)
            self._blocks_read = len(blocks)
        if udp is None:
            return
        port = udp["srcport"]
        response = (port == dns.PORTS[0]) | (port == dns.PORTS[1]) | (port == dns.PORTS[2])
        if not response.any():
            return
        for i in np.flatnonzero(response & (udp["carries"] >= 0) & (udp["quoted"] == 0)).tolist():
            at, end = int(udp["inner"][i]), int(udp["inner_end"][i])
            frame = int(batch.number[udp["row"][i]])
            for address, name in dns.addresses(batch.data[at : min(end, at + MAX_MESSAGE)].tobytes()):
                self._learn(address, name, frame)

    def name(self, address: str) -> str:
        """The name of an address, or the address itself."""
        return self._name.get(address, address)

    def addresses(self, name: str) -> Mapping[str, int]:
        """The addresses that have this name, without regard to case -> the frame that says so; 0: the capture file itself."""
        return self._addresses.get(name.lower(), {})

    def _learn(self, address: str, name: str, frame: int) -> None:
        if not name or address in self._name:
            return
        if len(self._name) >= MAX_NAMES:
            self._forget_oldest()
        self._name[address] = name
        self._addresses.setdefault(name.lower(), {})[address] = frame

    def _forget_oldest(self) -> None:
        self.forgotten += 1
        address, name = self._name.popitem(last=False)
        addresses = self._addresses[name.lower()]
        del addresses[address]
        if not addresses:
            del self._addresses[name.lower()]
