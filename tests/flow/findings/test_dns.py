"""What the rows of DNS messages show to be wrong, and what they do not."""

from __future__ import annotations

import pytest

from analyzer.finding import Finding, Severity
from analyzer.flow.findings import dns, split_horizon
from analyzer.flow.findings.dns import DnsFindings
from analyzer.report import wording
from tests.dissect.application.dns.build import TO_QUESTION, question, record
from tests.flow.application.dns_exchange import Exchange


def address(text: str, ttl: int = 300) -> bytes:
    return record(TO_QUESTION, 1, bytes(map(int, text.split("."))), ttl=ttl)


PUBLIC = address("93.184.216.34")
PRIVATE = address("10.1.2.3")


def sentence(finding: Finding) -> str:
    return wording.sentence(finding)


def found(one: Exchange) -> dict[str, Finding]:
    findings = DnsFindings()
    for row in one.rows:
        findings.update(row)
    return {finding.kind: finding for finding in findings.findings()}


def test_an_ordinary_lookup_is_no_finding() -> None:
    one = Exchange()
    one.query(0)
    one.response(12, PUBLIC)
    one.query(5_000, question("b.example"), 2)  # the capture may have ended before its answer
    assert not found(one)


def test_no_answer() -> None:
    one = Exchange()
    one.query(0)
    one.query(1_000)
    one.query(2_500, question("b.example"), 2)
    one.response(2_600, asked=question("b.example"), number=2)
    kinds = found(one)
    assert set(kinds) == {"dns_no_answer", "dns_repeated"}
    assert (kinds["dns_no_answer"].count, kinds["dns_no_answer"].frames) == (1, (1,))
    assert kinds["dns_no_answer"].values["names"] == "www.example"
    assert (kinds["dns_repeated"].frames, kinds["dns_repeated"].values["of"]) == ((2,), 3)


def test_asked_again_from_another_port() -> None:
    one = Exchange()
    one.query(0)
    one.query(500, port=40_001)
    assert found(one)["dns_no_answer"].frames == (1,)
    one.response(600, PUBLIC)
    one.response(601, PUBLIC, port=40_001)
    assert "dns_no_answer" not in found(one)


def test_slow() -> None:
    one = Exchange()
    one.query(0)
    one.response(199.999, PUBLIC)
    assert not found(one)
    one.query(1_000, number=2, asked=question("b.example"))
    one.response(1_200, number=2, asked=question("b.example"))
    finding = found(one)["dns_slow"]
    assert (finding.frames, finding.values["longest_ns"], finding.values["of"]) == ((4,), 200_000_000, 2)


def test_unsolicited() -> None:
    one = Exchange()
    one.query(0)
    one.response(5, PRIVATE, server="192.0.2.66")
    one.response(6, PUBLIC)
    one.response(7, PUBLIC, asked=question("b.example"))
    kinds = found(one)
    assert set(kinds) == {"dns_unsolicited"}  # nor is it a split horizon
    assert kinds["dns_unsolicited"].frames == (2, 4)


@pytest.mark.parametrize(
    ("flags", "name", "severity"),
    [
        (0x8183, "NXDOMAIN", Severity.NOTE),
        (0x8182, "SERVFAIL", Severity.PROBLEM),
        (0x8185, "REFUSED", Severity.PROBLEM),
        (0x8181, "FORMERR", Severity.WARNING),
    ],
)
def test_errors(flags: int, name: str, severity: Severity) -> None:
    one = Exchange()
    one.query(0)
    one.response(5, flags=flags)
    one.response(6, flags=flags)  # repeated: the same error
    finding = found(one)["dns_rcode"]
    assert (finding.severity, finding.count, finding.values["rcode"]) == (severity, 1, name)


def test_truncated() -> None:
    one = Exchange()
    one.query(0)
    one.response(10, flags=0x8380)
    assert found(one)["dns_truncated"].values["retries"] == 0
    one.query(15, transport="tcp")
    one.response(40, PUBLIC, transport="tcp")
    finding = found(one)["dns_truncated"]
    assert (finding.count, finding.frames) == (1, (2,))
    assert (finding.values["retries"], finding.values["longest_ns"]) == (1, 30_000_000)


def lookups(times: int, every: float, ttl: int, client: str = "10.0.0.1") -> Exchange:
    one = Exchange()
    for i in range(times):
        one.query(i * every, number=i, client=client)
        one.response(i * every + 1, address("93.184.216.34", ttl), number=i, client=client)
    return one


def test_not_cached() -> None:
    assert found(lookups(dns.MANY + 1, 100, 300))["dns_not_cached"].count == dns.MANY
    assert not found(lookups(dns.MANY, 100, 300))


def test_short_ttl() -> None:
    assert found(lookups(dns.MANY + 1, 6_000, 5))["dns_short_ttl"].count == 1
    assert not found(lookups(dns.MANY, 6_000, 5))
    assert not found(lookups(dns.MANY + 5, 61_000, 60))


def test_malformed() -> None:
    one = Exchange()
    one.message(0, b"\0\1\0", 0)
    one.message(1, b"\0", 0, server="224.0.0.251", port=5353, service=5353)
    assert found(one)["dns_malformed"].count == 2


def test_multicast_queries_without_an_answer_are_usual() -> None:
    one = Exchange()
    for i in range(5):
        one.query(i * 3_000, server="224.0.0.252", service=5355, number=i)
    assert not found(one)


def answered(*answers: tuple[str, tuple[bytes, ...]]) -> dict[str, Finding]:
    one = Exchange()
    for i, (server, records) in enumerate(answers):
        flags = 0x8180 if records else 0x8183
        one.query(i, server=server, number=i)
        one.response(i + 1, *records, server=server, number=i, flags=flags)
    return {kind: finding for kind, finding in found(one).items() if kind in KINDS}


KINDS = ("dns_split_horizon", "dns_private_and_public", "dns_differs")
A, B = "10.0.0.53", "8.8.8.8"


def test_private_here_and_public_there() -> None:
    finding = answered((A, (PRIVATE,)), (B, (PUBLIC,)))["dns_split_horizon"]
    assert finding.frames == (2, 4)
    assert sentence(finding).endswith(f": {A} says 10.1.2.3; {B} says 93.184.216.34.")


def test_known_here_and_unknown_there() -> None:
    finding = answered((A, (PRIVATE,)), (B, ()))["dns_split_horizon"]
    assert finding.values["addresses_1"] == ""
    assert sentence(finding).endswith(f": {A} says 10.1.2.3; {B} says that it does not exist.")


def test_private_and_public_at_once() -> None:
    finding = answered((A, (PRIVATE, PUBLIC)))["dns_private_and_public"]
    said = {"server_0": A, "addresses_0": "10.1.2.3, 93.184.216.34"}
    assert finding.values == {"names": "www.example", "servers_asked": 1, **said}


def test_balanced_load_is_no_split_horizon() -> None:
    assert not answered((A, (PUBLIC,)), (A, (address("93.184.216.35"),)))
    assert not answered((A, (PUBLIC, address("93.184.216.35"))), (B, (PUBLIC,)))
    assert not answered((A, ()), (B, ()))
    assert not answered((A, ()), (A, (PUBLIC,)))


def test_other_public_addresses_from_each_server() -> None:
    kinds = answered((A, (PUBLIC,)), (B, (address("93.184.216.35"),)))
    assert set(kinds) == {"dns_differs"} and kinds["dns_differs"].count == 1


def test_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_WAITING", "MAX_LOOKUPS", "MAX_NAMES"):
        monkeypatch.setattr(dns, name, 5)
    monkeypatch.setattr(split_horizon, "MAX_NAMES", 5)
    one, findings = Exchange(), DnsFindings()
    for i in range(50):
        asked = question(f"name{i}.example")
        findings.update(one.query(i * 3_000, asked, i))
        findings.update(one.response(i * 3_000 + 1, PUBLIC, asked=asked, number=i))
    assert findings.forgotten() == {"DNS query or lookup": 0, "DNS answer to compare": 45}
    for i in range(50):
        findings.update(one.query(200_000 + i * 3_000, question(f"name{i}.example"), i, port=50_000))
    assert findings.forgotten() == {"DNS query or lookup": 45, "DNS answer to compare": 45}
    assert {finding.count for finding in findings.findings()} == {4}
    assert all(len(held) <= 5 for held in (findings._waiting, findings._open, findings._lookups, findings._split._names))


def test_what_waiting_cost() -> None:
    """In the queries' time: until the latest repeat, until another port was tried, or until the answer."""
    one = Exchange()
    one.query(0)
    one.query(1_000)
    one.query(9_000, number=2)
    cost = {kind: finding.cost_ns for kind, finding in found(one).items()}
    assert cost == {"dns_no_answer": 9_000_000_000, "dns_repeated": None}
    one = Exchange()
    one.query(0)
    one.query(1_000)
    one.query(11_000, number=2)
    assert found(one)["dns_no_answer"].cost_ns == 1_000_000_000
    one = Exchange()
    one.query(0)
    one.query(1_000)
    one.response(1_020, PUBLIC)
    cost = {kind: finding.cost_ns for kind, finding in found(one).items()}
    assert cost == {"dns_slow": 1_020_000_000, "dns_repeated": 1_000_000_000}
