"""One line of text for each event."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from analyzer.live.event import EVENTS, KEYS, Event
from analyzer.live.snapshot import Counters, Snapshot
from analyzer.report.live import lines as module
from analyzer.report.live.lines import DEFAULT_KINDS, Lines
from analyzer.report.wording.live import FILE_EVENTS, LINK_EVENTS, captured
from tests.report.live.made import SECOND, rows

NOW = 1_795_364_701 * SECOND
TROUBLE = {
    "time_ns": NOW, "protocol": "tcp", "stream": 4, "client": "10.0.0.1", "client_port": 40_000, "server": "10.0.0.2",
    "server_port": 443, "sni": "shop.example", "verdicts": {"retransmission": 3, "duplicate_ack": 1},
}  # fmt: skip


def said(*events: Event, resolve: dict[str, str] | None = None) -> list[str]:
    names = resolve or {}
    return list(Lines(lambda address: names.get(address, address), clock=lambda: NOW).lines(events))


def statistics(second: int = 0, lost: int = 0, **more: Any) -> Event:
    counted = asdict(Counters(packets=1_000, bytes=2_000_000, dropped_kernel=lost))
    row = {"time_ns": NOW + second * SECOND, **counted, "second_packets": 12, "second_bytes": 3_456, "second_dropped": 0}
    return Event("statistics", row | more)


def test_handshakes() -> None:
    (tls,) = said(*(Event("handshake", row) for row in rows("tls_1_3")["handshakes"]))
    assert tls == (
        "16:25:02.381  handshake  10.99.0.1:36702 > shop.example:443      "
        "  connect 10.5 ms, TLS 14.2 ms, first byte 37.4 ms?  TLS 1.3"
    )
    (lost,) = said(*(Event("handshake", row) for row in rows("syn_lost")["handshakes"]))
    assert lost.endswith("connect 1.04 s, first byte 1.06 s  2 SYNs")
    (refused,) = said(
        *(Event("handshake", row) for row in rows("refused")["handshakes"]), resolve={"10.99.0.2": "closed.example"}
    )
    assert "> closed.example:81 " in refused and refused.endswith("  refused")


def test_stalls_name_the_connection_where_it_is_known() -> None:
    found = rows("http_lossy")
    (alone,) = said(Event("stall", found["stalls"][0]))
    assert alone.split("  ", 2)[2].startswith("    tcp 0 ")
    assert "from server: 27.5 kB waited 20.8 ms, repaired by fast retransmit  http 200 (20.8 ms begun)" in alone
    _, known = said(Event("handshake", found["handshakes"][0]), Event("stall", found["stalls"][0]))
    assert "10.99.0.1:33098 > 10.99.0.2:80 " in known


def test_streams_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STREAMS", 2)
    row = rows("http_lossy")["handshakes"][0]
    lines = Lines(str)
    list(lines.lines(Event("handshake", {**row, "stream": stream}) for stream in (0, 1, 2)))
    first, last = (next(lines.lines([Event("stall", {**rows("http_lossy")["stalls"][0], "stream": n})])) for n in (0, 2))
    assert "tcp 0" in first and "10.99.0.1:33098 > " in last


def test_journeys_flows_and_trouble() -> None:
    found = rows("http_lossy")
    journey, flow, trouble = said(
        Event("journey", found["journeys"][0]),
        Event("flow", found["flows"][0]),
        Event("trouble", TROUBLE),
    )
    assert journey.endswith(
        "journey    GET shop.example/part  200  47.0 ms  connect 10.6 ms, wait 10.5 ms (network), receive 25.8 ms (head of line)"
    )
    assert "86 packets, 67.9 kB, 68.8 ms, closed, 1 retransmission, 17 duplicate ACKs, 1 lost segment  http" in flow
    assert trouble.startswith("16:25:01.000  trouble    10.0.0.1:40000 > shop.example:443 ")
    assert trouble.endswith("  Retransmission x 3, Dup ACK x 1")


def test_findings_are_the_sentences_of_the_summary() -> None:
    for row in rows("http_lossy")["findings"]:
        (line,) = said(Event("finding", row, revision=2))
        assert line == f"16:25:01.000  {row['severity']:<9}  {row['text']}"


def test_statistics_come_now_and_then_and_with_every_loss() -> None:
    found = said(statistics(0), statistics(1), statistics(2, 5), statistics(3, 5), statistics(11, 5), statistics(12, 5))
    assert [line[:12] for line in found] == ["16:25:01.000", "16:25:03.000", "16:25:13.000"]
    assert found[0].endswith("traffic    12.0 packets/s, 3.46 kB/s, 1,000 packets, 2.00 MB in all")
    assert found[1].endswith("in all, 5 packets dropped: 5 by the kernel")


def test_interfaces_and_files() -> None:
    links = [Event("interface", {"time_ns": NOW, "interface": "eth0", "what": what, "new_name": "lan"}) for what in LINK_EVENTS]
    files = [Event("writing", {"time_ns": NOW, "what": what, "file": "a.pcapng", "reason": None}) for what in FILE_EVENTS]
    found = said(*links, *files, Event("writing", {"time_ns": NOW, "what": "stopped", "file": "a.pcapng", "reason": "disk full"}))
    assert [line.split("  ", 2)[2].strip() for line in found] == [
        "eth0 is down", "eth0 is up", "eth0 was removed", "eth0 was added", "eth0 is now called lan", "writing a.pcapng",
        "a.pcapng is complete", "a.pcapng was deleted, as the ring is full", "a.pcapng is not written any further",
        "a.pcapng is not written any further: disk full",
    ]  # fmt: skip


def test_what_changed_and_what_is_not_true() -> None:
    row = rows("http_lossy")["handshakes"][0]
    (changed,) = said(Event("handshake", row, revision=2))
    assert changed.endswith("  (changed)")
    for kind, keys in KEYS.items():
        (line,) = said(Event(kind, {key: row.get(key) for key in keys}, revision=2, withdrawn=True))
        when = " with this time" if "start_ns" in keys else ""
        assert line.endswith(f"  what was said of it{when} is not true after all")


def test_control_characters() -> None:
    row = {**rows("tls_1_3")["handshakes"][0], "sni": "a\x1b[2Jb", "alpn": "\x07"}
    assert all(line.isprintable() for line in said(Event("handshake", row)))


def test_kinds() -> None:
    assert set(DEFAULT_KINDS) < set(EVENTS)
    assert said(Event("summary", {})) == []
    assert said(Event("capture", {"time_ns": NOW, "interfaces": ["eth0", "lo"], "backend": "af_packet"})) == [
        "16:25:01.000  capture    eth0, lo, af_packet, times are UTC"
    ]


def test_how_a_capture_went() -> None:
    counters = Counters(packets=900, bytes=1_000, dropped_kernel=100, evicted=1, written_bytes=5_000, written_packets=900)
    end = Snapshot("eth0", "af_packet", NOW, 3 * SECOND, counters, 0.0, 0.0, 0.0)
    assert captured(end) == [
        "Captured 900 packets (1.00 kB) on eth0 in 3.00 s.",
        "100 packets dropped: 100 by the kernel (10 %). What is missing there is the capture's own loss, not the network's.",
        "1 conversation given up for want of memory.",
        "Written: 900 packets, 5.00 kB.",
    ]
