"""The table of DNS messages: what a person reads, in the width there is."""

from __future__ import annotations

from io import StringIO
from typing import Any

from analyzer.report.tables.dns import DnsTable
from tests.dissect.application.dns.build import TO_QUESTION, name, question, record
from tests.flow.application.dns_exchange import Exchange

ADDRESS = record(TO_QUESTION, 1, bytes((192, 0, 2, 1)))
NAMES = {"10.0.0.53": "resolver"}


def plain(text: str, style: str) -> str:
    return f"{style}: {text}" if style in ("problem", "warning") else text


def table(rows: list[dict[str, Any]], width: int = 100) -> list[str]:
    out = StringIO()
    DnsTable(out, lambda address: NAMES.get(address, address), width, plain, lambda: 0).messages(rows)
    return out.getvalue().splitlines()


def test_queries_and_answers() -> None:
    one = Exchange()
    one.query(0)
    one.query(1_000)
    one.response(1_012.5, record(TO_QUESTION, 5, name("cdn.test")), record(name("cdn.test"), 1, bytes(4)))
    one.query(2_000, number=2, flags=0x2900)
    one.response(2_001, number=2, flags=0x8182)
    title, *lines = table(one.rows)
    assert title.split() == ["frame", "time", "stream", "says", "took", "type", "name"]
    assert lines[0].split() == ["1", "0.000000", "0", "query", "A", "www.example"]
    assert lines[1].startswith("warning: ") and lines[1].endswith("www.example [repeats frame 1]")
    assert lines[2].split()[3:6] == ["NOERROR", "1.01", "s"] and lines[2].endswith("www.example = CNAME cdn.test, 0.0.0.0")
    assert lines[3].split()[3] == "update"
    assert lines[4].startswith("problem: ") and "SERVFAIL" in lines[4]


def test_the_server_where_there_is_room() -> None:
    one = Exchange()
    one.query(0, question("x" * 60 + ".example"))
    assert "resolver" not in "".join(table(one.rows, 119)) and "resolver" in "".join(table(one.rows, 120))
    for width in (100, 120, 150):
        assert max(map(len, table(one.rows, width))) <= width


def test_what_is_special() -> None:
    one = Exchange()
    one.response(0, flags=0x8380)
    one.query(1, transport="tcp")
    one.message(2, b"\0", 0)
    one.query(3, server="224.0.0.251", port=5353, service=5353)
    one.response(4, *[ADDRESS] * 12)
    one.response(5, record(TO_QUESTION, 65, b"\0\1\0\0\1\0\3\2h2"), record(TO_QUESTION, 16, b"\1a\1b"))
    lines = table(one.rows, 250)[1:]
    assert lines[0].endswith("www.example [truncated]")
    assert lines[1].endswith("www.example [TCP, after frame 1]")
    assert "(cut)" in lines[2] and lines[2].endswith("[malformed: the header is cut short]")
    assert lines[3].endswith("www.example [mdns]")
    assert lines[4].endswith("192.0.2.1 and 4 more records")
    assert lines[5].endswith('www.example = HTTPS 1 <Root> (h2), TXT "a" "b"')


def test_nothing_reaches_the_terminal_that_it_would_obey() -> None:
    one = Exchange()
    one.query(0, b"\7\x1b[2Jabc\0\0\1\0\1")
    one.response(1, record(TO_QUESTION, 16, b"\4\x1b[1m"), asked=b"\3a\nb\0\0\1\0\1")
    text = "\n".join(table(one.rows))
    assert "\x1b" not in text and len(text.splitlines()) == 3
