"""The command `arp`."""

from __future__ import annotations

import sys

import click

from analyzer.cli.options import Request, common
from analyzer.cli.run import Reading, run


@click.command()
@common
def arp(request: Request) -> None:
    """One row per ARP message, RARP and inverse ARP included.

    The table marks gratuitous messages, probes and announcements (RFC 5227), and addresses that several machines claim.
    """
    run(request, _work)


def _work(reading: Reading) -> None:
    from analyzer.flow.arp import Claims
    from analyzer.flow.rows import ARP_KEYS, arp_rows, keys
    from analyzer.report.machine import writer

    form, paths = reading.request.form, reading.paths
    claims = Claims()
    if form == "table":
        from analyzer.cli.terminal import painter
        from analyzer.report.tables import ArpTable

        table = ArpTable(sys.stdout, reading.resolve, painter())
    else:
        out = writer(form, sys.stdout, keys(ARP_KEYS, paths))
    for dissection, mask in reading.selected():
        messages = dissection.walk.table("arp")
        rows = arp_rows(dissection.batch, messages, mask, paths)
        if form == "table":
            if messages is not None:
                claims.update(dissection.batch, messages)
            table.messages(rows, claims)
        else:
            out.rows(rows)
        if reading.live:
            (sys.stdout if form == "table" else out).flush()
    if form != "table":
        out.close()
