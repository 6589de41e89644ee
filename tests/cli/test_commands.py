"""The commands as a user types them: formats, exit statuses, selections, several files, standard input."""

from __future__ import annotations

import csv
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.capture.reader import open_capture
from analyzer.cli import COMMANDS, UNWRITABLE, commands
from tests.frames import ethernet, ipv4, udp

PCAPS = Path(__file__).parents[2] / "pcaps"
LOSS = str(PCAPS / "tcp/fast_retransmission.pcap")
CONFLICT = str(PCAPS / "link/arp_conflict.pcap")
LOOKUP = str(PCAPS / "recorded/name_lookup.pcap")
CUT = str(PCAPS / "container/cut_in_data.pcap")
ROWS = ("packets", "flows", "tcp", "stalls", "rtt", "waits", "arp")


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(commands, arguments, **more)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def ndjson(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--format", "ndjson")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_summary_is_the_default() -> None:
    assert run(LOSS).stdout == run("summary", LOSS).stdout
    assert run("-n", LOSS).stdout == run("summary", "-n", LOSS).stdout
    assert "Findings, worst first" in run(LOSS).stdout


def test_every_command_has_help() -> None:
    overview = run("--help")
    assert overview.exit_code == 0
    for command in COMMANDS:
        assert command in overview.stdout
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--bogus",),
        ("summary",),
        ("sumary",),
        ("packets", LOSS, "-e", "no.such.field"),
        ("packets", LOSS, "-Y", "tcp.port =="),
        ("flows", LOSS, "-Y", "no.such.field == 1"),
        ("tcp", LOSS, "--stream", "x"),
        ("tcp", LOSS, "--frames", "9-1"),
        ("tcp", LOSS, "--frames", "0"),
        ("tcp", LOSS, "--from", "yesterday"),
        ("tcp", LOSS, "--port", "70000"),
        ("tcp", LOSS, "--memory", "much"),
        ("tcp", LOSS, "--format", "xml"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error:" in result.stderr


def test_a_protocol_is_not_dissected_yet() -> None:
    assert "the command `analyzer tls` shows them" in run("packets", LOSS, "-Y", "tls.handshake").stderr


def test_unknown_field_is_named() -> None:
    assert "'no.such.field'" in run("packets", LOSS, "-e", "no.such.field").stderr


@pytest.mark.parametrize("command", ("summary", *ROWS))
@pytest.mark.parametrize(
    "name", ("missing", "container/no_capture.txt", "container/no_bytes.pcap", "container/netmon.cap", "")
)
def test_no_capture(command: str, name: str) -> None:
    result = run(command, str(PCAPS / name))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("analyzer: ") and result.stderr.count("\n") == 1


@pytest.mark.parametrize("form", ("table", "ndjson", "json", "csv"))
@pytest.mark.parametrize("command", ("summary", "packets", "flows", "tcp", "stalls", "rtt", "waits", "arp"))
def test_damage(command: str, form: str) -> None:
    result = run(command, str(PCAPS / "container/cut_in_data.pcap"), "--format", form)
    assert result.exit_code == 3
    assert "cut short" in result.stderr
    if command == "packets" and form == "ndjson":
        assert len(result.stdout.splitlines()) == 7


@pytest.mark.parametrize("command", ROWS)
def test_machine_formats_agree(command: str) -> None:
    path = CONFLICT if command == "arp" else LOSS
    rows = ndjson(command, path)
    assert rows and all(row["schema"] == 1 for row in rows)
    assert json.loads(run(command, path, "--format", "json").stdout) == rows
    table = list(csv.DictReader(run(command, path, "--format", "csv").stdout.splitlines()))
    assert len(table) == len(rows)
    for cells, row in zip(table, rows, strict=True):
        assert set(row) - {"schema"} <= set(cells)
        for key, text in cells.items():
            value = row.get(key)
            if isinstance(value, (int, str)) and not isinstance(value, bool):
                assert text == str(value)


def test_machine_formats_of_nothing() -> None:
    assert run("arp", LOSS, "--format", "ndjson").stdout == ""
    assert json.loads(run("arp", LOSS, "--format", "json").stdout) == []
    assert run("arp", LOSS, "--format", "csv").stdout.startswith("frame,opcode,")


def test_summary_explained() -> None:
    shown = run("summary", "--explain", LOSS).stdout
    assert "Findings, worst first" not in shown
    assert shown.index("Did the port answer? ") < shown.index("Was the transport healthy?") < shown.index("Was TLS in order? ")
    assert "costs: 10.7 ms" in shown and "RFC 9114" in shown


def test_findings_say_what_they_cost_and_mean() -> None:
    found = json.loads(run(LOSS, "--format", "json").stdout)["findings"]
    assert [finding["number"] for finding in found] == list(range(1, len(found) + 1))
    stall = next(finding for finding in found if finding["kind"] == "head_of_line")
    assert (stall["layer"], stall["cost_ns"], stall["cost_bytes"]) == ("transport", stall["values"]["total_ns"], None)
    assert stall["advice"].endswith(".") and "RFC 9114" in stall["learn"]
    heading, *rows = run(LOSS, "--format", "csv").stdout.splitlines()
    assert heading.startswith("number,layer,kind,") and len(rows) == len(found)


def test_summary_as_json() -> None:
    found = json.loads(run(LOSS, "--format", "json").stdout)
    assert (found["schema"], found["packets"], found["bytes"]) == (1, 18, 7044)
    assert found["duration_ns"] == 75_100_000
    assert found["protocols"]["eth:ip:tcp"] == {"packets": 18, "bytes": 7044}
    findings = {finding["kind"]: finding for finding in found["findings"]}
    for kind, display_filter in (("loss", "frame.number in {14}"), ("retransmission", "tcp.analysis.retransmission")):
        finding = findings[kind]
        assert (finding["count"], finding["frames"], finding["filter"]) == (1, [14], display_filter)
    assert findings["loss"]["severity"] == "warning" and findings["retransmission"]["severity"] == "note"
    assert run(LOSS, "--format", "ndjson").stdout.count("\n") == 1


def test_tcp_events() -> None:
    rows = ndjson("tcp", LOSS)
    assert [(row["frame"], row["kind"]) for row in rows][-2:] == [(14, "retransmission"), (14, "fast_retransmission")]
    assert {row["direction"] for row in rows if row["kind"] == "duplicate_ack"} == {"client"}


def test_arp_rows() -> None:
    rows = ndjson("arp", str(PCAPS / "link/arp_probe_announcement.pcap"))
    assert any(row["probe"] for row in rows) and any(row["announcement"] for row in rows)
    assert "also claimed by" in run("arp", CONFLICT).stdout


def test_selection() -> None:
    assert [row["frame.number"] for row in ndjson("packets", LOSS, "--frames", "3,17-")] == [3, 17, 18]
    assert [row["frame.number"] for row in ndjson("packets", LOSS, "-Y", "tcp.analysis.retransmission")] == [14]
    assert [row["frame"] for row in ndjson("tcp", LOSS, "--to", "0.0615")] == [6, 7]
    assert ndjson("flows", LOSS, "--port", "1") == []
    assert ndjson("flows", LOSS, "--frames", "9")[0]["packets_client"] == 10
    selected = json.loads(run(LOSS, "--frames", "1-10", "--format", "json").stdout)
    assert selected["packets"] == 10
    assert {finding["kind"] for finding in selected["findings"]} == {"head_of_line", "duplicate_ack", "lost_segment"}


def test_names() -> None:
    assert "shop.example:8080" in run(LOOKUP).stdout
    assert "shop.example:" not in run(LOOKUP, "-n").stdout
    assert "shop.example" in run("flows", LOOKUP).stdout
    assert {row["tcp.stream"] for row in ndjson("packets", LOOKUP, "--host", "shop.example", "-e", "tcp.stream")} >= {0}
    assert ndjson("flows", LOOKUP)[0]["server"] == "10.99.0.2"


def test_several_files() -> None:
    rows = ndjson("packets", LOSS, CONFLICT, "-e", "frame.number")
    assert [row["frame.number"] for row in rows] == list(range(1, 22))
    assert {(row["file"], row["frame_in_file"]) for row in rows} >= {(LOSS, 18), (CONFLICT, 3)}
    events = ndjson("tcp", LOSS, CONFLICT)
    assert {row["file"] for row in events} == {LOSS}


def test_findings_of_several_files(monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(run(LOSS, CONFLICT, LOSS, "--format", "json").stdout)["findings"]
    conflict = next(one for one in found if one["kind"] == "address_conflict")
    assert (conflict["file"], conflict["frame_in_file"], conflict["filter"]) == ([CONFLICT] * 2, [2, 3], None)
    assert conflict["filters"] == {CONFLICT: "arp.src.proto_ipv4 == 10.0.0.2"}
    for one in found:
        places = set(zip(one["file"], one["frame_in_file"], strict=True))
        rows = ndjson("packets", LOSS, CONFLICT, LOSS, "--frames", ",".join(map(str, one["frames"])), "-e", "frame.number")
        assert places == {(row["file"], row["frame_in_file"]) for row in rows}
        assert not any("tcp" in filter_ for filter_ in one["filters"].values())
    monkeypatch.chdir(PCAPS)  # long paths are shortened, and lines break at them
    shown = run("tcp/fast_retransmission.pcap", CONFLICT).stdout
    assert "tcp/fast_retransmission.pcap: frame 14   frame.number in {14}\n" in shown
    rows = list(csv.DictReader(run(LOSS, CONFLICT, "--format", "csv").stdout.splitlines()))
    assert {"file", "frame_in_file", "filters"} <= set(rows[0])
    assert f"{Path(CUT).name}isdamaged" in "".join(run(LOSS, CUT).stdout.split())


def test_a_name_counts_from_behind_the_frame_that_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("packets", LOOKUP, "--host", "shop.example", "-e", "frame.number")
    whole = ndjson(*arguments)
    monkeypatch.setitem(open_capture.__kwdefaults__, "rows", 1)
    assert ndjson(*arguments) == whole
    assert whole[0]["frame.number"] > 1


def test_evictions_are_said(tmp_path: Path) -> None:
    path = tmp_path / "many.pcap"
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(40_000):
            frame = ethernet(ipv4(udp(source=4000 + i // 8), source=f"10.0.0.{1 + i % 8}", destination="10.1.0.1"))
            file.write(struct.pack("<IIII", i, 0, len(frame), len(frame)) + frame)
    for command in ROWS:
        result = run(command, str(path), "--memory", "1", "--format", "csv")
        assert result.exit_code == 0
        assert "conversations were given up for want of memory (--memory): from frame " in result.stderr
        assert run(command, str(path), "--format", "csv").stderr == ""


def test_what_nobody_said_is_null() -> None:
    path = str(PCAPS / "container/pcapng_every_block.pcapng")
    interfaces = json.loads(run(path, "--format", "json").stdout)["interfaces"]
    none = next(one for one in interfaces if one["linktype"] < 0)
    assert (none["snap_length"], none["resolution"]) == (None, None)
    assert "pcapng block" in run(path).stdout and "other" not in run(path).stdout.splitlines()[1]


def test_field_table() -> None:
    lines = run("packets", LOSS, "-e", "frame.number", "-e", "tcp.len", "-c", "2").stdout.splitlines()
    assert [line.split() for line in lines] == [["frame.number", "tcp.len"], ["1", "0"], ["2", "0"]]


def test_all_flows_in_a_table() -> None:
    path = str(PCAPS / "tcp/many_copies_of_two_ports.pcap")
    assert len(run("flows", path, "--all").stdout.splitlines()) == 4


def test_version_says_what_is_compiled() -> None:
    assert "kernels compiled" in run("--version").stdout or "no kernel compiled" in run("--version").stdout


def test_fields() -> None:
    assert "tcp.analysis.retransmission" in run("fields", "retransmission").stdout
    dissected, _, named = run("fields").stdout.partition("\nProtocols that are only named, not dissected:\n")
    assert {"ip", "tcp.port", "tcp"} <= {line.split()[0] for line in dissected.splitlines()}
    assert {"lldp", "esp"} <= {line.split()[0] for line in named.splitlines()}
    assert run("fields", "lldp").stdout.startswith("Protocols that are only named")
    assert "only named" not in run("fields", "tcp.port").stdout
    assert run("fields", "no such field").stdout == ""


def test_fields_in_machine_formats() -> None:
    row = {"schema": 1, "name": "vlan.id", "type": "integer", "many": True, "description": "VLAN"}
    assert row in ndjson("fields", "vlan")
    assert row in json.loads(run("fields", "--format", "json").stdout)
    assert "vlan.id,integer,true,VLAN" in run("fields", "vlan.id", "--format", "csv").stdout.splitlines()


def test_a_field_named_twice_is_one_column() -> None:
    assert run("packets", LOSS, "-e", "tcp.len", "-e", "tcp.len", "-c", "1", "--format", "csv").stdout == "tcp.len\n0\n"


def analyzer(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "analyzer", *arguments], capture_output=True, timeout=60, **more)


@pytest.mark.parametrize("command", ("summary", *ROWS))
def test_standard_input(command: str) -> None:
    named = analyzer(command, LOSS, "--format", "csv")
    piped = analyzer(command, "-", "--format", "csv", input=Path(LOSS).read_bytes())
    assert named.returncode == piped.returncode == 0
    assert named.stdout == piped.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [("summary", LOSS), ("packets", LOSS), ("flows", LOSS), ("tcp", LOSS), ("arp", CONFLICT), ("fields",), ("--help",)],
)
def test_output_that_cannot_be_written(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([sys.executable, "-m", "analyzer", *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == UNWRITABLE
    assert done.stderr.startswith(b"analyzer: the output cannot be written: ") and done.stderr.count(b"\n") == 1


def test_a_closed_pipe_ends_quietly() -> None:
    command = [sys.executable, "-m", "analyzer", "packets", *[str(PCAPS / "recorded/http_loss.pcap")] * 20]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_numpy_starts_no_threads_unless_the_user_says_so(given: dict[str, str], threads: str) -> None:
    code = "import os, sys, analyzer.__main__; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | given
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == [threads, "False"]


def test_help_imports_neither_numpy_nor_rich() -> None:
    script = (
        "import sys; from analyzer.cli import commands; commands.main(['--help'], standalone_mode=False);"
        "print([name for name in ('numpy', 'rich', 'tabulate', 'scapy', 'dpkt', 'pyshark') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_reading_imports_nothing_that_is_slow() -> None:
    script = f"""
import sys
from analyzer.cli import commands
try:
    commands.main([{LOSS!r}], standalone_mode=False)
except SystemExit:
    pass
print([name for name in ("rich", "tabulate", "scapy", "dpkt", "pyshark", "zstandard", "lz4") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
