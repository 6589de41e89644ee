"""The table of head-of-line stalls."""

from __future__ import annotations

import io
from typing import Any

from analyzer.report.tables.stalls import StallTable

VICTIM = {"protocol": "http", "label": "200", "state": "complete", "delayed_ns": 212_000_000}
ROW: dict[str, Any] = {
    "stream": 4, "direction": "server", "start_ns": 1_500_000_000, "duration_ns": 212_000_000, "bytes_held": 14_000,
    "filled_frame": 481, "cause": "rto", "hole_count": 1, "holes": [{"missing_from": 0, "missing_to": 1448}],
    "victims": [VICTIM], "victim_count": 1,
}  # fmt: skip


def shown(width: int, **changes: Any) -> str:
    out = io.StringIO()
    paint = lambda text, style: f"<{style}>{text}" if style else text  # noqa: E731
    StallTable(out, width, paint, lambda: 1_000_000_000).stalls([ROW | changes])
    return out.getvalue().splitlines()[1]


def test_lines() -> None:
    narrow = "<problem>     4  server      0.500000    212 ms   14.0 kB  by timeout                481"
    assert shown(80) == narrow
    assert shown(110) == f"{narrow}  http 200 (212 ms)"
    assert shown(130).endswith("14.0 kB      1   1.45 kB  by timeout                481  http 200 (212 ms)")


def test_what_is_not_known_is_left_empty() -> None:
    line = shown(80, duration_ns=None, filled_frame=None, cause="unknown")
    assert line == "<problem>     4  server      0.500000             14.0 kB  never"


def test_reordering_that_is_over_soon_is_nothing_to_worry_about() -> None:
    assert shown(80, cause="reordering", duration_ns=2_000_000).startswith(" ")
    assert shown(80, duration_ns=2_000_000).startswith("<warning>")


def test_many_messages_and_their_own_words() -> None:
    begun = VICTIM | {"state": "begun", "label": "\x1b[31m"}
    line = shown(200, victims=[VICTIM, begun, VICTIM], victim_count=40)
    assert line.endswith("http 200 (212 ms), http \\x1b[31m (212 ms begun) and 38 more")


def test_messages_are_left_out_whole() -> None:
    """Where there is no room for two of them, or for one."""
    texts = [VICTIM | {"protocol": "websocket", "label": "text", "delayed_ns": 12_700_000}] * 3
    assert shown(150, victims=texts, victim_count=11).endswith("websocket text (12.7 ms) and 10 more")
    assert shown(112, victims=texts, victim_count=11).endswith("11 messages, 12.7 ms at most")
    assert shown(102, victims=texts, victim_count=11).endswith("  11 messages")
