"""Bounded rows: which are kept, in which order, and how many there were."""

from __future__ import annotations

from analyzer.report.document.kept import First, Weightiest


def test_the_first_rows() -> None:
    kept = First(2)
    assert [kept.add({"n": n}) for n in range(3)] == [True, True, False]
    assert [row["n"] for row in kept.rows] == [0, 1] and kept.total == 3


def test_the_weightiest_rows_in_the_order_in_which_they_came() -> None:
    kept = Weightiest(3, lambda row: row["weight"])
    kept.extend({"n": n, "weight": weight} for n, weight in enumerate((5, 1, 9, 7, 2)))
    assert [row["n"] for row in kept.rows] == [0, 2, 3] and kept.total == 5


def test_of_equal_rows_the_earlier() -> None:
    kept = Weightiest(2, lambda row: row["weight"])
    kept.extend({"n": n, "weight": 1} for n in range(5))
    assert [row["n"] for row in kept.rows] == [0, 1]
