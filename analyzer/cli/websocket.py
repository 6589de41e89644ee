"""The command `websocket`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from analyzer.cli.messages import messages
from analyzer.cli.options import Request, common

if TYPE_CHECKING:
    from analyzer.cli.messages import MessageTable
    from analyzer.flow.application.rows import Rows

SHOWN: Final = 1024  #: bytes of a message that --payload shows


@click.command()
@common
@click.option("--payload", is_flag=True, help=f"The first {SHOWN:,} bytes of each message, unmasked and decompressed.")
def websocket(request: Request, payload: bool) -> None:
    """One row per WebSocket frame (RFC 6455): messages, pings with the time to their pong, close codes.

    Connections are found by their HTTP handshake. Errors of either side are marked.
    """
    messages(request, "websocket", _rows, _keys, _table(), SHOWN if payload else 0)


def _rows() -> Rows:
    from analyzer.flow.application.websocket import Rows

    return Rows()


def _keys() -> Sequence[str]:
    from analyzer.flow.application.websocket import KEYS

    return tuple(KEYS)


def _table() -> Callable[..., MessageTable]:
    from analyzer.report.tables.websocket import WebsocketTable

    return WebsocketTable
