"""The phases of a journey: contiguous, each begins where the one before it ends, so that they add up to the whole.

- lookup: from the first query for the name to the last answer that the client waited for (lookup.py)
- race: from the first of several attempts to connect to the one that was used (race.py)
- connect: from the first SYN to the ACK that completes the handshake (RFC 9293 section 3.5), or to the failure
- proxy: CONNECT (RFC 9110 section 9.3.6), starttls: what is said in the clear before TLS, with the wait for the greeting of a
  server that speaks first; each to the first byte of TLS
- tls: from the first byte of the ClientHello to the later side's Finished, or to the first byte of the request, if that comes
  sooner (early data, RFC 8446 section 2.3; False Start, RFC 7918), or to the alert that ended it
- client: the time in between; that of the client, unless `waited` says otherwise (a server that speaks first)
- request: from its first byte to its last, with the wait for 100 Continue; at most to the first byte of the final answer
- wait: to the first byte of the answer; where encryption hides which that is, to its last byte; where none came, as long as the
  capture shows that nobody gave up
- receive: from there to its last byte
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from analyzer.dissect.application.stream import Place
from analyzer.journey.who import CLIENT, MOST_EVIDENCE, UNKNOWN, WHO, Waited

LOOKUP: Final = "lookup"
RACE: Final = "race"
CONNECT: Final = "connect"
PROXY: Final = "proxy"
STARTTLS: Final = "starttls"
TLS: Final = "tls"
BETWEEN: Final = "client"
REQUEST: Final = "request"
WAIT: Final = "wait"
RECEIVE: Final = "receive"
PHASES: Final = (LOOKUP, RACE, CONNECT, PROXY, STARTTLS, TLS, BETWEEN, REQUEST, WAIT, RECEIVE)


@dataclass(slots=True, eq=False)
class Phase:
    """One of them."""

    name: str
    start_ns: int
    end_ns: int
    first_frame: int
    last_frame: int
    waited: dict[str, int]  #: who was waited for, how long: adds up to the duration
    frames: list[int]  #: that prove it
    round_trips: int | None = None  #: in which the client waited for the server; None: not counted

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns

    @property
    def who(self) -> str | None:
        """Who was waited for most; None: it took no time."""
        waited = self._waited()
        return max(waited, key=waited.__getitem__, default=None)

    def _waited(self) -> dict[str, int]:
        """Those who were waited for, in the order of WHO."""
        return {who: self.waited[who] for who in (WHO if len(self.waited) > 1 else self.waited) if self.waited.get(who)}

    def row(self) -> dict[str, Any]:
        """As the rows of journeys have it."""
        waited = self._waited()
        return {
            "phase": self.name,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "duration_ns": self.duration_ns,
            "first_frame": self.first_frame,
            "last_frame": self.last_frame,
            "round_trips": self.round_trips,
            "who": max(waited, key=waited.__getitem__, default=None),
            "waited": waited,
            "frames": self.frames,
        }


def phases(begin: Place, ends: Iterable[tuple[str, Place]], waited: Waited) -> list[Phase]:
    """Phases from `begin` on, of which the name and end is given; one that ends before it begins takes no time.

    Phases of the client that take no time are left out: there was nothing in between.
    """
    found: list[Phase] = []
    frame, start = begin.frame, begin.time
    for name, place in ends:
        end = max(start, place.time)
        if name == BETWEEN and end == start:
            frame = place.frame
            continue
        by, frames = waited.between(start, end, CLIENT if name == BETWEEN else UNKNOWN)
        named = sorted({frame, place.frame, *frames})
        found.append(Phase(name, start, end, frame, place.frame, by, named[:MOST_EVIDENCE]))
        frame, start = place.frame, end
    return found
