"""Where the capture point P lies between the two ends: the shortest times from P to each end and back.

`far` of the data of X is P -> Y -> P: from a packet of X that passes P to the first answer of Y. `near` is P -> X -> P, the same
with the roles changed, so the near of one side is the far of the other; their sum is a round trip. An answer can only come late
(a delayed ack, an idle application, a queue), so the minimum over the connection is taken, of what
time stamp echoes (RFC 7323), acks of segments sent once (Karn, RFC 6298 section 3) and the handshake say.

P is at the machine of an end if that answers within AT_HOST_NS and AT_HOST_SHARE of the round trip; in a round trip so short
that the work of the machine itself counts (measured: 14 to 60 us), within TURN_NS and TURN_SHARE of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.acknowledged import Acknowledged, Source, acknowledged
from analyzer.flow.tcp.ledger.delay import UNUSABLE, delays, shortest
from analyzer.flow.tcp.ledger.echo import pairs
from analyzer.flow.tcp.ledger.trace import NONE, Trace

AT_HOST_NS: Final = 1_000_000
AT_HOST_SHARE: Final = 0.1
TURN_NS: Final = 100_000
TURN_SHARE: Final = 0.2
HANDSHAKE: Final = int(Source.HANDSHAKE)

Both = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Position:
    """Of the capture point; every pair is by direction of the data, in ns, None where nothing was measured."""

    far: Both  #: P -> receiver -> P
    known: tuple[str | None, str | None]  #: what `far` is from: "timestamps", "acks" or "handshake"
    client: int  #: direction of the client

    @property
    def near(self) -> Both:
        """P -> sender -> P."""
        return self.far[1], self.far[0]

    def rtt(self) -> int | None:
        """The shortest round trip, the same for both directions; None: not even one half was measured."""
        measured = [half for half in self.far if half is not None]
        return sum(measured) if measured else None

    @property
    def place(self) -> str | None:
        """Where P is: "client", "server" (at its machine), "middle"; None: a half is unknown, or both ends answer at once."""
        client, server = self.near[self.client], self.near[1 - self.client]
        if client is None or server is None:
            return None
        if _at_host(min(client, server), client + server):
            return "client" if client < server else "server"
        return "middle" if max(client, server) >= TURN_NS else None


class Answers(NamedTuple):
    """What answered what in a trace, as far as its position and round trips are measured by it."""

    echoes: tuple[Int64, Int64]  #: see echo.py
    echoed: Int64  #: ns from each of these to its echo, or UNUSABLE
    acks: Acknowledged
    acked: Int64  #: ns from each of these segments to its ack, or UNUSABLE


def answers(trace: Trace) -> Answers:
    """Of a trace of which no more is known."""
    echoes, acks = pairs(trace), acknowledged(trace)
    return Answers(echoes, delays(trace, *echoes), acks, delays(trace, acks.sent, acks.ack))


def position(trace: Trace) -> Position:
    """Measured over the whole connection."""
    return located(trace, answers(trace))


def located(trace: Trace, known: Answers) -> Position:
    """The same where its answers are known."""
    (echoing, _), echoed, acks, acked = known
    rivalled = (acks.rival != NONE).nonzero()[0]
    if len(rivalled):
        acked = acked.copy()
        acked[rivalled] = UNUSABLE
    found: list[tuple[int | None, str | None]] = []
    for echo, ack in zip(shortest(trace, echoing, echoed), shortest(trace, acks.sent, acked), strict=True):
        least, by = (int(echoed[echo]), "timestamps") if echo >= 0 else (None, None)
        if ack >= 0 and (least is None or acked[ack] < least):
            least, by = int(acked[ack]), "handshake" if acks.source[ack] == HANDSHAKE else "acks"
        found.append((least, by))
    return Position((found[0][0], found[1][0]), (found[0][1], found[1][1]), trace.client)


def _at_host(near: int, rtt: int) -> bool:
    return (near < AT_HOST_NS and near < AT_HOST_SHARE * rtt) or (near < TURN_NS and near < TURN_SHARE * rtt)
