"""Repeated requests: the same client asks the same for the same body again, on a new connection.

Whether that is a retry shows in what became of the attempt before: no answer yet, or one that invites to try again. The time
between attempts is their back-off. Only bodies of which there is a digest can be told to be the same.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, NamedTuple

from analyzer.dissect.application.http1.message import Request

MAX_REMEMBERED: Final = 1 << 16  #: requests; the one whose latest attempt is the oldest is forgotten first

Same = tuple[str, str, str | None, str, bytes]  #: client, method, host, target, digest of the body


class Repeat(NamedTuple):
    """What came before a request that is repeated."""

    frame: int  #: of the attempt before
    attempt: int  #: number of this one
    since_ns: int
    status: int | None  #: what the attempt before was answered with


@dataclass(slots=True)
class _Attempt:
    stream: int
    frame: int
    time: int
    number: int = 1
    status: int | None = None


class Repeats:
    """Remembers the latest attempt of each request; most: of so many; None: MAX_REMEMBERED."""

    def __init__(self, most: int | None = None) -> None:
        self.forgotten = 0  #: requests that had to make room
        self._most = most or MAX_REMEMBERED
        self._attempts: OrderedDict[Same, _Attempt] = OrderedDict()

    def request(self, message: Request) -> Repeat | None:
        """What it repeats."""
        last, origin = message.last, message.origin
        if message.digest is None or not message.complete or last is None or origin is None:
            return None
        same = (origin.addresses[message.direction], message.method, message.host, message.target, message.digest)
        attempts = self._attempts
        before = attempts.pop(same, None)  # the latest stand last
        repeated = before is not None and before.stream != origin.stream
        number = before.number + 1 if before is not None and repeated else 1
        if len(attempts) >= self._most:
            attempts.popitem(last=False)
            self.forgotten += 1
        attempts[same] = _Attempt(origin.stream, last.frame, last.time, number)
        if before is None or not repeated:
            return None
        return Repeat(before.frame, number, last.time - before.time, before.status)

    def response(self, request: Request, status: int) -> None:
        """The latest attempt has been answered."""
        last, origin = request.last, request.origin
        if request.digest is None or last is None or origin is None:
            return
        same = (origin.addresses[request.direction], request.method, request.host, request.target, request.digest)
        attempt = self._attempts.get(same)
        if attempt is not None and attempt.frame == last.frame:
            attempt.status = status
