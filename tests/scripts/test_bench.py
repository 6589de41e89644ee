"""scripts/bench.py: which programs are measured on what, and the ratios."""

from __future__ import annotations

import pytest

from scripts import bench
from scripts.bench_programs import FIELDS, KINDS, MESSAGE_FIELDS, Program, programs


@pytest.mark.parametrize("kind", KINDS)
def test_programs(kind: str) -> None:
    """Names are unique, what ours is compared with is measured too, every command reads the capture."""
    chosen = programs(kind)
    names = [program.name for program in chosen]
    assert len(set(names)) == len(names)
    for program in chosen:
        assert "FILE" in program.command
        assert not program.against or program.against in names
    assert {"analyzer summary", "analyzer flows", "tshark -T fields"} <= set(names)


@pytest.mark.parametrize("kind", MESSAGE_FIELDS)
def test_messages(kind: str) -> None:
    """Captures of messages are asked for messages; tshark for their fields, not those of TCP."""
    by_name = {program.name: program for program in programs(kind)}
    assert by_name[f"analyzer {kind} ndjson"].against == "tshark -T fields"
    assert set(MESSAGE_FIELDS[kind]) <= set(by_name["tshark -T fields"].command)
    assert not set(FIELDS[-3:]) & set(by_name["tshark -T fields"].command)


def test_ratios() -> None:
    own = Program("analyzer dns ndjson", [], ours=True, against="tshark -T fields")
    peer, broken = Program("tshark -T fields", []), Program("analyzer dns", [], ours=True, against="tshark -T fields")
    mib = 2**20
    results = [
        (own, bench.Cost(2.0, 2.0, 50 * mib, 0), 1, 1.0, 0.0),
        (broken, bench.Cost(0.1, 0.1, mib, 1), 1, 1.0, 0.0),
        (peer, bench.Cost(25.0, 25.0, 450 * mib, 0), 1, 1.0, 0.0),
    ]
    assert list(bench.ratios(results)) == ["\n- analyzer dns ndjson: 12.5 times as fast as tshark -T fields, 50 of 450 MiB"]
    assert list(bench.ratios(results[:2])) == []
