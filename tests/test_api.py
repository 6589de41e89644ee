"""The Python API: the same rows as the machine formats, as often as one likes, without the command line loaded."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import analyzer
from analyzer.cli import commands
from analyzer.flow.rows import ARP, EVENT, FLOW, PLACE
from analyzer.flow.tcp.analysis import STATES
from analyzer.flow.tcp.ledger.rtt_rows import RTT
from analyzer.flow.tcp.ledger.stall_rows import STALL
from analyzer.flow.tcp.ledger.wait_rows import WAIT

PCAPS = Path(__file__).parents[1] / "pcaps"
LOSS = PCAPS / "tcp/fast_retransmission.pcap"
ARPS = PCAPS / "link/arp_conflict.pcap"


def printed(command: str, *arguments: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(commands, [command, *arguments, "--format", "ndjson"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return [{key: value for key, value in row.items() if key != "schema"} for row in rows]


def test_rows_are_those_of_the_commands() -> None:
    with analyzer.open(LOSS) as capture:
        assert list(capture.packets()) == printed("packets", str(LOSS))
        assert list(capture.flows()) == printed("flows", str(LOSS))
        assert list(capture.events()) == printed("tcp", str(LOSS))
        assert list(capture.stalls()) == printed("stalls", str(LOSS))
        assert list(capture.rtt()) == printed("rtt", str(LOSS))
        assert list(capture.rtt(series=True)) == printed("rtt", "--series", str(LOSS))
        assert list(capture.waits()) == printed("waits", str(LOSS))
        assert list(capture.waits(each=True)) == printed("waits", "--each", str(LOSS))
        found = json.loads(json.dumps(capture.summary()))
        assert found.pop("schema") == analyzer.SCHEMA == 1
        assert found == printed("summary", str(LOSS))[0]
    assert list(analyzer.open(ARPS).arp()) == printed("arp", str(ARPS))


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


@pytest.mark.parametrize(
    ("choice", "frames"),
    [
        ({"stream": 0, "frames": "2-3"}, [2, 3]),
        ({"stream": ["udp:0", "0"], "frames": "2"}, [2]),
        ({"stream": "udp:0"}, []),
        ({"host": "192.0.2.77"}, []),
        ({"port": (7777, 1), "frames": "1"}, [1]),
        ({"port": 1}, []),
        ({"since": 1e6}, []),
        ({"until": "0"}, [1]),
    ],
)
def test_choice_of_frames(choice: Any, frames: list[int]) -> None:
    capture = analyzer.open(LOSS)
    assert [row["frame.number"] for row in capture.packets(["frame.number"], **choice)] == frames
    assert len(list(capture.flows(**choice))) == bool(frames)
    assert {row["frame"] for row in capture.events(**choice)} <= set(frames)
    assert capture.summary(**choice)["packets"] == len(frames)
    assert not list(capture.arp(**choice))


def test_choice_without_meaning() -> None:
    capture = analyzer.open(LOSS)
    for choice in ({"host": "no host"}, {"stream": "x"}, {"since": "x"}, {"frames": "x"}, {"port": "x"}):
        with pytest.raises(ValueError, match=r"x|host"):
            capture.events(**choice)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="streams"):
        capture.flows(streams=1)  # type: ignore[call-arg]


def test_a_host_by_a_name_that_the_capture_knows() -> None:
    path = PCAPS / "container/pcapng_every_block.pcapng"
    found = list(analyzer.open(path).packets(host="server.example"))
    assert found == printed("packets", str(path), "--host", "server.example") and len(found) > 1


def test_sources() -> None:
    for source in (str(LOSS), os.fsencode(LOSS), LOSS, io.BytesIO(LOSS.read_bytes())):
        assert len(list(analyzer.open(source).events())) == 7
    for wrong in (None, 1, io.StringIO("x"), [str(LOSS)]):
        with pytest.raises(TypeError, match="path or a binary stream"):
            analyzer.open(wrong)  # type: ignore[arg-type]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells which files are open")
def test_files_are_closed() -> None:
    def opened() -> int:
        return sum(Path(os.path.realpath(descriptor)) == LOSS for descriptor in Path("/proc/self/fd").iterdir())

    with analyzer.open(LOSS) as capture:
        first, second = capture.packets(), capture.packets(frames="1")
        next(first)
        assert len(list(second)) == 1 and opened() == 1
        del first
        assert opened() == 0
        list(capture.arp())
        assert opened() == 0
    with analyzer.open(LOSS):
        assert opened() == 1
    assert opened() == 0


def test_every_key_is_described() -> None:
    """Of every row in every capture: its keys stand in their table, in its order, and their values are of that type."""
    types = {"integer": int, "text": str, "boolean": bool, "list": list}
    tables = {"flows": FLOW, "events": EVENT, "stalls": STALL, "rtt": RTT, "waits": WAIT, "arp": ARP}
    seen: dict[str, set[str]] = {name: set() for name in tables}
    folders = [path for folder in ("tcp", "transport", "link", "network") for path in (PCAPS / folder).glob("*.pcap*")]
    for path in folders:
        capture = analyzer.open(path)
        for name, table in tables.items():
            for row in getattr(capture, name)():
                assert list(row) == [key for key in table if key in row]
                for key, value in row.items():
                    assert value is None or type(value) is types[table[key].type], key
                if row.get("state") is not None:
                    assert row["state"] in STATES
                seen[name] |= row.keys()
    assert seen == {name: set(table) for name, table in tables.items()}
    for row in analyzer.open(LOSS, ARPS).arp():
        assert list(row) == [*ARP, *PLACE]


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
    rows = list(analyzer.open(LOSS, ARPS).packets(["frame.number"]))
    assert len(rows) == 21 and {row["file"] for row in rows} == {str(LOSS), str(ARPS)}


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
