"""The command `handshakes`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click

from analyzer.cli import journeys
from analyzer.cli.options import Request, common
from analyzer.cli.run import DAMAGED, Reading, read

if TYPE_CHECKING:
    from analyzer.flow.columns import Row
    from analyzer.journey.statistics.objectives import Objectives

SLO_MISSED = 4  #: exit status: an objective was missed
Parsed = TypeVar("Parsed")


@click.command()
@common
@click.option("--by", "groupings", metavar="WHAT,...", multiple=True, help="One row per group and measure, with percentiles.")
@click.option("--slo", "limits", metavar="LIMIT,...", multiple=True, help="Objectives: connect=100ms, p95:ttfb=0.5s.")
def handshakes(request: Request, groupings: tuple[str, ...], limits: tuple[str, ...]) -> None:
    """How long each TCP connection took to be of use: name lookup, connect, TLS, first byte of the answer; and its outcome.

    --by groups the connections by server, server_port, subnet (/24 and /64), client, sni, alpn, tls_version, resumed, dns_name,
    dns_server, outcome, hour or hour_of_day (UTC), or several of them: count, extremes and percentiles of each measure, and how
    many connections failed.

    In the table, `1st byte` is from the first SYN to the first byte of the first answer (of a server that speaks first, to its
    greeting), with ? where that is likely but not certain, since it is encrypted; ! marks what misses an objective. From 112
    columns on there are also `dns`, `RTT` (tcp.analysis.initial_rtt), the version of TLS, and `trips`: how often the client had
    to wait for the server before it could send its request.

    --slo sets objectives (units ns, us, ms, s) for the measures dns, connect, initial_rtt, server_side_rtt, tls and ttfb (time
    from the first SYN to the first byte of the answer), of every connection, or with p95: or another percentile of all. A
    connection that failed misses those of the phase that it did not finish and of all behind it. What was missed is marked, is
    in the key slo_missed, and is said on standard error; the exit status is then 4, also if the capture is damaged: more of it
    could not mend that. Status 0 says that all was read and nothing was missed.
    """
    from analyzer.journey.statistics.grouping import chosen
    from analyzer.journey.statistics.objectives import Objectives, parse

    by = parsed(chosen, groupings)
    objectives = Objectives(parsed(parse, limits))

    def work(reading: Reading, rows: Iterator[Row]) -> None:
        found = _judged(rows, objectives) if limits else rows
        if by:
            _groups(reading, found, by, objectives)
        else:
            _connections(reading, found, ("slo_missed",) if limits else ())

    status = read_handshakes(request, work)
    if limits and status in (0, DAMAGED):
        from analyzer.report.wording.objectives import said

        for result in objectives.results:
            click.echo(f"analyzer: --slo {said(result)}", err=True)
    raise SystemExit(SLO_MISSED if status in (0, DAMAGED) and not objectives.met else status)


def read_handshakes(request: Request, work: Callable[[Reading, Iterator[Row]], None]) -> int:
    """Do the work on the handshakes of every connection that has a selected frame; gives the exit status."""
    from analyzer.journey.handshakes import HandshakeRows
    from analyzer.pipeline import Applications

    rows = HandshakeRows()

    def on_rows(reading: Reading) -> None:
        reading.prints_rows = False
        batches = ((dissection.batch, mask) for dissection, mask in reading.selected())
        work(reading, rows.read(reading.pipeline, batches))
        journeys.tell_forgotten(rows.forgotten)

    return read(request, on_rows, Applications(rows.wanted), rows.verdicts)


def parsed(parse: Callable[[tuple[str, ...]], Parsed], texts: tuple[str, ...]) -> Parsed:
    """What the values of an option mean. One without meaning is a usage error."""
    try:
        return parse(texts)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def tell_forgotten(forgotten: int) -> None:
    """Say that there were too many groups."""
    if forgotten:
        from analyzer.journey.statistics.groups import MOST_GROUPS

        click.echo(f"analyzer: {forgotten:,} connections are left out: there were more than {MOST_GROUPS:,} groups", err=True)


def _judged(rows: Iterable[Row], objectives: Objectives) -> Iterator[Row]:
    """The rows, with the objectives that each missed."""
    for row in rows:
        row["slo_missed"] = objectives.judge(row)
        yield row


def _connections(reading: Reading, rows: Iterator[Row], more: tuple[str, ...]) -> None:
    if reading.request.form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.tables.handshakes import HandshakeTable

        HandshakeTable(sys.stdout, reading.resolve, width(), painter(), lambda: reading.first_ns).handshakes(rows)
        return
    from analyzer.journey.handshakes import HANDSHAKE_KEYS
    from analyzer.report.machine import writer

    out = writer(reading.request.form, sys.stdout, (*HANDSHAKE_KEYS, *more))
    out.rows(rows)
    out.close()


def _groups(reading: Reading, rows: Iterator[Row], by: tuple[str, ...], objectives: Objectives) -> None:
    from analyzer.journey.statistics.groups import Groups, keys

    found = Groups(by)
    for row in rows:
        found.add(row, row.get("slo_missed", ()))
    tell_forgotten(found.forgotten)
    if reading.request.form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.tables.groups import groups

        sys.stdout.write(groups(found.rows(objectives.each), by, reading.resolve, width(), painter()))
        return
    from analyzer.report.machine import writer

    out = writer(reading.request.form, sys.stdout, tuple(keys(by)))
    out.rows(found.rows(objectives.each))
    out.close()
