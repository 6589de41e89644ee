"""What each conversation is called: its application, and the name and protocol that a ClientHello asked for."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from analyzer.batch import Int64
from analyzer.dissect.application.stream import Message
from analyzer.dissect.application.tls.message import ClientHello, ServerHello
from analyzer.flow.columns import Columns
from analyzer.flow.slots import Slots
from analyzer.flow.state import State

MAX_NAME: Final = 255  #: characters of a server name, as of any name in DNS (RFC 1035 section 2.3.4)
MAX_LABELS: Final = 1 << 18  #: different ones of conversations that have not left; further conversations get none
SEARCHED_SHARE: Final = 8  #: between two searches for those that nobody has come one part in so many of MAX_LABELS

Label = tuple[str, str | None, str | None]
NOTHING: Final[Label] = ("", None, None)


class Labels:
    """(application, SNI, ALPN) of the conversations of one protocol: a number each, since most share theirs with others."""

    def __init__(self, slots: Slots) -> None:
        self.forgotten = 0  #: labels without room, after MAX_LABELS
        self.conversations: Counter[str] = Counter()  #: by application
        self._of_slot = State([0], dtype=np.int32)
        slots.add(self._of_slot)
        self._labels: list[Label] = [NOTHING]
        self._number: dict[Label, int] = {NOTHING: 0}
        self._free: list[int] = []  #: numbers that nobody has any more
        self._since = 0  #: new labels since the latest search for such

    def application(self, slot: int) -> str:
        """Its protocol; "" while that is unknown."""
        return self._labels[int(self._of_slot.array[slot, 0])][0]

    def recognised(self, slot: int, application: str) -> None:
        """The protocol of a conversation is known."""
        before, sni, alpn = self._labels[self._of_slot.array[slot, 0]]
        self.conversations[application] += 1
        if before:
            self.conversations[before] -= 1
        self._set(slot, (application, sni, alpn))

    def recognised_anew(self, slots: Int64, application: str) -> None:
        """The protocol of these conversations is known, of which nothing was known before."""
        self.conversations[application] += len(slots)
        self._of_slot.array[slots, 0] = self._numbered((application, None, None), len(slots))

    def update(self, message: Message) -> None:
        """Learn from a hello. The protocol that the server chose counts; in TLS 1.3, where that is encrypted, the offer."""
        if isinstance(message, ClientHello):
            assert message.origin is not None
            application, sni, alpn = self._labels[self._of_slot.array[message.origin.slot, 0]]
            if sni is None and alpn is None:
                offered = ",".join(message.alpn) if message.alpn else None
                asked = message.sni[:MAX_NAME] if message.sni else None
                self._set(message.origin.slot, (application, asked, offered and offered[:MAX_NAME]))
        elif isinstance(message, ServerHello) and message.alpn:
            assert message.origin is not None
            application, sni, _ = self._labels[self._of_slot.array[message.origin.slot, 0]]
            self._set(message.origin.slot, (application, sni, message.alpn))

    def columns(self, slots: Int64) -> Columns:
        """The keys of conversations that labels fill."""
        labels = [self._labels[number] for number in self._of_slot.array[slots, 0].tolist()]
        return {
            "sni": [label[1] for label in labels],
            "alpn": [label[2] for label in labels],
            "application": [label[0] or None for label in labels],
        }

    def _set(self, slot: int, label: Label) -> None:
        number = self._numbered(label)
        if number:
            self._of_slot.array[slot, 0] = number

    def _numbered(self, label: Label, conversations: int = 1) -> int:
        """The number of a label; 0: there is no room for it."""
        number = self._number.get(label)
        if number is None:
            self._since += 1
            if len(self._labels) < MAX_LABELS:
                number = len(self._labels)
                self._labels.append(label)
            else:
                if not self._free and self._since > MAX_LABELS // SEARCHED_SHARE:
                    self._search()
                if not self._free:
                    self.forgotten += conversations
                    return 0
                number = self._free.pop()
                self._labels[number] = label
            self._number[label] = number
        return number

    def _search(self) -> None:
        """Find the labels that no conversation has any more: their numbers may be given again."""
        used = np.zeros(len(self._labels), np.bool_)
        used[self._of_slot.array[:, 0]] = used[0] = True
        self._free = np.flatnonzero(~used).tolist()
        for number in self._free:
            del self._number[self._labels[number]]
            self._labels[number] = NOTHING
        self._since = 0
