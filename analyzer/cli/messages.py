"""What the commands do that print the messages of one application: one row each, as a table or in a machine format."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from analyzer.cli.options import Request
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.application.rows import Row, Rows


class MessageTable(Protocol):
    """A table that is written while the rows come."""

    def messages(self, rows: Iterable[Row]) -> None: ...


def messages(
    request: Request,
    protocol: str,
    rows: Callable[[], Rows],
    keys: Callable[[], Sequence[str]],
    table: Callable[..., MessageTable],
    body_limit: int = 0,
) -> None:
    """Print the messages of `protocol`; the callables import what they need when they are called.

    table: gets (out, resolve, width, paint, first_ns), the last one a function that tells the time of the first frame.
    """
    from analyzer.pipeline import Applications

    run(
        request,
        lambda reading: _work(reading, rows(), keys(), table),
        Applications(frozenset({protocol}), body_limit),
    )


def _work(reading: Reading, make: Rows, keys: Sequence[str], table: Callable[..., MessageTable]) -> None:
    from analyzer.flow.application.rows import message_parts, message_rows
    from analyzer.flow.rows import keys as with_place
    from analyzer.report.machine import writer

    form, paths = reading.request.form, reading.paths
    if form == "table":
        from analyzer.cli.terminal import painter, width

        lines = table(sys.stdout, reading.resolve, width(), painter(), lambda: reading.first_ns)
        for rows in _blocks(reading, make, paths, message_rows):
            lines.messages(rows)
            if reading.live:
                sys.stdout.flush()
        return
    out = writer(form, sys.stdout, with_place(keys, paths))
    write: Callable[[Iterator[Any]], None] = out.parts if hasattr(make, "parts") else out.rows
    for rows in _blocks(reading, make, paths, message_parts if hasattr(make, "parts") else message_rows):
        write(rows)
        if reading.live:
            out.flush()
    out.close()


def _blocks(reading: Reading, make: Rows, paths: Sequence[str], taken: Callable[..., Iterator[Any]]) -> Iterator[Iterator[Any]]:
    """The rows of each batch, as `taken` has them, of the selected messages: those whose last frame is selected."""
    from analyzer.flow.application.selected import SelectedFrames

    selected = SelectedFrames() if reading.selection is not None else None
    for dissection, mask in reading.selected():
        if selected is not None:
            selected.add(dissection.batch, mask)
        yield taken(dissection.messages, make, paths, selected)
    yield taken(reading.pipeline.finish(), make, paths, selected)
