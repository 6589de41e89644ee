"""The words for why a connection stood still, and who was waited for (waits.py defines them)."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Final


class Reason(IntEnum):
    """Each name in lower case is what rows say."""

    CONNECT = 0
    SYN_REPEAT = auto()
    HEAD_OF_LINE = auto()
    TAIL_LOSS = auto()
    NETWORK_DELAY = auto()
    ZERO_WINDOW = auto()
    WINDOW_FULL = auto()
    NAGLE_DELAYED_ACK = auto()
    SLOW_START = auto()
    CONGESTION_WINDOW = auto()
    TRANSFER = auto()
    ROUND_TRIP = auto()
    SERVER_THINKING = auto()
    SERVER_IDLE = auto()
    CLIENT_IDLE = auto()
    UNANSWERED = auto()
    IDLE = auto()
    CLOSE = auto()
    AFTER_RESET = auto()
    UNKNOWN = auto()

    @property
    def word(self) -> str:
        return self.name.lower()


#: what an instant is said to be where several of these hold; they come before all reasons of silences
PRECEDENCE: Final = (
    Reason.AFTER_RESET,
    Reason.SYN_REPEAT,
    Reason.CONNECT,
    Reason.CLOSE,
    Reason.HEAD_OF_LINE,
    Reason.ZERO_WINDOW,
)
NETWORK: Final = frozenset(
    (
        Reason.CONNECT, Reason.SYN_REPEAT, Reason.HEAD_OF_LINE, Reason.TAIL_LOSS, Reason.NETWORK_DELAY, Reason.SLOW_START,
        Reason.CONGESTION_WINDOW, Reason.TRANSFER, Reason.ROUND_TRIP,
    )
)  # fmt: skip
RECEIVER: Final = frozenset((Reason.ZERO_WINDOW, Reason.WINDOW_FULL, Reason.NAGLE_DELAYED_ACK))
SERVER: Final = frozenset((Reason.SERVER_THINKING, Reason.SERVER_IDLE))


def waited_for(reason: Reason, side: int, client: int) -> str | None:
    """client, server or network; None: nobody, or it is not known. `side` sent the data, in CLOSE the last FIN, or below 0."""
    if reason in NETWORK:
        return "network"
    if reason in SERVER:
        return "server"
    if reason == Reason.CLIENT_IDLE:
        return "client"
    if side < 0 or (reason not in RECEIVER and reason != Reason.CLOSE):
        return None
    sender_is_client = side == client
    return "client" if sender_is_client == (reason == Reason.CLOSE) else "server"
