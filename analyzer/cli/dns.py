"""The command `dns`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli.messages import messages
from analyzer.cli.options import Request, common

if TYPE_CHECKING:
    from analyzer.flow.application.rows import Rows


@click.command()
@common
def dns(request: Request) -> None:
    """One row per DNS message over UDP or TCP, multicast DNS and LLMNR included.

    A response names the frame of its query and the time since; repeated queries, truncated answers and the retry over TCP are
    marked. Rows of machine formats have all sections of the message, EDNS, and where a name leads to at last.
    """
    messages(request, "dns", _rows, _keys, _table)


def _rows() -> Rows:
    from analyzer.flow.application import dns

    return dns.Rows()


def _keys() -> Sequence[str]:
    from analyzer.flow.application.dns import KEYS

    return tuple(KEYS)


def _table(*arguments: Any) -> Any:
    from analyzer.report.tables.dns import DnsTable

    return DnsTable(*arguments)
