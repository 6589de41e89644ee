"""The table of TCP events: what fits, what is left out first, and which colour a line has."""

from __future__ import annotations

import io
from typing import Any

import pytest

from analyzer.flow.columns import ABSENT, Columns
from analyzer.flow.table import Ends
from analyzer.report.tables.tcp import EventTable

ENDS = {0: Ends(4, ("10.0.0.1", "10.0.0.2"), (40000, 443))}
ROW: dict[str, Any] = {
    "frame": 31, "time_ns": 1_546_618_000, "stream": 0, "direction": "client", "kind": "retransmission", "seq": 601, "ack": 1,
    "len": 1448, "window_size": 65535, "rto_ns": 45_000_000, "rto_frame": 28, "duplicate_ack_num": ABSENT,
    "duplicate_ack_frame": ABSENT, "verdict": "retransmission", "trigger": "tlp", "need": "needed",
    "hole_cause": "lost_downstream", "confidence": "high", "evidence": (28, 32, 40, 44),
}  # fmt: skip


def shown(width: int, **changes: Any) -> str:
    """The line of one event."""
    columns: Columns = {key: [value] for key, value in (ROW | changes).items() if value is not ABSENT}
    out = io.StringIO()
    EventTable(out, str, width, lambda text, style: f"<{style}>{text}" if style else text).events(columns, ENDS, 1_000_000_000)
    return out.getvalue().splitlines()[1]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "<problem>    31    0.546618       0  client  retransmission  probe, needed [28, ...]"),
        (100, "<problem>     31      0.546618       0  client  retransmission           resent, tail loss probe, needed"),
        (
            130,
            "<problem>     31      0.546618       0  client  retransmission           resent, tail loss probe, needed"
            "     [28, 32, 40, ...]",
        ),
    ],
)
def test_a_line_fits(width: int, line: str) -> None:
    assert shown(width) == line
    assert len(line) - len("<problem>") <= width


def test_both_hosts_where_there_is_room() -> None:
    assert "10.0.0.1:40000 > 10.0.0.2:443" in shown(160)
    assert "10.0.0.2:443 > 10.0.0.1:40000" in shown(160, direction="server")
    assert "[28, 32, 40, ...]  seq 601, len 1448, 45.0 ms after frame 28" in shown(250)
    assert "server" in shown(160, stream=7, direction="server")  # nobody knows its ends


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": None, "verdict": "capture_duplicate", "trigger": None, "need": None, "evidence": (30,)}, "captured twice [30]"),
        ({"kind": "out_of_order"}, "resent, probe, needed"),
        ({"verdict": "late_original", "trigger": None, "need": None, "evidence": (9,)}, "late original [9]"),
        ({"verdict": "reordered", "trigger": None, "need": None, "confidence": "low", "evidence": ()}, "reordered?"),
        (
            {"verdict": "gap_open", "trigger": None, "need": None, "hole_cause": "capture_loss", "evidence": ()},
            "gap, not captured",
        ),
        ({"verdict": None, "trigger": None, "need": None, "confidence": None, "evidence": None}, "seq 601, len 1448"),
        ({"verdict": "retransmission", "trigger": "rto", "need": "needless_crossing"}, "timeout, ACK on its way"),
    ],
)
def test_verdicts_in_words(changes: dict[str, Any], said: str) -> None:
    changes = {"rto_ns": ABSENT, "rto_frame": ABSENT} | changes
    line = shown(80, **changes)
    assert said in line and len(line.rpartition(">")[2]) <= 80
    assert ("-  " in line) == ("kind" in changes and changes["kind"] is None)


def test_colours_tell_what_it_cost() -> None:
    assert shown(80).startswith("<problem>")
    assert shown(80, need="needless").startswith("<warning>")
    assert shown(80, verdict="capture_duplicate").startswith("<note>")
    quiet = {"verdict": None, "trigger": None, "need": None, "evidence": None, "confidence": None}
    assert shown(80, kind="zero_window", **quiet).startswith("<problem>")
    assert shown(80, kind="window_update", **quiet).startswith(" ")
