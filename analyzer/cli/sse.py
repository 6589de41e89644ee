"""The command `sse`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from analyzer.cli.messages import messages
from analyzer.cli.options import Request, common

if TYPE_CHECKING:
    from analyzer.cli.messages import MessageTable
    from analyzer.flow.application.rows import Rows

SHOWN: Final = 1024  #: bytes of an event that --payload shows


@click.command()
@common
@click.option("--payload", is_flag=True, help=f"The first {SHOWN:,} bytes of the data of each event.")
def sse(request: Request, payload: bool) -> None:
    """One row per server-sent event: when it came, how long after the one before, its id.

    Rows also show where a stream opens, a reconnect for example, and how it ends; streams that never end are shown as they go.
    """
    messages(request, "sse", _rows, _keys, _table(), SHOWN if payload else 0)


def _rows() -> Rows:
    from analyzer.flow.application.sse import Rows

    return Rows()


def _keys() -> Sequence[str]:
    from analyzer.flow.application.sse import KEYS

    return tuple(KEYS)


def _table() -> Callable[..., MessageTable]:
    from analyzer.report.tables.sse import SseTable

    return SseTable
