"""The tables of round trips: one line per connection and direction, or one per sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TextIO

from analyzer.report.tables import MIN_HOST, LineTable, Paint, Resolve, Row, endpoint
from analyzer.report.text import columns, count, duration

WIDE: Final = 136  #: columns from which on a table has both parts of the round trips, the timeout and the handshake
SERIES_WIDE: Final = 94  #: and one of samples the frame of the segment

#: title, alignment, cell, whether only wide tables have it; the server stands behind the first one
COLUMNS: Final[tuple[tuple[str, str, Callable[[Row], str], bool], ...]] = (
    ("stream", ">", lambda row: str(row["stream"]), False),
    ("from", "<", lambda row: row["direction"], False),
    ("samples", ">", lambda row: count(row["samples"]), False),
    ("delayed", ">", lambda row: count(row["delayed_ack_suspects"]), True),
    ("min", ">", lambda row: _time(row["min_ns"]), False),
    ("median", ">", lambda row: _time(row["median_ns"]), False),
    ("p95", ">", lambda row: _time(row["p95_ns"]), False),
    ("max", ">", lambda row: _time(row["max_ns"]), False),
    ("near", ">", lambda row: _time(row["near_min_ns"]), True),
    ("far", ">", lambda row: _time(row["far_min_ns"]), True),
    ("RTO", ">", lambda row: _time(row["rto_ns"]), True),
    ("handshake", ">", lambda row: _time(row["handshake_rtt_ns"]), True),
    ("captured", "<", lambda row: row["capture_point"] or "", True),
)
GAP: Final = 2


def slowness(row: Row) -> int:
    """What orders the table: the median round trip; below 0 without one."""
    median = row["median_ns"]
    return -1 if median is None else int(median)


def round_trips(rows: Iterable[Row], resolve: Resolve, width: int) -> str:
    """The rows that have samples, the slowest first, in at most `width` columns if that is not too small."""
    found = sorted((row for row in rows if row["samples"]), key=lambda row: -slowness(row))
    shown = [column for column in COLUMNS if width >= WIDE or not column[3]]
    cells = [[title for title, *_ in shown], *([cell(row) for _, _, cell, _ in shown] for row in found)]
    taken = sum(max(len(line[i]) for line in cells) + GAP for i in range(len(shown)))
    room = max(width - taken, MIN_HOST)
    servers = ["server", *(endpoint(row["server"], row["server_port"], resolve, room) for row in found)]
    for line, server in zip(cells, servers, strict=True):
        line.insert(1, server)
    align = "".join(side for _, side, _, _ in shown)
    return "".join(f"{line}\n" for line in columns(cells, align[0] + "<" + align[1:])) if found else ""


class SeriesTable(LineTable):
    """Samples: one line each."""

    def __init__(self, out: TextIO, width: int, paint: Paint, first_ns_of: Callable[[], int]) -> None:
        self._first_ns_of = first_ns_of
        self._wide = width >= SERIES_WIDE
        segment: Sequence[tuple[str, int]] = (("segment", -7),) if self._wide else ()
        ahead = (("frame", -7), ("time", -12), ("stream", -6), ("from", 6), *segment)
        super().__init__(out, (*ahead, ("RTT", -7), ("near", -7), ("far", -7), ("by", 0)), paint)

    def samples(self, rows: Iterable[Row]) -> None:
        """Write samples."""
        self.write((self._cells(row), "warning" if row["delayed_ack_suspect"] else "") for row in rows)

    def _cells(self, row: Row) -> tuple[str | int, ...]:
        return (
            row["frame"],
            f"{(row['time_ns'] - self._first_ns_of()) / 1e9:.6f}",
            row["stream"],
            row["direction"],
            *((row["data_frame"],) if self._wide else ()),
            duration(row["rtt_ns"]),
            _time(row["near_ns"]),
            duration(row["far_ns"]),
            row["source"] + (", ack delayed?" if row["delayed_ack_suspect"] else ""),
        )


def _time(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else duration(nanoseconds)
