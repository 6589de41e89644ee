"""Sentences about service level objectives: whether they were met, by how many, and what was worst."""

from __future__ import annotations

from analyzer.journey.statistics.objectives import Result
from analyzer.report.text import count, duration, plural


def said(result: Result) -> str:
    """One line."""
    objective = result.objective
    if not result.judged:
        return f"{objective.text}: nothing to compare, no connection has a value"
    if objective.share is not None:
        return f"{objective.text}: {'met' if result.met else 'missed'}, {_percentile(result)}"
    if result.met:
        by = "the only connection" if result.judged == 1 else f"all {count(result.judged)} connections"
        return f"{objective.text}: met by {by}"
    by = "the only connection" if result.judged == 1 else f"{count(result.missed)} of {count(result.judged)} connections"
    parts = [f"missed by {by}"]
    if result.failed:
        who = "which" if result.failed == result.missed else f"{count(result.failed)} of them"
        parts.append(f"{who} never got that far")
    if result.worst_ns is not None:
        parts.append(f"the longest took {duration(result.worst_ns)} (stream {result.worst_stream})")
    return f"{objective.text}: {', '.join(parts)}"


def _percentile(result: Result) -> str:
    found = result.percentile_ns()
    those = plural(result.judged, "connection")
    if found is None:
        return f"{count(result.failed)} of {those} never got that far"
    failed = f", {count(result.failed)} of which never got that far" if result.failed else ""
    return f"it is {duration(found)} for {those}{failed}"
