"""What the commands do that say something of each TCP connection when it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn, TypeVar

from analyzer.cli.options import Request
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.flow.tcp.ledger.ledger import Judged

Made = TypeVar("Made")


def connections(
    request: Request,
    make: Callable[[Judged], Iterable[Made]],
    work: Callable[[Reading, Iterator[Made]], None],
) -> NoReturn:
    """Do the work of a command on what `make` says of every connection that has a selected frame."""
    from analyzer.flow.judged_rows import JudgedRows

    rows = JudgedRows(make, every=True)
    run(request, lambda reading: work(reading, rows.read(reading.pipeline, reading.selected())), verdicts=rows.verdicts)
