"""Findings about certificates: counted, named, and told by whom."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.finding import Finding
from analyzer.flow.application.certificates import certificate_keys
from analyzer.flow.findings.certificates import MAX_SUBJECTS, SEVERITIES, CertificateFindings
from analyzer.report.wording.certificates import TEXTS
from tests.certificates import DAY, DAY_NS, NOW, NOW_NS, leaf_der, make, middle_der


def row(frame: int, *chain: bytes, sender: str = "server", sni: str | None = "www.example.com") -> dict[str, Any]:
    keys = certificate_keys(chain, NOW_NS, sender == "server", sni)
    placed = {
        "frame": frame,
        "last_frame": frame,
        "stream": frame // 10,
        "transport": "tls",
        "direction": sender,
        "complete": True,
    }
    return {**placed, "message": "certificate", "sni": sni, **keys}


def found(*rows: dict[str, Any]) -> dict[str, Finding]:
    findings = CertificateFindings()
    for one in rows:
        findings.update(one)
    return {finding.kind: finding for finding in findings.findings()}


def test_nothing_to_say() -> None:
    assert found(row(1, leaf_der(), middle_der()), {"message": "alert"}, {"message": "client_hello"}) == {}


def test_expired() -> None:
    late = leaf_der(ends=NOW - 3 * DAY)
    later = leaf_der(ends=NOW - 9 * DAY)
    finding = found(row(11, late, middle_der()), row(21, late, middle_der()), row(31, later, middle_der()))["certificate_expired"]
    assert (finding.count, finding.frames, finding.protocol, set(finding.streams)) == (3, (11, 21, 31), "tcp", {1, 2, 3})
    assert TEXTS[finding.kind](finding) == (
        "3 server certificate messages with an expired certificate, by up to 9 d (CN=www.example.com)."
    )


def test_a_message_counts_once() -> None:
    both = found(row(1, leaf_der(ends=NOW - DAY), middle_der(ends=NOW - 2 * DAY)))["certificate_expired"]
    assert (both.count, both.values["ns"]) == (1, 2 * DAY_NS)
    assert [both.values["subject_0"], both.values["subject_1"]] == ["CN=www.example.com", "CN=Test Intermediate,C=DE"]


def test_name_mismatch_tells_the_name() -> None:
    findings = found(*(row(n, leaf_der(), middle_der(), sni=f"{n}.example") for n in range(1, 6)))
    finding = findings["certificate_name_mismatch"]
    whose = "; ".join(f"{n}.example: CN=www.example.com" for n in (1, 2, 3))
    assert TEXTS[finding.kind](finding).endswith(f"that the client asked for ({whose}; 2 more).")


def test_server_and_client_are_told_apart() -> None:
    expired = make("someone", ends=NOW - DAY)
    findings = CertificateFindings()
    findings.update(row(1, expired, sni=None))
    findings.update(row(2, expired, sender="client"))
    senders = [(one.kind, one.values["sender"]) for one in findings.findings()]
    assert senders[:2] == [("certificate_expired", "server"), ("certificate_expired", "client")]


def test_mutual_tls() -> None:
    findings = found(row(1, make("me", dns=["me"]), sender="client"), row(2, sender="client"), row(3, sender="client"))
    assert TEXTS["client_certificate"](findings["client_certificate"]) == (
        "1 time a client showed a certificate (mutual TLS) (CN=me)."
    )
    assert findings["client_certificate_missing"].count == 2
    cut = row(4, sender="client") | {"complete": False}
    assert found(cut) == {}


def test_every_kind_has_a_severity_and_a_sentence() -> None:
    assert set(SEVERITIES) == set(TEXTS)


def test_subjects_are_capped() -> None:
    findings = CertificateFindings()
    one = row(1, leaf_der(), middle_der(), sni="x")
    for n in range(MAX_SUBJECTS + 5):
        findings.update(one | {"sni": f"{n}.example"})
    assert findings.forgotten()["subject of a certificate"] == 5


@pytest.mark.parametrize(
    "kind",
    [
        "certificate_not_yet_valid", "certificate_wrong_issuer", "certificate_missing_intermediate", "certificate_self_signed",
        "certificate_wrong_order", "certificate_expiring", "certificate_weak_key", "certificate_weak_signature",
        "certificate_common_name_only", "certificate_superfluous", "certificate_malformed", "certificate_long_chain",
    ],
)  # fmt: skip
def test_each_problem_becomes_a_finding(kind: str) -> None:
    said = {"problem": kind.removeprefix("certificate_"), "position": 0, "ns": 5}
    one = row(3, leaf_der(), middle_der()) | {"problems": [said]}
    findings = found(one)
    assert set(findings) == {kind}
    assert (findings[kind].severity, findings[kind].frames) == (SEVERITIES[kind], (3,))
