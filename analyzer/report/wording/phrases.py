"""Parts of sentences, and the values of findings that they need."""

from __future__ import annotations

from analyzer.finding import Finding
from analyzer.report.text import numbers, share


def number(finding: Finding, name: str) -> int:
    """A value of the finding, 0 where it has none."""
    return int(finding.values.get(name, 0))


def of_all(finding: Finding) -> str:
    """Which share of those that could have had it."""
    return share(finding.count, number(finding, "of"))


def was(finding: Finding) -> str:
    return "was" if finding.count == 1 else "were"


def streams_in_words(finding: Finding) -> str:
    """stream 4; streams 4, 9-12"""
    return f"{'stream' if len(finding.streams) == 1 else 'streams'} {numbers(sorted(finding.streams))}"
