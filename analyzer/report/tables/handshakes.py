"""The table of handshakes: one line per connection, with a mark behind each time that missed its objective."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TextIO

from analyzer.dissect.application.tls.names import version_name
from analyzer.journey.statistics.measures import FAILED, MEASURES, UNKNOWN, outcome_of
from analyzer.report.machine import terminal_safe
from analyzer.report.tables import LineTable, Paint, Resolve, Row, endpoint
from analyzer.report.text import duration, shortened

WIDE: Final = 112  #: columns from which on it has name lookup, round trip, TLS version and round trips
WIDER: Final = 150  #: and from which on the address beside the name, and the protocol
WIDEST: Final = 176  #: and from which on the begin
GAP: Final = 2
MISSED: Final = "!"  #: behind a time that missed its objective
UNCERTAIN: Final = "?"  #: behind a first byte that encryption hides
NEVER: Final = "never"  #: instead of a time that the connection did not live to see
CACHED: Final = "cached"  #: instead of a lookup that nobody waited for
ADDRESS: Final = 21  #: columns of an IPv4 address and a port
MIN_NAME: Final = 15
#: columns of the terminal, and what it has for the outcome then: established, 3 SYN/ACKs; established, resumed; reset by client
LIKELY: Final = {"ttfb": "first_byte_likely_ns"}  #: what is shown, marked where it is uncertain
OUTCOME: Final = ((WIDER, 23), (WIDE, 20), (0, 15))


class Column(NamedTuple):
    """One of the table."""

    title: str
    width: int  #: below 0: to the right
    cell: Callable[[Row], str]
    least: int  #: columns of the terminal from which on it is there


def _time(measure: str) -> Callable[[Row], str]:
    key = LIKELY.get(measure, MEASURES[measure])

    def cell(row: Row) -> str:
        missed = measure in row.get("slo_missed", ())
        if row[key] is None:
            return NEVER + MISSED if missed else ""
        if measure == "dns" and row["dns_cached"]:
            return CACHED
        unsure = measure == "ttfb" and not row["first_byte_certain"]
        return duration(row[key]) + (MISSED if missed else UNCERTAIN if unsure else "")

    return cell


#: behind stream, begin and server; the outcome stands last
COLUMNS: Final = (
    Column("dns", -8, _time("dns"), WIDE),
    Column("connect", -8, _time("connect"), 0),
    Column("RTT", -8, _time("initial_rtt"), WIDE),
    Column("version", 7, lambda row: "" if row["tls_version"] is None else version_name(row["tls_version"]), WIDE),
    Column("ALPN", 8, lambda row: shortened(terminal_safe(row["alpn"] or ""), 8), WIDER),
    Column("TLS", -8, _time("tls"), 0),
    Column("trips", -5, lambda row: "" if row["round_trips"] is None else str(row["round_trips"]), WIDE),
    Column("1st byte", -8, _time("ttfb"), 0),
)


class HandshakeTable(LineTable):
    """Written while rows come. The server is called by its SNI, else by the name that the capture has for its address."""

    def __init__(self, out: TextIO, resolve: Resolve, width: int, paint: Paint, first_ns: Callable[[], int]) -> None:
        self._resolve, self._first_ns = resolve, first_ns
        self._begin, self._address = width >= WIDEST, width >= WIDER
        self._columns = [column for column in COLUMNS if width >= column.least]
        before = [("stream", -6), *((("time", -12),) if self._begin else ())]
        before += (("server", ADDRESS),) if self._address else ()
        behind = [(column.title, column.width) for column in self._columns]
        left = width - sum(abs(cells) + GAP for _, cells in [*before, *behind]) - GAP
        self._outcome = next(cells for least, cells in OUTCOME if width >= least)
        self._room = max(left - self._outcome, MIN_NAME)
        name = ("name" if self._address else "server", self._room)
        super().__init__(out, (*before, name, *behind, ("outcome", 0)), paint)

    def handshakes(self, rows: Iterable[Row]) -> None:
        """Write handshakes."""
        self.write((self._cells(row), _style(row)) for row in rows)

    def _cells(self, row: Row) -> tuple[str | int, ...]:
        address, port, sni = row["server"], row["server_port"], row["sni"]
        cells: list[str | int] = [row["stream"]]
        if self._begin:
            cells.append(f"{(row['start_ns'] - self._first_ns()) / 1e9:.6f}")
        if self._address:
            named = sni or self._resolve(address)
            cells += [
                endpoint(address, port, str, ADDRESS),
                shortened(terminal_safe("" if named == address else named), self._room),
            ]
        else:
            cells.append(endpoint(address, port, lambda address: sni or self._resolve(address), self._room))
        cells += [column.cell(row) for column in self._columns]
        return (*cells, _fitting(came_of(row), self._outcome))


def _fitting(parts: Iterable[str], room: int) -> str:
    """The first part, and as many of the others as there is room for."""
    text = ""
    for part in parts:
        longer = f"{text}, {part}" if text else part
        if text and len(longer) > room:
            break
        text = longer
    return text


def came_of(row: Row) -> Iterable[str]:
    """How it ended, and what was special on the way there."""
    yield outcome_of(row).replace("_", " ") + (f" by {row['reset_by']}" if row["outcome"] == "reset" and row["reset_by"] else "")
    if (row["syn_count"] or 0) > 1:
        yield f"{row['syn_count']} SYNs"
    elif (row["synack_count"] or 0) > 1:
        yield f"{row['synack_count']} SYN/ACKs"
    if row["hello_retry_request"]:
        yield "hello retry"
    if row["early_data"]:
        yield "0-RTT"
    elif row["resumed"]:
        yield "resumed"


def _style(row: Row) -> str:
    if row["outcome"] in FAILED or row.get("slo_missed"):
        return "problem"
    if outcome_of(row) in UNKNOWN:
        return "quiet"
    return "warning" if max(row["syn_count"] or 0, row["synack_count"] or 0) > 1 else ""
