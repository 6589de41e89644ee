"""The server's own time within the wait for an answer, with bounds.

The wait is what the capture point P sees: from the frame that completes the request to the first byte of the answer. In it the
request travels on from P to the server, the server works, and the answer travels back. If part of the request was lost behind P,
the wait that counts begins with the copy that arrived: the latest one that was needed. Repairs of the answer do not count
either (RFC 9293 section 3.8.1: nobody can work on what was lost). Repairs of something that the server sent before its answer,
tickets of TLS for example, do: it can work meanwhile; but not those of the answers before it to requests that were sent together,
and not where the client had to repeat something meanwhile, which may be the request. Of the rest

- `most` lacks the shortest way P -> server -> P that was ever measured: the way cannot be shorter, so it is an upper bound;
- `least` lacks the longest of the SAMPLES measurements nearest to that moment: queues on the way are as long as then at most;
- `estimate` lacks their median.

A measured way includes the time until the server sent its ACK: delayed acknowledgments (RFC 1122 section 4.2.3.2: up to 0.5 s)
that could be recognised are left out, others only make `least` smaller. A queue that is longer at the very moment than in all
measurements around it counts as the server's time. At the server's host the way is nothing, and all three are the wait itself.
Without any measurement `most` is the wait, `least` is 0, and there is no estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analyzer.journey.connection import Connection

SAMPLES: Final = 9  #: the nearest in time, before or after
NEAR_NS: Final = 10_000_000_000  #: farther ones say nothing about that moment, if there are nearer ones


@dataclass(frozen=True, slots=True)
class ServerTime:
    """In ns."""

    least: int
    estimate: int | None
    most: int


def server_time(connection: Connection, start_ns: int, end_ns: int, repaired_ns: int) -> ServerTime:
    """Of a wait from and to these times, `repaired_ns` of which went into repairs of losses."""
    wait = max(0, end_ns - start_ns - repaired_ns)
    shortest = connection.position.far[connection.client]
    near = _near(connection, start_ns, end_ns)
    if not near and shortest is None:
        return ServerTime(0, None, wait)
    if shortest is None:
        shortest = near[0]
    near = near or [shortest]
    most = max(0, wait - min(shortest, near[0]))
    # one measurement alone, the shortest ever, does not say how long the way may be
    least = max(0, wait - near[-1]) if connection.rtt_ns is not None and len(connection.rtt_ns) else 0
    return ServerTime(least, min(max(wait - near[len(near) // 2], least), most), most)


def _near(connection: Connection, start_ns: int, end_ns: int) -> list[int]:
    """The ways that were measured around that time, the shortest first."""
    times, ways = connection.rtt_time, connection.rtt_ns
    if times is None or ways is None or not len(times):
        return []
    first, last = times.searchsorted((start_ns, end_ns)).tolist()
    around = slice(max(0, first - SAMPLES), last + SAMPLES)
    away = [max(start_ns - time, time - end_ns, 0) for time in times[around].tolist()]
    order = sorted(range(len(away)), key=away.__getitem__)[:SAMPLES]
    farthest = max(NEAR_NS, away[order[0]])
    found = ways[around].tolist()
    return sorted(found[at] for at in order if away[at] <= farthest)
