"""The Python API: the same rows as the machine formats, as often as one likes, without the command line loaded."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import analyzer
from analyzer.cli import commands

PCAPS = Path(__file__).parents[1] / "pcaps"
LOSS = PCAPS / "tcp/fast_retransmission.pcap"
ARP = PCAPS / "link/arp_conflict.pcap"


def printed(command: str, *arguments: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(commands, [command, *arguments, "--format", "ndjson"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return [{key: value for key, value in row.items() if key != "schema"} for row in rows]


def test_rows_are_those_of_the_commands() -> None:
    with analyzer.open(LOSS) as capture:
        assert list(capture.packets()) == printed("packets", str(LOSS))
        assert list(capture.flows()) == printed("flows", str(LOSS))
        assert list(capture.events()) == printed("tcp", str(LOSS))
        found = json.loads(json.dumps(capture.summary()))
        assert found.pop("schema") == 1
        assert found == printed("summary", str(LOSS))[0]
    assert list(analyzer.open(ARP).arp()) == printed("arp", str(ARP))


def test_fields_and_filters() -> None:
    capture = analyzer.open(LOSS)
    rows = list(capture.packets(["frame.number", "tcp.analysis.flags"], display_filter="tcp.analysis.retransmission"))
    assert rows == [{"frame.number": 14, "tcp.analysis.flags": ["fast_retransmission", "retransmission"]}]
    assert [row["frame.number"] for row in capture.packets(["frame.number"], frames="2-3")] == [2, 3]
    assert [row["kind"] for row in capture.events("frame.number == 6")] == ["lost_segment"]
    assert not list(capture.flows("udp"))
    with pytest.raises(ValueError, match=r"no\.such\.field"):
        capture.packets(["no.such.field"])
    with pytest.raises(ValueError, match="display filter"):
        capture.flows("tcp ==")


def test_two_iterators_do_not_disturb_each_other() -> None:
    capture = analyzer.open(LOSS)
    first, second = capture.packets(["frame.number"]), capture.packets(["frame.number"])
    assert [next(first), next(second), next(first)] == [{"frame.number": 1}, {"frame.number": 1}, {"frame.number": 2}]


def test_a_stream_is_read_once() -> None:
    capture = analyzer.open(io.BytesIO(LOSS.read_bytes()))
    assert len(list(capture.events())) == 7
    with pytest.raises(analyzer.CaptureError, match="once"):
        list(capture.events())


def test_several_files() -> None:
    rows = list(analyzer.open(LOSS, ARP).packets(["frame.number"]))
    assert len(rows) == 21 and {row["file"] for row in rows} == {str(LOSS), str(ARP)}


def test_damage() -> None:
    capture = analyzer.open(PCAPS / "container/cut_in_data.pcap")
    assert len(list(capture.packets())) == 7
    assert [damage.frame for damage in capture.damage] == [7]


@pytest.mark.parametrize("name", ("missing.pcap", "container/no_capture.txt", "container/no_bytes.pcap"))
def test_no_capture(name: str) -> None:
    with pytest.raises(analyzer.CaptureError, match=Path(name).name):
        analyzer.open(PCAPS / name)


def test_columns() -> None:
    assert sum(len(dissection.batch) for dissection in analyzer.open(LOSS).dissections()) == 18


def test_what_is_loaded() -> None:
    script = (
        "import sys, analyzer; light = 'numpy' not in sys.modules;"
        f"list(analyzer.open({str(LOSS)!r}).packets());"
        "print(light, [name for name in ('click', 'tabulate', 'rich', 'scapy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True []"
    assert set(analyzer.__all__) <= set(dir(analyzer))
    with pytest.raises(AttributeError):
        analyzer.no_such_name  # noqa: B018
