"""What was told already comes again only where it changed."""

from __future__ import annotations

import pytest

from analyzer.live import told
from analyzer.live.told import Told


def said(rows: list[dict[str, object]], known: Told, whole: bool = True) -> list[tuple[int, int, bool]]:
    return [(event.row["start_ns"], event.revision, event.withdrawn) for event in known.events("stall", 1, rows, whole)]


def stall(start: int, held: int = 0) -> dict[str, object]:
    return {"stream": 1, "direction": "server", "start_ns": start, "bytes_held": held}


def test_a_row_comes_once() -> None:
    known = Told()
    assert said([stall(1), stall(2)], known) == [(1, 1, False), (2, 1, False)]
    assert said([stall(1), stall(2)], known) == []


def test_a_changed_row_comes_again() -> None:
    known = Told()
    said([stall(1), stall(2)], known)
    assert said([stall(1), stall(2, 5)], known) == [(2, 2, False)]
    assert said([stall(1), stall(2)], known) == [(2, 3, False)]


def test_what_is_not_true_any_more_is_withdrawn() -> None:
    known = Told()
    said([stall(1), stall(2)], known)
    assert said([stall(2)], known) == [(1, 2, True)]
    assert said([stall(2)], known) == []
    assert said([stall(1), stall(2)], known) == [(1, 3, False)]


def test_of_a_part_nothing_is_withdrawn() -> None:
    known = Told()
    said([stall(1)], known)
    assert said([stall(2)], known, whole=False) == [(2, 1, False)]
    assert said([stall(1), stall(2)], known) == []


def test_groups_are_capped() -> None:
    known = Told()
    for stream in range(told.MOST_GROUPS + 10):
        list(known.events("handshake", stream, [{"stream": stream}]))
    assert known.forgotten == 10
    assert [event.revision for event in known.events("handshake", 0, [{"stream": 0}])] == [1]
    assert list(known.events("handshake", told.MOST_GROUPS, [{"stream": told.MOST_GROUPS}])) == []


def test_rows_of_all_groups_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "MOST_HELD", 10)
    known = Told()
    for stream in range(4):
        list(known.events("stall", stream, map(stall, range(4))))
    assert known.forgotten == 2
    known.forget(3)
    assert list(known.events("stall", 2, map(stall, range(4)))) == []
    assert list(known.events("stall", 4, map(stall, range(4)))) != []
    assert known.forgotten == 2


@pytest.mark.parametrize("odd", ["\udc80", 1 << 64])
def test_what_no_json_has_is_no_error(odd: object) -> None:
    known = Told()
    rows = [stall(1) | {"host": odd}]
    assert said(rows, known) == [(1, 1, False)]
    assert said(rows, known) == []


def test_rows_of_a_group_are_capped() -> None:
    known = Told()
    said([stall(start) for start in range(told.MOST_ROWS + 5)], known)
    again = said([stall(0), stall(told.MOST_ROWS)], known, whole=False)
    assert again == [(0, 1, False)]


def test_what_is_forgotten_is_new_again() -> None:
    known = Told()
    said([stall(1)], known)
    known.forget(1)
    assert said([stall(1)], known) == [(1, 1, False)]
