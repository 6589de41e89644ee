"""Snapshots of a capture as if it had just grown: rows of recorded captures, with rates that are made up."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from analyzer import api
from analyzer.live.snapshot import Counters, Snapshot, Talking

PCAPS = Path(__file__).parents[3] / "pcaps" / "recorded"
NAMES = ("http_lossy", "tls_1_3", "slow_page", "syn_lost", "refused", "name_lookup", "dns_failures")
MS = 1_000_000
SECOND = 1_000 * MS


@cache
def rows(name: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of a capture, by command."""
    commands = ("flows", "handshakes", "journeys", "stalls", "rtt", "waits")
    found = {}
    for command in commands:
        with api.open(PCAPS / f"{name}.pcap") as capture:
            found[command] = list(getattr(capture, command)())
    with api.open(PCAPS / f"{name}.pcap") as capture:
        found["findings"] = capture.summary()["findings"]
    return found


def talking(stream: int, row: dict[str, Any]) -> Talking:
    """A conversation of a row of flows, as one that is seen live."""
    octets = row["bytes_client"] + row["bytes_server"]
    return Talking(
        protocol=row["protocol"],
        stream=stream,
        client=f"{row['client']}:{row['client_port']}",
        server=f"{row['server']}:{row['server_port']}",
        application=row["application"] or "",
        name=row["sni"] or "",
        state=row.get("state") or "",
        packets_per_s=(row["packets_client"] + row["packets_server"]) / 3,
        bytes_per_s=octets / 3,
        bytes=octets,
        age_ns=row["duration_ns"] + SECOND,
        silent_ns=SECOND * stream,
        rtt_ns=row.get("initial_rtt_ns"),
        retransmissions=row.get("retransmissions") or 0,
        resent=row.get("resent") or 0,
        stalls=row.get("hol_stalls") or 0,
        stalled_ns=row.get("hol_stalled_ns") or 0,
        stalled=bool(row.get("hol_stalls")) and row["retransmissions"] % 2 == 1,
    )


def opened(name: str = "http_lossy") -> dict[str, Any]:
    """The first conversation of a capture with everything that is known of it."""
    found = rows(name)
    row = next(row for row in found["flows"] if row["protocol"] == "tcp")
    mine = {
        command: [one for one in found[command] if one["stream"] == row["stream"]] for command in found if command != "findings"
    }
    return {
        **row,
        "handshake": mine["handshakes"][0],
        "journeys": mine["journeys"],
        "stalls": mine["stalls"],
        "rtt": mine["rtt"],
        "waits": mine["waits"][0],
    }


@cache
def snapshot(names: tuple[str, ...] = NAMES, **changed: Any) -> Snapshot:
    """Of all of these captures together."""
    every = [rows(name) for name in names]
    flows = [row for found in every for row in found["flows"]]
    conversations = tuple(talking(number, row) for number, row in enumerate(flows))
    handshakes = [row for found in every for row in found["handshakes"]]
    begin = min(row["start_ns"] for row in flows)
    findings = sorted(
        (row for found in every for row in found["findings"]),
        key=lambda row: ("problem", "warning", "note").index(row["severity"]),
    )
    values: dict[str, Any] = {
        "title": "eth0, tcp or udp port 53",
        "backend": "af_packet",
        "now_ns": begin + 95 * SECOND,
        "running_ns": 95 * SECOND,
        "counters": Counters(
            packets=1_234_567,
            bytes=1_234_567_890,
            tcp=1_024,
            udp=77,
            resident_bytes=181_000_000,
            written_bytes=1_230_000_000,
            written_packets=1_234_567,
        ),
        "packets_per_s": 12_345.6,
        "bytes_per_s": 9_876_543.2,
        "dropped_per_s": 0.0,
        "history": tuple(float((7 * second) % 23) for second in range(60)),
        "conversations": conversations,
        "handshakes": tuple(sorted(handshakes, key=lambda row: -row["start_ns"])),
        "journeys": tuple(row for found in every for row in reversed(found["journeys"])),
        "stalls": tuple(row for found in every for row in found["stalls"]),
        "findings": tuple(findings),
        "notices": ("eth0 is up", "eth0 is down", "writing out_00001_20261123101500.pcapng"),
    }
    return Snapshot(**values | changed)
