"""Rows of waits: one per connection, with the time that it spent for each reason, and one per phase.

WAIT and PHASE say what their keys mean, in the order in which every format has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analyzer.flow.columns import Row
from analyzer.flow.meaning import EPOCH, Key, boolean, frame, integer, listing, text, time
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.waits import Wait, Waits, waits

MEANINGS: Final = {
    Reason.CONNECT: "until the connection stood: from the first SYN to the ACK of the handshake, without syn_repeat_ns",
    Reason.SYN_REPEAT: "waiting for a SYN or SYN/ACK to be sent again",
    Reason.HEAD_OF_LINE: "later bytes were at the receiver, but earlier ones were missing",
    Reason.TAIL_LOSS: "until a timer sent again what was lost with nothing behind it, or whose acks were lost; at least,"
    " where the first copy had not passed the capture point",
    Reason.NETWORK_DELAY: "data came later than the packet before it, by its sender's time stamps: held up on its way",
    Reason.ZERO_WINDOW: "the receiver took nothing more, and the sender had more",
    Reason.WINDOW_FULL: "the receiver's window was too small for what the sender had",
    Reason.NAGLE_DELAYED_ACK: "a small segment was held back for an ack (Nagle), and that was delayed by a timer",
    Reason.SLOW_START: "a congestion window of data was under way; the sender had never repeated anything so far",
    Reason.CONGESTION_WINDOW: "the same of a sender that had",
    Reason.TRANSFER: "packets followed one another without a silence worth a name",
    Reason.ROUND_TRIP: "data and its answer were on the way, as long as that takes at least",
    Reason.SERVER_THINKING: "the server had the client's request, but did not answer",
    Reason.SERVER_IDLE: "the server paused between two segments of its own, and nothing held it up",
    Reason.CLIENT_IDLE: "it was the client's turn, or it paused, and nothing held it up",
    Reason.UNANSWERED: "the server had the client's last data, and never sent any again, whether anything was due or not",
    Reason.IDLE: "nobody had data any more: the connection was only kept open",
    Reason.CLOSE: "from the first FIN without payload behind it to the end",
    Reason.AFTER_RESET: "one side had reset the connection",
    Reason.UNKNOWN: "the capture does not tell: a direction, an ack or a first copy is missing, or the sender is too far away",
}
BEFORE: Final = {
    "stream": integer("number of the conversation, as in tcp.stream"),
    "client": text("address of the client"),
    "client_port": integer("its port"),
    "server": text("address of the server"),
    "server_port": integer("its port"),
    "start_ns": time(f"time of the first frame, {EPOCH}"),
    "duration_ns": time("from there to the latest frame, without copies that only the capture made: the sum of all reasons"),
}
BEHIND: Final = {
    "slow_start_rounds": integer("how many times the sender waited in slow_start_ns"),
    "longest": text("reason of the longest phase that is not transfer; null: none"),
    "longest_ns": time("how long it was"),
    "longest_who": text("who was waited for in it: client, server or network; null: nobody, or unknown"),
    "longest_frames": listing("numbers of the frames that prove it"),
}


def key(reason: Reason) -> str:
    """The key of the time that was spent so."""
    return f"{reason.word}_ns"


#: where the time of a TCP connection went
WAIT: Final[dict[str, Key]] = {**BEFORE, **{key(reason): time(MEANINGS[reason]) for reason in Reason}, **BEHIND}
PHASE: Final = {  #: one phase of a connection; the next one begins where it ends
    "stream": integer("number of the conversation, as in tcp.stream"),
    "reason": text("why it stood still, as in the keys of a connection without _ns"),
    "who": text("who was waited for: client, server or network; null: nobody, or unknown"),
    "direction": text("client or server: who sent the data (or the later FIN, the RST) that it is about; null: nobody"),
    "start_ns": time(f"when it begins, {EPOCH}"),
    "end_ns": time("when it ends"),
    "duration_ns": time("how long it is"),
    "at_least": boolean("it may have begun in the phase before it, which is unknown"),
    "first_frame": frame("the frame with which it begins"),
    "last_frame": frame("the frame that ends it"),
    "evidence": listing("numbers of the frames that prove it"),
}
KEYS: Final = tuple(key(reason) for reason in Reason)  #: by reason
WAIT_KEYS: Final = tuple(WAIT)
PHASE_KEYS: Final = tuple(PHASE)


class Account:
    """Adds up the phases of a connection, which may come in several parts."""

    def __init__(self, begin_ns: int) -> None:
        self.begin_ns = begin_ns
        self._totals = [0] * len(KEYS)  #: ns by reason
        self.rounds = 0
        self.longest: Wait | None = None

    def add(self, waits: Waits) -> None:
        """The next part."""
        for reason, total in waits.totals().items():
            self._totals[reason] += total
        self.rounds += waits.count(Reason.SLOW_START)
        longest = waits.longest()
        if longest is not None and (self.longest is None or longest.duration_ns > self.longest.duration_ns):
            self.longest = longest

    def row(self, stream: int, ends: Ends) -> Row:
        """`ends`: the client is the first of them."""
        longest = self.longest
        row: Row = {
            "stream": stream,
            "client": ends.addresses[0],
            "client_port": ends.ports[0],
            "server": ends.addresses[1],
            "server_port": ends.ports[1],
            "start_ns": self.begin_ns,
            "duration_ns": sum(self._totals),
        }
        row |= zip(KEYS, self._totals, strict=True)
        return row | {
            "slow_start_rounds": self.rounds,
            "longest": longest and longest.reason.word,
            "longest_ns": longest and longest.duration_ns,
            "longest_who": longest and longest.who,
            "longest_frames": list(longest.evidence) if longest else [],
        }


class Accounts:
    """The accounts of the connections of which not all was judged yet."""

    def __init__(self) -> None:
        self._open: dict[int, Account] = {}

    def judged(self, judged: Judged) -> Iterator[Row]:
        """The row of a connection, as soon as all of it was judged."""
        trace, found = judged.trace, waits_of(judged)
        account = self._open.pop(trace.stream, None) or Account(found.begin_ns)
        account.add(found)
        if not trace.over:
            self._open[trace.stream] = account
        elif judged.ends is not None:
            yield account.row(trace.stream, judged.ends)


def waits_of(judged: Judged) -> Waits:
    """The phases of what was judged of a connection."""
    return waits(judged.trace, judged.position, judged.stalls, judged.segments, judged.settled)


def phases(stream: int, waits: Waits) -> Iterator[Row]:
    """Every phase, in order."""
    for wait in waits:
        direction = None if wait.side < 0 else "client" if wait.side == waits.client else "server"
        yield {
            "stream": stream,
            "reason": wait.reason.word,
            "who": wait.who,
            "direction": direction,
            "start_ns": wait.start_ns,
            "end_ns": wait.end_ns,
            "duration_ns": wait.duration_ns,
            "at_least": wait.at_least,
            "first_frame": wait.first_frame,
            "last_frame": wait.last_frame,
            "evidence": list(wait.evidence),
        }
