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

    return found | set(certificates) | set(connections) | set(verdicts) | set(ICMP_SEVERITY) | set(standstill.values())


def test_every_kind_has_a_sentence_and_the_reverse() -> None:
    assert kinds() == set(wording.TEXTS)


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
