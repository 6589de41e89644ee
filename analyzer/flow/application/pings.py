"""Which pong answers which ping (RFC 6455 sections 5.5.2 and 5.5.3), in one WebSocket connection.

A pong has the payload of its ping. Of several pings with that payload it answers the oldest one if each gets an answer; but a
program may answer the latest only, so that this is not certain. Pings before the one that is answered need no pong any more. The
directions of a connection are read apart: where one has a hole, a pong may be read before the ping that came before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from analyzer.dissect.application.stream import Place

MAX_WAITING: Final = 64  #: pings without a pong, and pongs without a ping, of each side that are remembered


class Sent(NamedTuple):
    """A ping or a pong."""

    payload: bytes
    place: Place


class Answered(NamedTuple):
    """The other one of a pair."""

    place: Place
    certain: bool  #: no other one could be it


def _some() -> tuple[list[Sent], list[Sent]]:
    return ([], [])  # a deque takes 600 bytes even if it is empty, as nearly all of these are


def _add(waiting: list[Sent], one: Sent) -> None:
    """One more waits; of too many the oldest is forgotten."""
    if len(waiting) >= MAX_WAITING:
        del waiting[0]
    waiting.append(one)


@dataclass(slots=True)
class Pings:
    """Those of one connection, by the direction of their sender."""

    pings: tuple[list[Sent], list[Sent]] = field(default_factory=_some)
    pongs: tuple[list[Sent], list[Sent]] = field(default_factory=_some)

    def ping(self, direction: int, payload: bytes, place: Place) -> Answered | None:
        """A ping: the pong that answers it, if that was read already."""
        pongs = self.pongs[1 - direction]
        later = [one for one in pongs if one.payload == payload and one.place.frame > place.frame]
        if not later:
            _add(self.pings[direction], Sent(payload, place))
            return None
        pongs.remove(later[0])
        return Answered(later[0].place, len(later) == 1)

    def pong(self, direction: int, payload: bytes, place: Place) -> Answered | None:
        """A pong: the ping that it answers, if there is one."""
        pings = self.pings[1 - direction]
        same = sum(one.payload == payload for one in pings)
        if not same:
            _add(self.pongs[direction], Sent(payload, place))
            return None
        while (one := pings.pop(0)).payload != payload:
            pass
        return Answered(one.place, same == 1)
