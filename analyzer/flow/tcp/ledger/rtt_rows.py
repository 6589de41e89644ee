"""Rows of round trips: one per connection and direction of its data, and one per sample.

RTT and SERIES say what their keys mean, in the order in which every format has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analyzer.flow.columns import Row
from analyzer.flow.meaning import EPOCH, boolean, frame, integer, text, time
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.acknowledged import Source
from analyzer.flow.tcp.ledger.delay import UNUSABLE
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.rtt import Measured, RoundTrips, Samples
from analyzer.flow.tcp.ledger.rtt_account import Account
from analyzer.flow.tcp.ledger.trace import Trace
from analyzer.flow.tcp.ledger.verdict import Kind

RTT: Final = {  #: the round trips of the data of one direction; a time is null where there is no sample of it
    "stream": integer("number of the conversation, as in tcp.stream"),
    "client": text("address of the client"),
    "client_port": integer("its port"),
    "server": text("address of the server"),
    "server_port": integer("its port"),
    "direction": text("sender of the data whose acks are measured: client or server"),
    "samples": integer("acks that could be measured: of data sent once, or told from its copies by time stamps (Karn)"),
    "samples_compared": integer("of them those that the medians and p95 are of: all, or in a long connection every 2nd, 4th ..."),
    "min_ns": time("the shortest round trip: to the receiver and back to the sender, wherever the capture point is"),
    "median_ns": time("the median"),
    "p95_ns": time("95 of 100 are not longer (interpolated)"),
    "max_ns": time("the longest"),
    "srtt_ns": time("the smoothed round trip of the sender after the last sample (RFC 6298)"),
    "rttvar_ns": time("its variation"),
    "rto_ns": time("the retransmission timeout that follows, with Linux' least variance of 200 ms"),
    "near_min_ns": time("from the capture point to the sender and back, the shortest"),
    "near_median_ns": time("the same, the median of acks to which the sender reacted at once"),
    "far_min_ns": time("from the capture point to the receiver and back, the shortest"),
    "far_median_ns": time("the same, the median"),
    "delayed_ack_suspects": integer(
        "samples that may contain a delayed ack: of less than two full segments, 20 to 500 ms above the shortest far"
    ),
    "handshake_rtt_ns": time(
        "SYN to SYN/ACK and SYN/ACK to ACK, of the copies that were answered; null: not captured, or unclear"
    ),
    "connect_ns": time("from the first SYN to the ACK of the handshake, repeats included; null: not captured"),
    "capture_point": text("where the capture was taken: at the machine of the client or server, or middle; null: cannot be told"),
}
SERIES: Final = {  #: one sample
    "frame": frame("the ack"),
    "time_ns": time(f"time of the ack, {EPOCH}"),
    "stream": integer("number of the conversation, as in tcp.stream"),
    "direction": text("sender of the data: client or server"),
    "data_frame": frame("the segment that the ack is measured from"),
    "rtt_ns": time("the round trip; far_ns and near_ns, the shortest near where that is null"),
    "far_ns": time("from the capture point to the receiver and back"),
    "near_ns": time("from the capture point to the sender and back; null: the sender did not react at once"),
    "source": text("what ties the ack to the segment: sequence, timestamp, both, or handshake (of a SYN)"),
    "delayed_ack_suspect": boolean("the ack may have been delayed by its sender"),
}
RTT_KEYS: Final = tuple(RTT)
SERIES_KEYS: Final = tuple(SERIES)
RETRANSMISSION: Final = int(Kind.RETRANSMISSION)
SOURCES: Final = tuple(source.name.lower() for source in Source)


class RttRows:
    """Rows of connections as they are judged: of each when its last part is."""

    def __init__(self) -> None:
        self._accounts: dict[int, Account] = {}

    def __call__(self, judged: Judged) -> list[Row]:
        trace = judged.trace
        account = self._accounts.pop(trace.stream, None) or Account(trace.client)
        account.add(*measured(judged))
        if not trace.over:
            self._accounts[trace.stream] = account
        return list(rows(account, trace.stream, judged.ends)) if trace.over and judged.ends is not None else []


def sampled(judged: Judged) -> list[Row]:
    """The samples of a connection, or of a part of it, as rows."""
    return list(series(judged.trace, measured(judged)[1]))


def measured(judged: Judged) -> tuple[RoundTrips, tuple[Samples, Samples]]:
    """The round trips of a part of a connection, and those of its samples that no other part has."""
    trips = _measured(judged).round_trips()
    first, second = (samples.acked_in(judged.trace.reported, judged.settled) for samples in trips.samples)
    return trips, (first, second)


def samples_of(judged: Judged, direction: int) -> Samples:
    """These samples of the data of one direction alone."""
    return _measured(judged).samples(direction).acked_in(judged.trace.reported, judged.settled)


def _measured(judged: Judged) -> Measured:
    again = (judged.segments.kind == RETRANSMISSION).nonzero()[0]
    return Measured.of(judged.trace, judged.position, again, judged.answers)


def rows(account: Account, stream: int, ends: Ends) -> Iterator[Row]:
    """The two directions, the client's first; `ends`: the client is the first of them."""
    opening, position = account.opening, account.position
    for word, direction in _directions(account.client):
        total = account.sums[direction]
        least, median, upper, most = total.quantiles()
        timer = total.timer
        yield {
            "stream": stream,
            "client": ends.addresses[0],
            "client_port": ends.ports[0],
            "server": ends.addresses[1],
            "server_port": ends.ports[1],
            "direction": word,
            "samples": total.count,
            "samples_compared": total.compared,
            "min_ns": least,
            "median_ns": median,
            "p95_ns": upper,
            "max_ns": most,
            "srtt_ns": timer.srtt_ns,
            "rttvar_ns": timer.rttvar_ns if total.count else None,
            "rto_ns": timer.rto_ns if total.count else None,
            "near_min_ns": position.near[direction],
            "near_median_ns": total.median_near(),
            "far_min_ns": position.far[direction],
            "far_median_ns": total.median_far(),
            "delayed_ack_suspects": total.delayed,
            "handshake_rtt_ns": opening.rtt_ns,
            "connect_ns": opening.connect_ns,
            "capture_point": position.place,
        }


def series(trace: Trace, samples: tuple[Samples, Samples]) -> Iterator[Row]:
    """Every sample of both directions, in the order of the acks."""
    columns = [_columns(trace, samples[direction], word) for word, direction in _directions(trace.client)]
    joined = [first + second for first, second in zip(*columns, strict=True)]
    for values in sorted(zip(*joined, strict=True)):
        yield dict(zip(SERIES_KEYS, values[1:], strict=True))


def _directions(client: int) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("client", client), ("server", 1 - client)


def _columns(trace: Trace, samples: Samples, word: str) -> list[list[object]]:
    """The row of the ack, which says the order, and the values of the keys."""
    near = samples.near.tolist()
    return [
        samples.ack.tolist(), trace.frame[samples.ack].tolist(), trace.time[samples.ack].tolist(), [trace.stream] * len(samples),
        [word] * len(samples), trace.frame[samples.sent].tolist(), samples.total.tolist(), samples.far.tolist(),
        [None if value == UNUSABLE else value for value in near], [SOURCES[source] for source in samples.source.tolist()],
        samples.delayed.tolist(),
    ]  # fmt: skip
