"""The command `dns` on captures of real programs."""

from __future__ import annotations

import csv
from pathlib import Path

from analyzer.flow.application.dns import KEYS
from tests.cli.test_commands import ndjson, run

PCAPS = Path(__file__).parents[2] / "pcaps"
LOOKUP = str(PCAPS / "recorded/name_lookup.pcap")


def test_rows() -> None:
    rows = ndjson("dns", LOOKUP)
    assert len(rows) == 4
    queries, responses = ([row for row in rows if row["response"] is which] for which in (False, True))
    assert [row["query_frame"] for row in responses] == [row["frame"] for row in queries]
    assert all(set(row) - {"schema"} <= set(KEYS) for row in rows)
    assert queries[0]["questions"] == [{"name": "shop.example", "type": 1, "type_name": "A", "class": 1}]
    assert responses[0]["addresses"] == ["10.99.0.2"] and responses[0]["response_time_ns"] > 0


def test_table_and_csv() -> None:
    lines = run("dns", LOOKUP).stdout.splitlines()
    assert len(lines) == 5 and "REFUSED" in lines[4]
    header, *rows = csv.reader(run("dns", LOOKUP, "--format", "csv").stdout.splitlines())
    assert tuple(header) == tuple(KEYS) and len(rows) == 4


def test_selection() -> None:
    assert len(ndjson("dns", LOOKUP, "--frames", "1-2")) == 2
    assert not ndjson("dns", str(PCAPS / "link/arp_conflict.pcap"))
