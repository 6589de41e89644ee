"""Chosen fields as rows and as a table."""

from __future__ import annotations

import io
import json

import numpy as np

from analyzer.report.field_rows import FieldRows, FieldTable, with_file
from analyzer.report.fields import find
from tests.frames import ethernet, ipv4, tcp, udp, vlan

from .conftest import Make

NAMES = (
    "frame.number",
    "ip.src",
    "vlan.id",
    "tcp.seq",
    "tcp.analysis.flags",
    "frame.time_epoch",
    "tcp.analysis.rto",
    "tcp.flags.syn",
)
FRAMES = [
    ethernet(ipv4(tcp(b"xy"), 6)),
    ethernet(vlan(vlan(ipv4(udp()), 8), 7, 0x8100), 0x8100),
    ethernet(ipv4(tcp(b"xy"), 6)),
    ethernet(b"", 0x88CC),
]
TIMES = [1_700_000_000_000_000_001 + 1_000 * i for i in range(4)]


def test_ndjson_and_json(view_of: Make) -> None:
    view = view_of(FRAMES, times=TIMES)
    texts = []
    for form in ("ndjson", "json"):
        out = io.StringIO()
        rows = FieldRows(form, out, find(NAMES))
        rows.write(view)
        rows.write(view, np.array([False, False, False, True]))
        rows.write(view, np.zeros(4, bool))
        rows.close()
        texts.append(out.getvalue())
    rows_of = [json.loads(line) for line in texts[0].splitlines()]
    assert json.loads(texts[1]) == rows_of
    assert rows_of[0] == dict(
        zip(("schema", *NAMES), (1, 1, "10.0.0.1", None, 1, None, "1700000000.000000001", None, False), strict=True)
    )
    assert rows_of[1]["vlan.id"] == [7, 8]
    assert rows_of[2]["tcp.analysis.flags"] == ["retransmission"]
    assert '"tcp.analysis.rto":0.000002000' in texts[0]
    assert [row["frame.number"] for row in rows_of] == [1, 2, 3, 4, 4]


def test_csv(view_of: Make) -> None:
    view = view_of(FRAMES, times=TIMES)
    view.batch.interfaces[0].name = 'eth0,\x1b[1m"x"'
    out = io.StringIO()
    rows = FieldRows("csv", out, find(["frame.number", "vlan.id", "ip.src", "frame.interface_name"]))
    rows.write(view)
    rows.close()
    name = '"eth0,\\x1b[1m""x"""'
    assert out.getvalue().splitlines() == [
        "frame.number,vlan.id,ip.src,frame.interface_name",
        f"1,,10.0.0.1,{name}",
        f"2,7;8,10.0.0.1,{name}",
        f"3,,10.0.0.1,{name}",
        f"4,,,{name}",
    ]


def test_table(view_of: Make) -> None:
    view = view_of(FRAMES, times=TIMES)
    view.batch.interfaces[0].name = "\x1b[1mx"
    out = io.StringIO()
    table = FieldTable(out, find(["frame.number", "vlan.id", "ip.src", "frame.interface_name"]))
    table.write(view, np.zeros(4, bool))
    table.write(view)
    table.close()
    assert out.getvalue() == (
        "frame.number  vlan.id  ip.src    frame.interface_name\n"
        "           1           10.0.0.1  \\x1b[1mx\n"
        "           2      7;8  10.0.0.1  \\x1b[1mx\n"
        "           3           10.0.0.1  \\x1b[1mx\n"
        "           4                     \\x1b[1mx\n"
    )


def test_several_files_add_their_columns() -> None:
    fields = find(["frame.number"])
    assert [field.name for field in with_file(fields, ["a"])] == ["frame.number"]
    assert [field.name for field in with_file(fields, ["a", "b"])] == ["frame.number", "file", "frame_in_file"]
