"""The command `io`."""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.throughput import Throughput

AUTO: Final = "auto"
UNITS: Final = {
    "ns": 1, "us": 10**3, "ms": 10**6, "": 10**9, "s": 10**9, "m": 60 * 10**9, "min": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}  # fmt: skip
LENGTH: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([a-z]*)", re.ASCII)
LONGEST_NS: Final = 2**62


class Interval(click.ParamType):  # type: ignore[type-arg]  # generic only in new versions of click
    """A length of time: 1s, 100ms, 5m; or auto, which is None."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        text = str(value).strip().lower()
        if text == AUTO:
            return None
        match = LENGTH.fullmatch(text)
        if match is None or match[2] not in UNITS:
            self.fail(f"{value!r} is no length of time such as 1s, 100ms, 5m or auto", param, ctx)
        whole, _, part = match[1].partition(".")
        unit = UNITS[match[2]]
        length: int = int(whole) * unit + int(part or 0) * unit // 10 ** len(part)
        if not 0 < length < LONGEST_NS:
            self.fail(f"{value!r} is {'too long' if length else 'no time at all'}", param, ctx)
        return length


@click.command()
@functools.partial(common, names=False)
@click.option(
    "--interval",
    type=Interval(),
    default=AUTO,
    metavar="TIME",
    show_default=True,
    help="Length of an interval: 1s, 100ms, 5m. auto: at most 100 of them.",
)
def io(request: Request, interval: int | None) -> None:
    """Packets, bytes and throughput over time, of clients and servers.

    One row per interval, counted from the first frame; empty ones too. The sides are those of TCP and UDP conversations (of the
    innermost one in a tunnel); frames of none are `other`. Bytes are whole frames; `sent again` is the payload that Wireshark
    calls retransmitted. With a selection only its frames count.
    """
    from analyzer.flow.throughput import Throughput, TooManyIntervals

    counted = Throughput(interval)

    def work(reading: Reading) -> None:
        try:
            _work(reading, counted)
        except TooManyIntervals as error:
            raise click.UsageError(f"--interval: {error}.") from None

    run(request, work)


def _work(reading: Reading, counted: Throughput) -> None:
    from analyzer.flow.throughput import INTERVAL_KEYS
    from analyzer.report.machine import writer
    from analyzer.report.text import plural

    reading.prints_rows = False
    pipeline = reading.pipeline
    for one, mask in reading.selected():
        transports = ((one.tcp_facts, pipeline.tcp.conversations), (one.udp_facts, pipeline.udp.conversations))
        counted.update(one.batch, one.walk, *transports, mask)
        pipeline.tcp.conversations.gone()  # nobody asks for the rows of conversations that had to leave
        pipeline.udp.conversations.gone()
    if counted.without_time:
        click.echo(f"analyzer: {plural(counted.without_time, 'frame')} without a readable time stamp not counted", err=True)
    if reading.request.form == "table":
        from analyzer.cli.terminal import painter, width
        from analyzer.report.tables.io import IoTable, bars_for

        IoTable(sys.stdout, width(), painter(), reading.first_ns, bars_for(sys.stdout.encoding)).intervals(list(counted.rows()))
        return
    out = writer(reading.request.form, sys.stdout, INTERVAL_KEYS)
    out.rows(counted.rows())
    out.close()
