"""The report as one JSON object: the summary, and the rows behind the other sections as their commands print them.

Lists are cut as those of the page; `totals` says how many there were.
"""

from __future__ import annotations

from typing import Any

from analyzer.report.machine import SCHEMA

from .gathered import Gathered


def as_dict(gathered: Gathered) -> dict[str, Any]:
    """The object."""
    return {
        "schema": SCHEMA,
        "anonymized": gathered.anonymized,
        "verdict": gathered.verdict,
        "summary": gathered.summary.as_dict(),
        "waited": dict(gathered.waited),
        "requests": gathered.requests,
        "failed": gathered.failures,
        "journeys": gathered.journeys.rows,
        "handshakes": gathered.handshakes.rows,
        "percentiles": list(gathered.groups.rows()),
        "stalls": gathered.stalls.rows,
        "dns": gathered.questions.rows,
        "tls": gathered.sessions.rows,
        "certificates": gathered.sessions.certificates,
        "forgotten": gathered.forgotten,
        "totals": {
            "journeys": gathered.journeys.total,
            "handshakes": gathered.handshakes.total,
            "stalls": gathered.stalls.total,
            "dns": gathered.questions.total,
            "tls": gathered.sessions.total,
            "certificates": gathered.sessions.certificates_total,
        },
    }
