# cython: language_level=3
"""DNS queries and their answers, by conversation, id and question; the rules of repeats are Wireshark's.

A query is a *repeat* while an equal one is unanswered that was sent less than RETRANSMISSION_NS before; the response time counts
from the first of them. Further responses are repeats of the first, except in zone transfers over TCP, which take several
messages (RFC 5936 section 2.2). Questions are compared without regard to case (RFC 4343): a response to another question answers
nothing (RFC 5452 section 3); one without a question belongs to the latest query with its id. Hosts that were asked by multicast
answer from an address that was not asked: there address and port of the client count.
"""

from typing import Any, Final

import cython

RETRANSMISSION_NS: Final = 5_000_000_000  #: as Wireshark's preference dns.retransmission_timer
MAX_TRANSACTIONS: Final = 65_536  #: conversations and ids that are remembered, and at most as many older ones
MAX_ALIKE: Final = 8  #: queries with the same id in one conversation and different questions (multicast DNS: id 0)
MAX_TRUNCATED: Final = 4_096  #: truncated answers that a retry over TCP is expected for

TIMER = cython.declare(cython.longlong, RETRANSMISSION_NS)


@cython.cclass
class Transaction:
    """A question that was asked, and what came of it."""

    asked = cython.declare(bytes, visibility="readonly")
    frame = cython.declare(cython.longlong, visibility="readonly")
    time = cython.declare(cython.longlong, visibility="readonly")
    answer_frame = cython.declare(cython.longlong, visibility="public")
    truncated_frame = cython.declare(cython.longlong, visibility="readonly")
    truncated_time = cython.declare(cython.longlong, visibility="readonly")
    older = cython.declare(object, visibility="public")  #: with the same id and another question

    def __init__(self, asked: bytes, frame: cython.longlong, time: cython.longlong, older: object) -> None:
        self.asked = asked
        self.frame = frame
        self.time = time
        self.answer_frame = 0  #: 0: none yet
        self.truncated_frame = 0  #: answer over UDP that made the client ask again over TCP; 0: none
        self.truncated_time = 0
        self.older = older


class Transactions:
    """Those of a capture. The older half is forgotten when there are too many."""

    def __init__(self) -> None:
        self._new: dict[Any, Transaction] = {}
        self._old: dict[Any, Transaction] = {}
        self._truncated: dict[tuple[str, str, bytes], tuple[int, int]] = {}

    def query(self, key: Any, asked: bytes, frame: int, time: int) -> tuple[Transaction, bool]:
        """The transaction that a query begins, or (True) repeats."""
        asked = asked.lower()
        latest = self._latest(key)
        known = _alike(latest, asked)
        if known is not None and not known.answer_frame and time - known.time < TIMER:
            return known, True
        if known is latest and latest is not None:  # that one is over: its place is free
            latest = latest.older
        made = Transaction(asked, frame, time, latest)
        if latest is not None:
            _forget(made)
        if len(self._new) >= MAX_TRANSACTIONS:
            self._old, self._new = self._new, {}
        self._new[key] = made
        return made, False

    def response(self, key: Any, asked: bytes) -> Transaction | None:
        """The transaction that a response belongs to."""
        latest = self._latest(key)
        return _alike(latest, asked.lower()) if asked else latest

    def truncated(self, client: str, server: str, asked: bytes, frame: int, time: int) -> None:
        """An answer over UDP was truncated."""
        if len(self._truncated) >= MAX_TRUNCATED:
            del self._truncated[next(iter(self._truncated))]
        self._truncated[client, server, asked.lower()] = frame, time

    def retried(self, client: str, server: str, transaction: Transaction) -> None:
        """A query over TCP: is it the retry after a truncated answer?"""
        known = self._truncated.pop((client, server, transaction.asked), None)
        if known is not None:
            transaction.truncated_frame, transaction.truncated_time = known

    def _latest(self, key: Any) -> Transaction | None:
        return self._new.get(key) or self._old.get(key)


@cython.cfunc
def _alike(latest: Transaction | None, asked: bytes) -> Transaction | None:
    while latest is not None and latest.asked != asked:
        latest = latest.older
    return latest


@cython.cfunc
def _forget(latest: Transaction) -> None:
    """The oldest of too many with the same id, and those that ask the same as the latest."""
    kept, asked = 1, latest.asked
    while latest.older is not None:
        if latest.older.asked == asked or kept >= MAX_ALIKE:
            latest.older = latest.older.older
        else:
            latest = latest.older
            kept += 1
