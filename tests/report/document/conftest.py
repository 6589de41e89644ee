"""Contents of a report that packets wrote all over."""

from __future__ import annotations

import pytest

from analyzer.report.document.contents import Contents, Facts, Figure, Found, Group, Layer, Picture, Section, Share
from analyzer.report.document.table import Column, Table
from analyzer.report.document.waterfall import waterfall
from analyzer.report.graphs.graph import Axis, Graph, Mark, Series, Shape

#: what a packet may say: HTML, the end of a script, Markdown, a link, a terminal's commands, text from right to left, a template
HOSTILE = (
    "</script><script>window.owned=1</script><img src=x onerror=window.owned=2>\"'><!-- &lt;b&gt; `*_[x](javascript:y)_*` | "
    "https://evil.example www.evil.example me@evil.example \x1b[31m\x00\x7f\x9b\u202e\u2066\u200f\u2028 {{ 7 * 7 }} {% raw %}"
)


@pytest.fixture
def hostile() -> Contents:
    import numpy as np

    phases = [{
        "phase": "wait", "start_ns": 0, "duration_ns": 5, "who": "server", "waited": {"server": 5}, "first_frame": 1,
        "last_frame": 2,
    }]  # fmt: skip
    row = dict.fromkeys(
        ("dns_name", "host", "method", "target", "server", "client", "application", "transport", "dns_server", "url", "filter"),
        HOSTILE,
    )
    journey = row | {
        "number": 1, "kind": "request", "stream": 0, "client_port": 1, "server_port": 2, "encrypted": False, "status": None,
        "outcome": "reset", "start_ns": 0, "duration_ns": 5, "phases": phases, "reused": True, "round_trips": 1,
        "first_byte_ns": None, "first_byte_likely_ns": 4, "first_byte_certain": False, "request_bytes": 1, "response_bytes": 2,
    }  # fmt: skip
    finding = {"number": 1, "severity": "problem", "advice": HOSTILE, "learn": HOSTILE}
    table = Table("dns", HOSTILE, (Column(HOSTILE, packet=True), Column("n", number=True)), [[HOSTILE, "1"]], 5, "dns")
    one = np.ones(1)
    series = Series(HOSTILE, "sent", Shape.POINTS, one, one, texts=[HOSTILE])
    graph = Graph("g-1", HOSTILE, Axis(HOSTILE), Axis(HOSTILE), (series,), HOSTILE, (Mark(1, HOSTILE),), (HOSTILE,))
    pictures = (Picture("g-1", graph, table),)
    found = Found(finding, HOSTILE, "1 s", "Frame 1", [(HOSTILE, HOSTILE)])
    section = Section(
        "all", "All", HOSTILE, "", (Layer("tls", "TLS", "?", "Fine.", (found,)),),
        waterfall([journey], 9), Facts((("File", HOSTILE),)), (), (table,), (Group("stream-1", HOSTILE, HOSTILE, pictures),),
    )  # fmt: skip
    return Contents(
        HOSTILE, [HOSTILE], [HOSTILE], [Figure("Slowest", HOSTILE, HOSTILE)], [Share("server", "the server", 5, 100)], [section]
    )
