"""What is wrong with certificates, from the rows of TLS (the judgement itself: flow/application/chain.py), and who used client
certificates (RFC 8446 section 4.4.2, RFC 5246 section 7.4.6).

Every problem is counted once for each message that shows it, apart for servers and clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from analyzer.finding import Finding, Severity
from analyzer.flow.application.rows import Row

from .evidence import Evidence

MAX_SUBJECTS: Final = 10_000  #: certificates that are told apart for each kind
SHOWN_SUBJECTS: Final = 3  #: named in a finding

SEVERITIES: Final = {
    "certificate_expired": Severity.PROBLEM,
    "certificate_not_yet_valid": Severity.PROBLEM,
    "certificate_name_mismatch": Severity.PROBLEM,
    "certificate_wrong_issuer": Severity.PROBLEM,
    "certificate_missing_intermediate": Severity.WARNING,
    "certificate_self_signed": Severity.WARNING,
    "certificate_wrong_order": Severity.WARNING,
    "certificate_expiring": Severity.WARNING,
    "certificate_weak_key": Severity.WARNING,
    "certificate_weak_signature": Severity.WARNING,
    "certificate_common_name_only": Severity.NOTE,
    "certificate_superfluous": Severity.NOTE,
    "certificate_malformed": Severity.NOTE,
    "certificate_long_chain": Severity.NOTE,
    "client_certificate": Severity.NOTE,
    "client_certificate_missing": Severity.WARNING,
}
LONGEST: Final = ("certificate_expired", "certificate_not_yet_valid")  #: of which the largest ns is told; of others the smallest
TRANSPORTS: Final = {"tls": "tcp", "dtls": "udp", "quic": "udp"}


@dataclass(slots=True)
class _Seen:
    """One kind: where, and in which certificates (subject, and the name asked for)."""

    evidence: Evidence = field(default_factory=Evidence)
    subjects: dict[tuple[str, str], None] = field(default_factory=dict)
    largest_ns: int | None = None
    smallest_ns: int | None = None


class CertificateFindings:
    """Takes the rows of TLS in their order."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], _Seen] = {}  #: (kind, sender, protocol of the streams)
        self._subjects_forgotten = 0

    def update(self, row: Row) -> None:
        """Take one row; others than Certificate messages say nothing here."""
        if row.get("message") != "certificate":
            return
        chain = row.get("chain") or []
        kinds: dict[str, list[tuple[str, int | None]]] = {}
        for problem in row.get("problems") or ():
            position = problem["position"]
            subject = str(chain[position]["subject"] or "") if position < len(chain) else ""
            kinds.setdefault(f"certificate_{problem['problem']}", []).append((subject, problem["ns"]))
        if row.get("direction") == "client" and chain:
            kinds["client_certificate"] = [(str(chain[0]["subject"] or ""), None)]
        elif row.get("direction") == "client" and row.get("complete"):
            kinds["client_certificate_missing"] = []
        for kind, certificates in kinds.items():
            self._add(kind, row, certificates)

    def _add(self, kind: str, row: Row, certificates: list[tuple[str, int | None]]) -> None:
        """Count a message that shows this kind, with these subjects and their ns."""
        key = kind, str(row.get("direction")), TRANSPORTS.get(str(row.get("transport")), "")
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen()
        seen.evidence.one(row["last_frame"], row["stream"] if key[2] else -1)
        asked = str(row.get("sni") or "") if kind == "certificate_name_mismatch" else ""
        for subject, ns in certificates:
            named = subject, asked
            if named not in seen.subjects:
                if len(seen.subjects) < MAX_SUBJECTS:
                    seen.subjects[named] = None
                else:
                    self._subjects_forgotten += 1
            if ns is not None:
                seen.largest_ns = ns if seen.largest_ns is None else max(ns, seen.largest_ns)
                seen.smallest_ns = ns if seen.smallest_ns is None else min(ns, seen.smallest_ns)

    def findings(self) -> Iterator[Finding]:
        """What was found, the worst first."""
        order = {kind: number for number, kind in enumerate(SEVERITIES)}
        for (kind, sender, protocol), seen in sorted(self._seen.items(), key=lambda item: order[item[0][0]]):
            shown = [*seen.subjects][:SHOWN_SUBJECTS]
            values: dict[str, int | str] = {"sender": sender, "more": len(seen.subjects) - len(shown)}
            values |= {f"subject_{number}": subject for number, (subject, _) in enumerate(shown)}
            values |= {f"asked_{number}": asked for number, (_, asked) in enumerate(shown) if asked}
            ns = seen.largest_ns if kind in LONGEST else seen.smallest_ns
            if ns is not None:
                values["ns"] = ns
            yield seen.evidence.finding(kind, SEVERITIES[kind], protocol, values)

    def forgotten(self) -> dict[str, int]:
        """What had no room: thing -> how many."""
        streams = sum(seen.evidence.streams_forgotten for seen in self._seen.values())
        return {"subject of a certificate": self._subjects_forgotten, "stream with a certificate": streams}
