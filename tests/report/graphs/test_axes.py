"""Times as cells of the tables behind pictures."""

from __future__ import annotations

import pytest

from analyzer.report.graphs.axes import MILLI, Clock
from analyzer.report.text import SECOND

BEGIN = 10 * SECOND


@pytest.mark.parametrize(("lasted", "unit", "cell"), [(SECOND, "ms", "1.500"), (3 * SECOND, "s", "0.001500")])
def test_cells_have_the_unit_that_their_header_names(lasted: int, unit: str, cell: str) -> None:
    clock = Clock(BEGIN, BEGIN + lasted, "time")
    assert clock.headed(("from", "how long", "start")) == (f"from ({unit})", "how long", f"start ({unit})")
    assert clock.cell(BEGIN + MILLI + MILLI // 2) == cell


def test_nothing_is_less_than_zero_by_rounding() -> None:
    clock = Clock(BEGIN, BEGIN + SECOND, "time")
    assert clock.cell(BEGIN - 1) == "0.000" and clock.cell(BEGIN - MILLI) == "-1.000"
