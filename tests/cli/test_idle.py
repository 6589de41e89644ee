"""Captures that grow slowly: empty batches between the others change no row of any command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.capture.reader import Reader
from analyzer.capture.stream import Stream
from analyzer.cli import commands

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"
CHUNK_BYTES, ROWS = 4096, 40  #: small, so that these captures are several batches
CAPTURES = (
    "recorded/websocket_lossy.pcap", "ledger/three_duplicates.pcap", "application/dns_over_tcp.pcap", "network/fragments.pcap",
    "container/pcapng_every_block.pcapng", "container/gzip.pcap.gz",
)  # fmt: skip
COMMANDS = (
    "summary --format json", "summary -Y udp", "packets -n", "packets -Y tcp -e frame.number -e tcp.analysis.flags",
    "flows --format json", "tcp --format json", "stalls --format json", "rtt --format json", "handshakes --format json",
    "journeys --format json", "waits --format json", "dns --format json", "tls --format json", "http --format json",
    "websocket --format json", "sse --format json", "arp --format json", "io --format json", "follow 0", "show 5",
)  # fmt: skip


def said(command: str, path: Path) -> tuple[int, str, object]:
    result = CliRunner().invoke(commands, [*command.split(), str(path)])
    return result.exit_code, result.output, result.exception and repr(result.exception)


@pytest.mark.parametrize("name", CAPTURES)
def test_empty_batches_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = PCAPS / name
    make, advance, empty = Reader.__init__, Stream.advance, [0]

    def small(self: Reader, sources: Any, *_: int) -> None:
        make(self, sources, CHUNK_BYTES, ROWS)

    def now_and_then(self: Stream) -> int:
        empty[0] += 1
        if empty[0] % 2:
            self.idle = True
            return 0
        return advance(self)

    monkeypatch.setattr(Reader, "__init__", small)
    before = [said(command, path) for command in COMMANDS]
    monkeypatch.setattr(Stream, "advance", now_and_then)
    for command, expected in zip(COMMANDS, before, strict=True):
        assert said(command, path) == expected, command
    assert empty[0] > 2 * len(COMMANDS)
