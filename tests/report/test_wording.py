"""Every finding has a sentence, a severity and a display filter that means something."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import analyzer.flow.findings
from analyzer.finding import Finding, Severity
from analyzer.report import wording
from analyzer.report.display_filter import DisplayFilter

VALUES = {
    "of": 100,
    "file": "x",
    "frame": 3,
    "offset": 9,
    "reason": "cut",
    "syns": 2,
    "longest_ns": 5,
    "servers": "10.0.0.1:80, [::1]:443",
    "other_servers": 2,
    "address": "10.0.0.1",
    "macs": "a, b",
    "largest": 9000,
    "no_total_length": 0,
    "protocol": "ip",
    "fault": "short",
    "largest_ns": 7,
    "interface": "eth0",
    "completed": 1,
    "fast_retransmission": 1,
    "spurious_retransmission": 1,
    "zero_window_probe": 1,
    "what": "ARP claim",
    "first_bytes": "41424344",
    "second_bytes": "41424345",
    "first_frame": 4,
    "second_frame": 5,
    "bytes": 1200,
    "fast": 1,
    "timeout": 1,
    "upstream": 1,
    "had_arrived": 1,
    "latest_ns": 4,
    "waited_ns": 6_000,
    "total_ns": 7_000,
    "stream": 3,
    "direction": "server",
    "bytes_held": 14_000,
    "duration_ns": 212_000_000,
    "hole_count": 1,
    "missing_bytes": 1448,
    "cause": "rto",
    "need": "needed",
    "victim_count": 1,
    "victim_protocol": "http",
    "hosts": "10.0.0.9",
    "more_hosts": 2,
    "copies": 3,
    "payload": 1448,
    "ttl": 250,
    "usual_ttl": 54,
    "servers_asked": 2,
    "server_0": "10.0.0.53",
    "addresses_0": "10.1.2.3",
    "server_1": "8.8.8.8",
}


def kinds() -> set[str]:
    """Every kind that the source names: first arguments of Finding and Evidence.finding, and the keys of the tables."""
    found: set[str] = set()
    for path in Path(analyzer.flow.findings.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in ("Finding", "finding"):
                    found.add(node.args[0].value)
    from analyzer.flow.findings.certificates import SEVERITIES as certificates
    from analyzer.flow.findings.connections import SEVERITIES as connections
    from analyzer.flow.findings.network import ICMP_SEVERITY
    from analyzer.flow.findings.standstill import FINDINGS as standstill
    from analyzer.flow.findings.tcp import SEVERITIES as verdicts
    from analyzer.flow.findings.tls import KINDS as tls

    found |= {"mtu_black_hole", "mtu_ignored"}  # one call for both
    found |= {kind for kind, _ in tls.values()}
    return found | set(certificates) | set(connections) | set(verdicts) | set(ICMP_SEVERITY) | set(standstill.values())


def test_every_kind_has_a_sentence_and_the_reverse() -> None:
    assert kinds() == set(wording.TEXTS)


def test_every_kind_has_advice_and_reading_and_a_layer() -> None:
    assert kinds() == set(wording.HINTS)
    for kind, hint in wording.HINTS.items():
        assert hint.layer in wording.LAYERS, kind
        for text in (hint.advice, hint.learn):
            assert text[0].isupper() and text.endswith(".") and "  " not in text and len(text) <= 240, kind
            assert text.isascii() and text.isprintable(), kind
        assert hint.advice != hint.learn
    assert {hint.layer for hint in wording.HINTS.values()} == set(wording.LAYERS)


@pytest.mark.parametrize(
    ("protocol", "layer"), [("ip", "network"), ("ipv6", "network"), ("tcp", "transport"), ("udp", "transport")]
)
def test_a_malformed_header_belongs_to_its_layer(protocol: str, layer: str) -> None:
    finding = Finding("malformed", Severity.WARNING, 1, values={"protocol": protocol, "fault": "short"})
    assert wording.layer(finding) == layer


def test_advice_depends_on_what_was_said() -> None:
    def said(kind: str, **values: int | str) -> str:
        return wording.advice(Finding(kind, Severity.PROBLEM, 1, values=values))

    assert "(SNI)" in said("tls_alert", description=112) and "log" in said("tls_alert", description=80)
    assert said("tls_alert", description=255) == wording.HINTS["tls_alert"].advice
    assert "DNSSEC" in said("dns_rcode", rcode="SERVFAIL")
    assert said("dns_rcode", rcode="NOTIMP") == wording.HINTS["dns_rcode"].advice
    for table in (wording.tls.ALERT_ADVICE, wording.dns.RCODE_ADVICE):
        assert all(text[0].isupper() and text.endswith(".") for text in table.values())
    assert wording.tls.ALERT_ADVICE.keys() <= wording.tls.ALERT_MEANINGS.keys()
    assert wording.dns.RCODE_ADVICE.keys() <= wording.dns.RCODES.keys()


def test_costs() -> None:
    def cost(ns: int | None, octets: int | None) -> str:
        return wording.cost(Finding("loss", Severity.WARNING, 1, cost_ns=ns, cost_bytes=octets))

    assert cost(None, None) == cost(0, 0) == ""
    assert cost(1_020_000_000, None) == "1.02 s"
    assert cost(1_020_000_000, 14_600) == "1.02 s and 14.6 kB"


def test_who_sent_a_reset() -> None:
    def text(count: int, **values: int) -> str:
        return wording.sentence(Finding("foreign_reset", Severity.PROBLEM, count, values=values))

    assert text(1, ttl=64, usual_ttl=54).endswith("it bears: TTL 64, where that end's packets have 54.")
    assert text(2, ttl=64, usual_ttl=54).endswith("they bear: the first with TTL 64, where that end's packets have 54.")
    assert text(2, ttl=64, usual_ttl=54, by_id=1).endswith("have 54, and IP IDs are out of its order in 1.")


def test_why_something_is_unreachable() -> None:
    def text(reason: str) -> str:
        return wording.sentence(Finding("unreachable", Severity.WARNING, 1, values={"reason": reason} if reason else {}))

    assert text("port") == "1 ICMP message: nobody listens on the port."
    assert text("") == "1 ICMP message: the destination is unreachable."


def test_pings() -> None:
    values = {"of": 4, "hosts": "10.0.0.9", "more_hosts": 0}
    text = wording.sentence(Finding("echo_unanswered", Severity.PROBLEM, 1, values=values))
    assert text == "1 echo request (ping) to 10.0.0.9 got no reply: 25 % of all 4."
    values |= {"median_ns": 20_000_000, "longest_ns": 30_000_000}
    text = wording.sentence(Finding("echo_unanswered", Severity.WARNING, 1, values=values))
    assert text.endswith(" The others took 20.0 ms (median), at most 30.0 ms.")


def test_long_names_are_shortened() -> None:
    finding = Finding("refused", Severity.PROBLEM, 1, values={"servers": "10.0.0.1:80"})
    sentence = wording.sentence(finding, lambda address: "x" * 300)
    assert "..." in sentence and len(sentence) < 150 and ":80" in sentence


@pytest.mark.parametrize("kind", sorted(wording.TEXTS))
@pytest.mark.parametrize("count", (1, 2_000))
def test_sentences(kind: str, count: int) -> None:
    finding = Finding(kind, Severity.WARNING, count, (1, 2, 5), "tcp", (3, 7)[:count], VALUES)
    sentence = wording.sentence(finding)
    assert sentence.endswith((".", "?")) and "  " not in sentence and "None" not in sentence
    assert sentence[0].isupper() or sentence[0].isdigit() or kind == "interface_drops"
    if "2,000" in sentence and kind != "address_conflict":
        assert "1 " not in sentence.partition("2,000")[0]
    expression = wording.display_filter(finding)
    if expression and "frame.cap_len < frame.len" not in expression:
        DisplayFilter(expression)
    assert bool(expression) != (kind in wording.WHOLE)


def test_servers_get_their_names() -> None:
    finding = Finding("refused", Severity.PROBLEM, 2, values={"servers": "10.0.0.1:80, [::1]:443", "other_servers": 1})
    known = {"10.0.0.1": "shop.example"}
    sentence = wording.sentence(finding, lambda address: known.get(address, address))
    assert sentence.startswith("2 connections to shop.example:80, [::1]:443 and 1 other server were refused: ")


def test_more_servers_than_were_asked() -> None:
    def text(others: int) -> str:
        values = {"servers": "10.0.0.1:80", "other_servers": others, "not_asked": 9, "syns": 1}
        return wording.sentence(Finding("unanswered", Severity.PROBLEM, 9, values=values))

    assert "to 10.0.0.1:80 and at least 2 other servers got" in text(2)
    assert "to 10.0.0.1:80 and maybe others got" in text(0)


def test_filters_name_few_streams_and_frames() -> None:
    finding = Finding("one_sided", Severity.PROBLEM, 99, (), "tcp", tuple(range(99)))
    assert wording.display_filter(finding) == "tcp.stream in {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}"
    finding = Finding("refused", Severity.PROBLEM, 99, tuple(range(99)), "tcp", (1,))
    assert wording.display_filter(finding) == f"frame.number in {{{', '.join(map(str, range(20)))}}}"


def test_filters_of_several_files() -> None:
    finding = Finding("retransmission", Severity.PROBLEM, 3, (3, 4, 5), "tcp", (1,))
    frames = {"a": [2, 3], "b": [1]}
    assert wording.filters_of_files(finding, frames) == {"a": "frame.number in {2, 3}", "b": "frame.number in {1}"}
    finding = Finding("cut_frames", Severity.NOTE, 3, (3, 4, 5))
    assert wording.filters_of_files(finding, frames) == dict.fromkeys("ab", "frame.cap_len < frame.len")
    assert wording.filters_of_files(Finding("forgotten", Severity.NOTE, 3), {}) == {}


def test_damage_names_its_file_among_several() -> None:
    finding = Finding("damage", Severity.PROBLEM, 1, values={"file": "b.pcap", "frame": 2, "reason": "cut"})
    assert wording.sentence(finding) == "The capture is damaged: cut (after 2 frames)."
    assert wording.sentence(finding, several=True) == "b.pcap is damaged: cut (after 2 frames)."


def test_evictions_say_what_is_not_known() -> None:
    finding = Finding("conversations_evicted", Severity.WARNING, 5, values={"unknown": 2})
    assert wording.sentence(finding).endswith(" Of 2 connections it is not known whether an answer came.")
