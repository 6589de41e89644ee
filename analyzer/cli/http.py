"""The command `http`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from analyzer.cli.messages import messages
from analyzer.cli.options import Request, common

if TYPE_CHECKING:
    from analyzer.flow.application.rows import Rows

BODY: Final = 1 << 20  #: bytes of a body that --bodies shows, as transferred and decoded


@click.command()
@common
@click.option("--show-secrets", is_flag=True, help="Show credentials and cookies instead of masking them.")
@click.option("--bodies", is_flag=True, help="Add the bodies, decoded, of at most 1 MiB each (not in the table).")
def http(request: Request, show_secrets: bool, bodies: bool) -> None:
    """One row per HTTP/1 request and response, on any port.

    waited is the time from the last byte of the request to the first of the response, took that to its last byte.
    """
    limit = BODY if bodies else 0

    def rows() -> Rows:
        from analyzer.flow.application.http import Rows

        return Rows(show_secrets, limit)

    messages(request, "http", rows, _keys, _table, limit)


def _keys() -> Sequence[str]:
    from analyzer.flow.application.http import KEYS

    return tuple(KEYS)


def _table(*arguments: Any) -> Any:
    from analyzer.report.tables.http import HttpTable

    return HttpTable(*arguments)
