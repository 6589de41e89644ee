"""A report that can be given away: `analyzer report --anonymize`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import commands
from analyzer.cli.anonymous import NAME
from analyzer.cli.run import DAMAGED, NO_CAPTURE
from analyzer.flow.anonymous.anonymizer import KEPT_LABELS, SUFFIXES
from analyzer.report.graphs.inlined import library
from analyzer.report.wording.document import ANONYMIZED

ROOT = Path(__file__).parents[2]
PCAPS = ROOT / "pcaps"
PAGE = PCAPS / "recorded/slow_page.pcap"
LOSS = PCAPS / "recorded/http_loss.pcap"
CAPTURES = (
    PAGE, PCAPS / "recorded/http_keep_alive.pcap", PCAPS / "recorded/tls_1_2.pcap", *sorted((PCAPS / "journey").glob("*.pcap")),
)  # fmt: skip
FORMS = ("html", "md", "txt", "json")
WORD = re.compile(r"[a-z0-9_-]{4,}")
#: what the headers of HTTP keep: types of contents, reason phrases
KEPT_WORDS = {"octet-stream", "jpeg", "javascript", "permanently", "doctype", "created"}
#: fields of packets that say who it was
WHO = ("ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "eth.src", "eth.dst")


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(commands, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A known one: with others Crypto-PAn now and then (1 in 4,000) leaves a private address as it was."""
    path = tmp_path_factory.mktemp("key") / "key"
    path.write_bytes(bytes(range(32)))
    return str(path)


def anonymous(path: Path, form: str, key: str) -> str:
    """The report, without the library of graphs in it."""
    result = run("report", str(path), "--anonymize-key", key, "--format", form)
    assert result.exit_code == 0, result.stderr
    text: str = result.stdout
    return text.replace(library(), "").lower()


@cache
def our_words() -> set[str]:
    """Those of this program: they stand in a report whatever was captured."""
    sources = [path for path in (ROOT / "analyzer").rglob("*") if path.suffix in (".py", ".css", ".js", ".j2")]
    return {word for path in sources for word in WORD.findall(path.read_text().lower())}


def addresses(path: Path) -> set[str]:
    """Those of hosts: special ones stay what they are."""
    fields = [word for name in WHO for word in ("-e", name)]
    rows = map(json.loads, run("packets", str(path), "--format", "ndjson", *fields).stdout.splitlines())
    found = {row[name] for row in rows for name in WHO if row.get(name)}
    return {one for one in found if not re.match(r"224\.|ff0|33:33|01:00:5e|ff:ff|00:00:00:00:00:00|127\.|::1$", one)}


def labels(path: Path) -> set[str]:
    """Of all names that were looked up or asked for; short ones may stand in any word."""
    names: set[str] = set()
    for row in map(json.loads, run("journeys", str(path), "--format", "ndjson").stdout.splitlines()):
        names |= {row["host"] or "", row["dns_name"] or "", row["sni"] or "", *row["dns_chain"]}
    for row in map(json.loads, run("dns", str(path), "--format", "ndjson").stdout.splitlines()):
        names |= {one["name"] for one in row["questions"] + row["answers"]}
    found = {label for name in names for label in re.split(r"[.:]", name.lower())}
    return {label for label in found if len(label) > 3 and not label.isdigit()} - SUFFIXES - KEPT_LABELS


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_nothing_of_it_is_told(path: Path, key: str) -> None:
    content = re.findall(rb"[A-Za-z0-9_-]{4,}", path.read_bytes())
    words = {word.decode().lower() for word in content}
    names = labels(path)
    plain = run("report", str(path), "--format", "txt").stdout.lower()
    assert any(one in plain for one in addresses(path)), "this test could not fail"
    for form in FORMS:
        text = anonymous(path, form, key)
        assert path.name not in text and str(PCAPS).lower() not in text
        assert not [one for one in addresses(path) if re.search(rf"(?<![\d.:]){re.escape(one)}(?![\d:])", text)]
        told = set(WORD.findall(text))
        assert not told & (names - our_words())
        assert not {word for word in told & words if not word.isdigit()} - our_words() - KEPT_WORDS


def test_names_stand_in_a_report_that_is_not_anonymized() -> None:
    assert labels(PAGE) & set(WORD.findall(run("report", str(PAGE), "--format", "txt").stdout.lower()))


@pytest.mark.parametrize("form", FORMS)
def test_it_says_so(form: str) -> None:
    plain, hidden = (run("report", str(LOSS), "--format", form, *more).stdout for more in ((), ("--anonymize",)))
    if form == "json":
        assert json.loads(hidden)["anonymized"] and not json.loads(plain)["anonymized"]
        return
    begin = ANONYMIZED.split(":")[0]
    assert begin in hidden and begin not in plain and NAME in hidden


def test_what_happened_is_the_same() -> None:
    plain, hidden = (json.loads(run("report", str(LOSS), "--format", "json", *more).stdout) for more in ((), ("--anonymize",)))
    assert len(plain["journeys"]) == 1 and plain["stalls"]
    keys = ("duration_ns", "wait_ns", "receive_ns", "request_frame", "waited_loss_repair_ns")
    for key in keys:
        assert [row[key] for row in plain["journeys"]] == [row[key] for row in hidden["journeys"]]
    assert plain["waited"] == hidden["waited"] and plain["stalls"] == hidden["stalls"]


def test_a_key_gives_the_same_report(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    one, two = (run("report", str(PAGE), "--format", "txt", "--anonymize-key", str(key)).stdout for _ in range(2))
    assert one == two and NAME in one
    assert run("report", str(PAGE), "--format", "txt", "--anonymize").stdout != one
    key.write_bytes(b"short")
    assert run("report", str(PAGE), "--anonymize-key", str(key)).exit_code == 2


def test_a_selection_is_one_of_the_original() -> None:
    """Addresses and frames that are named are those that one knows; their numbers stay."""
    plain = json.loads(run("report", str(PAGE), "--format", "json", "--frames", "20-60").stdout)
    hidden = json.loads(run("report", str(PAGE), "--format", "json", "--frames", "20-60", "--anonymize").stdout)
    assert 0 < hidden["summary"]["packets"] == plain["summary"]["packets"] == 41
    assert hidden["totals"] == plain["totals"]
    (host, *_) = sorted(addresses(PAGE))
    hidden = json.loads(run("report", str(PAGE), "--format", "json", "--host", host, "--anonymize").stdout)
    assert hidden["summary"]["packets"] == json.loads(run("report", str(PAGE), "--format", "json", "--host", host).stdout)[
        "summary"
    ]["packets"]  # fmt: skip


def test_damage_and_status(tmp_path: Path) -> None:
    cut = tmp_path / "secret_customer.pcap"
    cut.write_bytes(LOSS.read_bytes()[:-30])
    result = run("report", str(cut), "--format", "txt", "--anonymize")
    assert result.exit_code == DAMAGED and "423" in result.stdout and "Damage" in result.stdout
    assert result.stderr.count("423") == 1 and "secret" not in result.stdout
    both = run("report", str(cut), str(LOSS), "--format", "txt", "--anonymize")
    assert both.exit_code == DAMAGED and "file 1 of 2" in both.stdout and "secret" not in both.stdout
    written = tmp_path / "report.html"
    assert run("report", str(tmp_path / "none.pcap"), "--anonymize", "-o", str(written)).exit_code == NO_CAPTURE
    assert not written.exists()


def test_a_pipe() -> None:
    command = [sys.executable, "-m", "analyzer", "report", "--format", "md", "--anonymize", "-"]
    piped = subprocess.run(command, input=LOSS.read_bytes(), capture_output=True, check=True, cwd=ROOT)
    assert piped.stdout.startswith(b"# anonymized capture\n") and b"temporary" in piped.stderr
