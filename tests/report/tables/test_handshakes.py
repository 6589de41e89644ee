"""The table of handshakes: what a person reads."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest

from analyzer.report.tables.handshakes import HandshakeTable
from tests.journey.statistics.making import MS, REFUSED, handshake

LONG = handshake(
    server="2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", server_port=65535, sni="a-very-long-name." * 8 + "example",
    alpn="h2-with-a-long-name", connect_ns=59_990 * MS, dns_ns=119_000 * MS, outcome="tls_incomplete", syn_count=7, resumed=True,
)  # fmt: skip


def lines(width: int, *rows: dict[str, Any], resolve: Any = str) -> list[str]:
    out = StringIO()
    table = HandshakeTable(
        out, resolve, width, lambda text, style: f"<{style}>{text}" if style else text, lambda: handshake()["start_ns"]
    )
    table.handshakes(rows)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 112, 120, 150, 160, 176, 220])
def test_width(width: int) -> None:
    for line in lines(width, handshake(), REFUSED, LONG):
        assert len(line.partition(">")[2] if line.startswith("<") else line) <= width


def test_what_is_called_how() -> None:
    title, line = lines(120, handshake())
    assert title.split() == [
        "<title>stream",
        "server",
        "dns",
        "connect",
        "RTT",
        "version",
        "TLS",
        "trips",
        "1st",
        "byte",
        "outcome",
    ]
    assert line.split() == (
        [
            "0",
            "shop.example:443",
            "10.0",
            "ms",
            "20.0",
            "ms",
            "20.0",
            "ms",
            "TLS",
            "1.3",
            "30.0",
            "ms",
            "2",
            "80.0",
            "ms",
            "established",
        ]
    )
    (_, line) = lines(120, handshake(sni=None), resolve=lambda address: "name.example")
    assert "name.example:443" in line
    (_, line) = lines(160, handshake())
    assert "198.51.100.7:443" in line and "shop.example " in line


def test_times_that_are_none() -> None:
    (_, line) = lines(120, handshake(dns_cached=True))
    assert "cached" in line and "10.0 ms" not in line
    (_, line) = lines(120, handshake(first_byte_certain=False))
    assert "80.0 ms?" in line
    missed = [{**handshake(), "slo_missed": ["tls"]}, {**REFUSED, "slo_missed": ["connect", "ttfb"]}]
    _, slow, refused = lines(120, *missed)
    assert "30.0 ms!" in slow and slow.count("!") == 1
    assert refused.count("never!") == 2 and refused.endswith("refused")


@pytest.mark.parametrize(
    ("row", "style", "outcome"),
    [
        (handshake(), "", "established"),
        (handshake(syn_count=2), "<warning>", "established, 2 SYNs"),
        (handshake(synack_count=3), "<warning>", "established, 3 SYN/ACKs"),
        (handshake(resumed=True), "", "established, resumed"),
        (handshake(early_data=True, resumed=True), "", "established, 0-RTT"),
        (handshake(outcome="reset", reset_by="server"), "<problem>", "reset by server"),
        (handshake(outcome="tls_alert"), "<problem>", "tls alert"),
        (handshake(outcome="mid_capture"), "<quiet>", "mid capture"),
        (handshake(outcome=None), "<quiet>", "undecided"),
        ({**handshake(), "slo_missed": ["tls"]}, "<problem>", "established"),
    ],
)
def test_outcome(row: dict[str, Any], style: str, outcome: str) -> None:
    (_, line) = lines(150, row)
    assert line.startswith(style or " ") and line.endswith(f"  {outcome}")


def test_control_characters() -> None:
    for width in (80, 160):
        for line in lines(width, handshake(sni="\x1b[31mred\u202e", alpn="\x07")):
            assert line.isprintable()
