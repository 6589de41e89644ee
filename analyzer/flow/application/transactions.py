# cython: language_level=3
"""DNS queries and their answers, by conversation, id and question; the rules of repeats are Wireshark's.

A query is a *repeat* while an equal one is unanswered that was sent less than RETRANSMISSION_NS before; the response time counts
from the first of them. Further responses are repeats of the first, except in zone transfers over TCP, which take several
messages (RFC 5936 section 2.2). Questions are compared without regard to case (RFC 4343): a response to another question answers
nothing (RFC 5452 section 3); one without a question belongs to the latest query with its id. Hosts that were asked by multicast
answer from an address that was not asked: there address and port of the client count.
"""

from collections import OrderedDict
from typing import Any, Final

import cython

from analyzer.flow.application.rows import Row

RETRANSMISSION_NS: Final = 5_000_000_000  #: as Wireshark's preference dns.retransmission_timer
MAX_TRANSACTIONS: Final = 65_536  #: conversations and ids that are remembered, and at most as many older ones
MAX_ALIKE: Final = 8  #: queries with the same id in one conversation and different questions (multicast DNS: id 0)
MAX_TRUNCATED: Final = 4_096  #: truncated answers that a retry over TCP is expected for

TIMER = cython.declare(cython.longlong, RETRANSMISSION_NS)


@cython.cclass
class Transaction:
    """A question that was asked, and what came of it."""

    asked: bytes
    frame: cython.longlong
    time: cython.longlong
    answer_frame: cython.longlong
    truncated_frame: cython.longlong
    truncated_time: cython.longlong
    older: Any  #: with the same id and another question

    def __init__(self, asked: bytes, frame: cython.longlong, time: cython.longlong, older: object) -> None:
        self.asked = asked
        self.frame = frame
        self.time = time
        self.answer_frame = 0  #: 0: none yet
        self.truncated_frame = 0  #: answer over UDP that made the client ask again over TCP; 0: none
        self.truncated_time = 0
        self.older = older


@cython.cclass
class Transactions:
    """Those of a capture. The older half is forgotten when there are too many: more than twice `most`; None: MAX_TRANSACTIONS.

    `key` is conversation and id in one, `asked` are the questions in lower case.
    """

    _new = cython.declare(dict, visibility="readonly")
    _old = cython.declare(dict, visibility="readonly")
    _truncated = cython.declare(object, visibility="readonly")  #: (client, server, questions) -> frame, time

    _most: cython.Py_ssize_t

    def __init__(self, most: int | None = None) -> None:
        self._most = most or MAX_TRANSACTIONS
        self._new = {}
        self._old = {}
        self._truncated = OrderedDict()

    def query(self, row: Row, key: Any, asked: bytes) -> None:
        """Fill in what a query repeats, or which truncated answer it comes after."""
        frame, time = row["last_frame"], row["time_ns"]
        repeated: Transaction | None = self.begin(key, asked, frame, time)
        if repeated is not None:
            row["retransmission"] = True
            row["repeats_frame"] = repeated.frame
            return
        if row["transport"] == "tcp":
            truncated = self._truncated.pop((row["client"], row["server"], asked), None)
            if truncated is not None:
                begun: Transaction = self._new[key]
                begun.truncated_frame, begun.truncated_time = truncated
                row["truncated_frame"] = begun.truncated_frame
        if row["protocol"] != "dns":  # it went to many, and each of them may answer
            self.begin((row["client"], row["client_port"], row["id"]), asked, frame, time)

    def response(self, row: Row, key: Any, asked: bytes, truncated: cython.bint, repeatable: cython.bint) -> None:
        """Fill in what a response answers or repeats. `repeatable`: over TCP, several may answer one query."""
        frame, time = row["last_frame"], row["time_ns"]
        transaction: Transaction | None = self.find(key, asked)
        if transaction is None and row["protocol"] != "dns":
            transaction = self.find((row["client"], row["client_port"], row["id"]), asked)
        udp: cython.bint = row["transport"] == "udp"
        if truncated and udp:
            if len(self._truncated) >= MAX_TRUNCATED:
                self._truncated.popitem(last=False)
            self._truncated[row["client"], row["server"], asked] = frame, time
        if transaction is None:
            row["query_frame"] = None
            return
        row["query_frame"] = transaction.frame
        if not transaction.answer_frame:
            transaction.answer_frame = frame
            row["response_time_ns"] = time - transaction.time
            if transaction.truncated_frame:
                row["truncated_frame"] = transaction.truncated_frame
                row["retry_cost_ns"] = time - transaction.truncated_time
        elif udp or not repeatable:
            row["retransmission"] = True
            row["repeats_frame"] = transaction.answer_frame

    @cython.ccall
    def begin(self, key: Any, asked: bytes, frame: cython.longlong, time: cython.longlong) -> Transaction | None:
        """The transaction that a query repeats; None: it begins one."""
        latest: Transaction | None = self._latest(key)
        known: Transaction | None = _alike(latest, asked)
        if known is not None and not known.answer_frame and time - known.time < TIMER:
            return known
        if known is latest and latest is not None:  # that one is over: its place is free
            latest = latest.older
        made = Transaction(asked, frame, time, latest)
        if latest is not None:
            _forget(made)
        if len(self._new) >= self._most:
            self._old, self._new = self._new, {}
        self._new[key] = made
        return None

    @cython.ccall
    def find(self, key: Any, asked: bytes) -> Transaction | None:
        """The transaction that a response belongs to."""
        latest: Transaction | None = self._latest(key)
        if asked:
            latest = _alike(latest, asked)
        return latest

    @cython.cfunc
    def _latest(self, key: Any) -> Transaction | None:
        latest: Transaction | None = self._new.get(key)
        if latest is None:
            latest = self._old.get(key)
        return latest


@cython.cfunc
def _alike(latest: Transaction | None, asked: bytes) -> Transaction | None:
    while latest is not None and latest.asked != asked:
        latest = latest.older
    return latest


@cython.cfunc
def _forget(latest: Transaction) -> None:
    """The oldest of too many with the same id, and those that ask the same as the latest."""
    kept, asked = 1, latest.asked
    older: Transaction | None = latest.older
    while older is not None:
        if older.asked == asked or kept >= MAX_ALIKE:
            latest.older = older.older
        else:
            latest = older
            kept += 1
        older = latest.older
