"""Sentences about two captures compared: what got slower or faster, by how much, how sure that is; and the whole in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from analyzer.journey.statistics.comparison import DECIDED, FAILURES, FASTER, FEWER, FEWEST, MORE, SAME, SLOWER, TOO_FEW
from analyzer.report.text import count, duration, listed, plural, share

Row = Mapping[str, Any]

#: measure -> what takes longer
TAKES: Final = {
    "dns": "the name lookup takes", "connect": "connecting takes", "initial_rtt": "the round trip takes",
    "server_side_rtt": "the way from the capture point to the server and back takes", "tls": "the TLS handshake takes",
    "ttfb": "the first byte of the answer takes",
}  # fmt: skip
ROUND_TRIPS: Final = ("initial_rtt", "server_side_rtt")  #: most of what connecting takes
LACKING: Final = f"too few samples ({FEWEST} on each side are needed)"
WHOLE: Final = ((SLOWER, "slower"), (FASTER, "faster"), (MORE, "failing more often"), (FEWER, "failing less often"))


def sentence(row: Row, called: str) -> str:
    """What was decided of one measure of a group: server shop.example: connecting takes 12.3 ms longer ..."""
    if row["measure"] == FAILURES:
        return f"{called}: {_failed(row, 'b')} connections fail, before it was {_failed(row, 'a')}."
    longer = "longer" if row["decision"] == SLOWER else "shorter"
    moved = row["difference_ns"]
    if moved and (moved > 0) == (row["decision"] == SLOWER):
        how = f"{duration(abs(moved))} {longer}"
    else:
        how = f"mostly {longer}, though its median does not show it"
    medians = f"median {duration(row['median_a_ns'])}, now {duration(row['median_b_ns'])}"
    sure = ""
    if row["low_ns"] is not None:
        sure = f"; with 95 % confidence between {signed(row['low_ns'])} and {signed(row['high_ns'])}"
    return f"{called}: {TAKES[row['measure']]} {how} ({medians}{sure}; {row['effect']} effect)."


def whole(rows: Sequence[Row]) -> str:
    """All comparisons in one sentence."""
    decisions = [row["decision"] for row in rows if row["decision"] is not None]
    few = decisions.count(TOO_FEW)
    lacking = f" {plural(few, 'more has', 'more have')} {LACKING}." if few else ""
    made = len(decisions) - few
    if not made:
        return f"Nothing could be compared: {LACKING if few else 'no group has connections in both captures'}."
    parts = [f"{count(decisions.count(decision))} {word}" for decision, word in WHOLE if decision in decisions]
    if not parts:
        return f"No difference in {plural(made, 'comparison')}.{lacking}"
    if SAME in decisions:
        parts.append(f"{count(decisions.count(SAME))} without a difference")
    return f"{plural(made, 'comparison')}: {listed(parts)}.{lacking}"


def told(rows: Sequence[Row]) -> list[Row]:
    """The rows that deserve a sentence: those that differ, but round trips only where connecting does not say the same."""
    found: list[Row] = []
    connecting = None  # what was decided of it in this group, whose failures come last
    for row in rows:
        measure, decision = row["measure"], row["decision"]
        if decision in DECIDED and not (measure in ROUND_TRIPS and decision == connecting):
            found.append(row)
        if measure in ("connect", FAILURES):
            connecting = decision if measure == "connect" else None
    return found


def _failed(row: Row, side: str) -> str:
    """12 of 100 (12 %)"""
    failed, known = row[f"failed_{side}"], row[f"count_{side}"]
    return f"{count(failed)} of {count(known)} ({share(failed, known)})"


def signed(nanoseconds: int) -> str:
    """+1.2 ms, -3 us"""
    return f"+{duration(nanoseconds)}" if nanoseconds > 0 else duration(nanoseconds)
