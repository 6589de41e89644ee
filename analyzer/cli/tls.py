"""The command `tls`."""

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
def tls(request: Request) -> None:
    """One row per TLS message that is not encrypted: hellos, certificates, alerts; also the hellos of DTLS.

    A handshake's end is a row, too (finished), although its bytes are encrypted. JA3 and JA4 are fingerprints of the client's
    software; ECH says whether the server name that is shown may stand for another one.
    """
    messages(request, "tls", _rows, _keys, _table)


def _rows() -> Rows:
    from analyzer.flow.application import tls

    return tls.Rows()


def _keys() -> Sequence[str]:
    from analyzer.flow.application.tls import KEYS

    return tuple(KEYS)


def _table(*arguments: Any) -> Any:
    from analyzer.report.tables.tls import TlsTable

    return TlsTable(*arguments)
