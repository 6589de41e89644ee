"""Rows of waits: one per connection, whose times add up, and one per phase."""

from __future__ import annotations

from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.wait_reason import Reason
from analyzer.flow.tcp.ledger.wait_rows import PHASE_KEYS, WAIT_KEYS, Account, key, phases
from analyzer.flow.tcp.ledger.waits import waits
from tests.flow.tcp.ledger.test_waits import AT_CLIENT, MS, OPENING, ROUNDS, parts, trace

ENDS = Ends(4, ("10.0.0.1", "10.0.0.2"), (40001, 443))
LADDER = (OPENING, "20 c PA 0+100\n 80 s A\n 80 c PA 100+50\n 150 s PA 0+9\n 150 c A\n 150 c FA\n 250 s FA\n 250 c A")


def test_a_connection() -> None:
    found = waits(trace(*LADDER), AT_CLIENT)
    account = Account(found.begin_ns)
    account.add(found)
    row = account.row(7, ENDS)
    assert tuple(row) == WAIT_KEYS
    assert (row["stream"], row["client"], row["server_port"], row["start_ns"], row["duration_ns"]) == (
        7,
        "10.0.0.1",
        443,
        0,
        250 * MS,
    )
    assert {reason.word: row[key(reason)] // MS for reason in Reason if row[key(reason)]} == {
        "connect": 20, "nagle_delayed_ack": 60, "round_trip": 20, "server_thinking": 50, "close": 100,
    }  # fmt: skip
    assert (row["longest"], row["longest_ns"], row["longest_who"], row["longest_frames"]) == (
        "close",
        100 * MS,
        "server",
        [9, 10, 11],
    )
    assert sum(row[key(reason)] for reason in Reason) == row["duration_ns"]
    assert row["slow_start_rounds"] == 0


def test_parts() -> None:
    """A connection that is judged in parts has one row, as if it were judged at once."""
    made = trace(OPENING, ROUNDS)
    whole = Account(0)
    whole.add(waits(made, AT_CLIENT))
    account = Account(0)
    for part in parts(made, 8):
        account.add(part)
    assert account.row(0, ENDS) == whole.row(0, ENDS)
    assert whole.row(0, ENDS)["slow_start_rounds"] == 2


def test_nothing() -> None:
    row = Account(5).row(0, ENDS)
    assert (row["duration_ns"], row["longest"], row["longest_ns"], row["longest_frames"]) == (0, None, None, [])


def test_phases() -> None:
    found = list(phases(3, waits(trace(*LADDER), AT_CLIENT)))
    assert all(tuple(row) == PHASE_KEYS for row in found)
    assert found[1] == {
        "stream": 3, "reason": "nagle_delayed_ack", "who": "server", "direction": "client", "start_ns": 20 * MS,
        "end_ns": 80 * MS, "duration_ns": 60 * MS, "at_least": False, "first_frame": 4, "last_frame": 6, "evidence": [4, 5, 6],
    }  # fmt: skip
    assert [row["direction"] for row in found] == [None, "client", "client", "server", "server"]
