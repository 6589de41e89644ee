"""Handshake timings by server: a line of points for each of connecting, TLS and the first byte of the answer, and their median.

Points and a median are read at once, and show what a box would hide: two groups of connections, or the one that took 3 s. The
axis is logarithmic, since a repeated SYN is a thousand times slower than a machine next door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from analyzer.batch import Int64
from analyzer.flow.tcp.ledger.quantile import quantile
from analyzer.journey.statistics.measures import LONGEST_NS, uncertain
from analyzer.journey.statistics.samples import Samples
from analyzer.report.text import duration, plural, shortened
from analyzer.report.wording import graphs as say

from . import thinning
from .axes import MILLI, logarithmic, time_scale
from .graph import Axis, Cells, Graph, Kind, Series, Shape

Row = Mapping[str, Any]

MOST_SERVERS: Final = 15
MOST_KEPT: Final = 10_000  #: servers that are counted
MOST_TIMES: Final = 100_000  #: of one server and sort; of more, every 2nd, 4th ... is kept
MOST_SAMPLES: Final = 400  #: points of a server and a sort of time
LABEL: Final = 36  #: characters of a server
LEAST_NS: Final = 1_000  #: shorter times are drawn as this
FEW: Final = 3  #: times that have a median worth showing
UPRIGHT: Final = 0.12  #: half the height of a median, in lines
HEADERS: Final = ("server", "connections", "what", "measured", "least", "median", "95 of 100 below", "most")


def _first_byte(row: Row) -> int | None:
    """From the request to the first byte of its answer; None, too, where the server spoke first, or it cannot be told."""
    asked, answered = row["first_request_ns"], row["first_byte_ns"]
    return None if asked is None or answered is None or answered <= asked else int(answered - asked)


#: style, what the legend says, the time in a row, and where in the line of a server it is drawn
TIMES: Final[tuple[tuple[str, str, Callable[[Row], int | None], float], ...]] = (
    ("connect_time", "connect", lambda row: row["connect_ns"], -0.26),
    ("tls_time", "TLS handshake", lambda row: row["tls_ns"], 0.0),
    ("first_byte", "request to first byte", _first_byte, 0.26),
)


class Server:
    """What was measured of one."""

    def __init__(self) -> None:
        self.connections = 0
        self.times = tuple(Samples() for _ in TIMES)

    def add(self, times: Sequence[int | None]) -> None:
        """Of one connection, as in TIMES."""
        self.connections += 1
        for samples, time in zip(self.times, times, strict=True):
            if time is not None and time < LONGEST_NS:
                samples.add(time)
                if samples.compared > MOST_TIMES:
                    samples.thin()


def handshake_distributions(rows: Iterable[Row]) -> Graph:
    """Of rows of handshakes; the servers with the most connections."""
    servers: dict[str, Server] = {}
    forgotten = hidden = 0
    for row in rows:
        hidden += uncertain(row)
        times = [took(row) for _, _, took, _ in TIMES]
        if any(time is not None for time in times):
            name = _server(row)
            if name in servers or len(servers) < MOST_KEPT:
                servers.setdefault(name, Server()).add(times)
            else:
                forgotten += 1
    names = sorted(servers, key=lambda name: (-servers[name].connections, name))[:MOST_SERVERS]
    measured = {(name, style): servers[name].times[i].ascending() for name in names for i, (style, *_) in enumerate(TIMES)}
    longest = max((int(values[-1]) for values in measured.values() if len(values)), default=MILLI)
    shortest = min((int(values[0]) for values in measured.values() if len(values)), default=MILLI)
    unit, factor = time_scale(longest)
    series: list[Series] = []
    for style, title, _, offset in TIMES:
        mine = [(place + offset, measured[name, style]) for place, name in enumerate(names) if len(measured[name, style])]
        if mine:
            series += [_points(style, title, mine, factor), _medians(style, mine, factor)]
    return Graph(
        name="handshakes",
        title="Handshake timings by server",
        x=logarithmic("time", unit, max(shortest, LEAST_NS) / factor, max(longest, LEAST_NS) / factor),
        y=Axis(
            "", kind=Kind.CATEGORY, labels=tuple(f"{shortened(name, LABEL)} ({servers[name].connections:,})" for name in names)
        ),
        series=tuple(series),
        notes=say.distribution_notes(len(servers) - len(names), forgotten, hidden),
        headers=HEADERS,
        rows=tuple(
            _cells(name, servers[name].connections, title, samples)
            for name in names
            for (_, title, *_), samples in zip(TIMES, servers[name].times, strict=True)
        ),
    )


def _server(row: Row) -> str:
    """By the name that the client asked for, else by address."""
    name = row.get("sni") or row.get("dns_name") or row["server"]
    return f"[{name}]:{row['server_port']}" if ":" in name else f"{name}:{row['server_port']}"


def _points(style: str, name: str, lines: Sequence[tuple[float, Int64]], factor: int) -> Series:
    """Of many the extremes, and evenly of those between."""
    kept = [(place, values[thinning.events(len(values), MOST_SAMPLES)]) for place, values in lines]
    every = np.concatenate([values for _, values in kept])
    places = np.concatenate([np.full(len(values), place) for place, values in kept])
    return Series(
        name, style, Shape.POINTS, np.maximum(every, LEAST_NS) / factor, places, texts=[duration(t) for t in every.tolist()]
    )


def _medians(style: str, lines: Sequence[tuple[float, Int64]], factor: int) -> Series:
    """Of servers with at least FEW times."""
    lines = [(place, values) for place, values in lines if len(values) >= FEW]
    middle = np.array([max(quantile(values, 0.5), LEAST_NS) for _, values in lines], np.int64)
    places = np.array([place for place, _ in lines])
    texts = [
        f"median {duration(value)} of {plural(len(values), 'connection')}"
        for value, (_, values) in zip(middle.tolist(), lines, strict=True)
    ]
    at = middle / factor
    return Series("", style, Shape.SEGMENTS, at, places - UPRIGHT, at, places + UPRIGHT, texts)


def _cells(name: str, connections: int, title: str, samples: Samples) -> Cells:
    found = (samples.least, *samples.quantiles((0.5, 0.95)), samples.most) if samples.count else (None,) * 4
    return (name, f"{connections:,}", title, f"{samples.count:,}", *("" if time is None else duration(time) for time in found))
