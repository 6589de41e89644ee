"""Attempts to reach one name: which of several connections was used, and which were only tried (RFC 8305, Happy Eyeballs).

A name has several addresses. Clients try one, and the next one when the first failed or takes too long; what matters to the
user is the whole of it. Two attempts belong together when the same lookup gave both addresses (lookup.py), the addresses differ,
and the earlier one was given up without a byte of its client, as far as that can be seen: the later began

- up to ATTEMPTS_NS after the earlier (the longest delay between attempts, RFC 8305 section 5), or
- up to ATTEMPTS_NS after it had failed (refused, reset), or
- before the next repeat of its SYN was over: after so long as it had tried already (the timer doubles, RFC 6298 section 5.5), and
  ATTEMPTS_NS.

The attempt that is used is the first with data of the client, or else the first that was established, or else the last: then
all failed. Its journey begins with the first of them. The others lost; a client may begin them after the one that is used, too,
until that was established. Without a lookup in the capture nothing is said: to open connections to many hosts is no race.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analyzer.journey.connection import Connection
from analyzer.journey.lookup import ATTEMPTS_NS, Lookup

MOST_TOGETHER: Final = 32  #: attempts of one race


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection as far as a race is concerned."""

    stream: int
    server: str
    syn_frame: int
    syn_ns: int
    last_syn_ns: int  #: of what the client sent until it gave up; syn_ns where that is not known
    connected_ns: int | None  #: None: never
    failed_ns: int | None  #: refused or reset
    failed_frame: int | None
    used: bool  #: its client sent data
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class Race:
    """Several attempts."""

    attempts: tuple[Attempt, ...]  #: in the order of their begin
    used: Attempt

    @property
    def won(self) -> bool:
        return self.used.connected_ns is not None

    @property
    def earlier(self) -> tuple[Attempt, ...]:
        """Those before the one that is used."""
        return self.attempts[: self.attempts.index(self.used)]

    def failed_before(self, attempt: Attempt) -> bool:
        """Whether this attempt had failed by itself when the one began that is used."""
        if attempt.failed_ns is not None:
            return attempt.failed_ns <= self.used.syn_ns
        return attempt.connected_ns is None and attempt.syn_ns < attempt.last_syn_ns <= self.used.syn_ns


def attempt(connection: Connection, lookup: Lookup | None) -> Attempt | None:
    """What a race has to know of a connection; None: it cannot belong to one."""
    opened = connection.opened
    if lookup is None or opened.syn is None:
        return None
    connected = None if opened.ack is None else opened.ack.time
    failed = opened.reset if connected is None or opened.reset_by == "server" else None
    last = connection.last.time if connected is None and failed is None else opened.syn.time
    return Attempt(
        connection.stream, connection.ends.addresses[1], opened.syn.frame, opened.syn.time, last, connected,
        failed and failed.time, failed and failed.frame, connection.data_client > 0, lookup,
    )  # fmt: skip


def races(attempts: Iterable[Attempt]) -> list[Race]:
    """Those with more than one attempt."""
    together: dict[tuple[str, str, int | None], list[Attempt]] = {}
    for one in attempts:
        lookup = one.lookup
        key = (lookup.client, lookup.name.lower(), lookup.query_frame or lookup.last_answer_frame)
        together.setdefault(key, []).append(one)
    found: list[Race] = []
    for group in together.values():
        if len(group) > 1:
            found += _split(sorted(group, key=lambda one: (one.syn_ns, one.syn_frame)))
    return found


def _split(attempts: Sequence[Attempt]) -> Iterable[Race]:
    """The races among attempts that acted upon one lookup."""
    run: list[Attempt] = []
    for one in attempts:
        if run and (len(run) == MOST_TOGETHER or not _follows(run, one)):
            yield from _race(run)
            run = []
        run.append(one)
    yield from _race(run)


def _follows(run: Sequence[Attempt], later: Attempt) -> bool:
    """Whether this attempt belongs to the race of those before it."""
    if any(one.server == later.server for one in run):
        return False
    used = next((one for one in run if one.used), None)
    if used is not None:  # begun before anybody knew that it was not needed
        return not later.used and used.connected_ns is not None and later.syn_ns <= used.connected_ns
    before = run[-1]
    if before.failed_ns is not None and before.failed_ns <= later.syn_ns:
        return later.syn_ns - before.failed_ns <= ATTEMPTS_NS
    tried = before.last_syn_ns - before.syn_ns
    return later.syn_ns - before.last_syn_ns <= tried + ATTEMPTS_NS


def _race(run: Sequence[Attempt]) -> Iterable[Race]:
    if len(run) < 2:
        return
    used = next((one for one in run if one.used), None) or next((one for one in run if one.connected_ns is not None), run[-1])
    yield Race(tuple(run), used)
