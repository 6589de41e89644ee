"""A capture that stands for a live one: events of recorded rows, and an end. Run as a program it is the command `live` with that.

python -m tests.cli.watched live -i eth0 ...
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from analyzer.capture.reader import open_capture
from analyzer.cli import live, main
from analyzer.live.event import Event
from analyzer.live.snapshot import Counters, Snapshot
from analyzer.pipeline import EVERY_APPLICATION, Pipeline
from analyzer.report.summary import Summary
from tests.report.live.made import opened, rows, snapshot

PCAP = Path(__file__).parents[2] / "pcaps/recorded/http_lossy.pcap"
NAMES = ("http_lossy", "tls_1_3")
TICK_S = 0.01


class FakeRecorder:
    """Has written a capture of ours."""

    def __init__(self, path: str, stopped: str = "") -> None:
        self.path, self.stopped = path, stopped
        self.files = [path]
        self.events: deque[Any] = deque()
        Path(path).write_bytes(PCAP.read_bytes())

    def close(self) -> None:
        pass


class FakeSource:
    """Nothing is read from it."""

    def __init__(self, recorder: FakeRecorder | None = None) -> None:
        self.recorder = recorder
        self.closed = False

    def close(self) -> None:
        self.closed = True


class FakeWatch:
    """Tells rows of a recorded capture, then nothing until it is stopped, or after so many ticks. ended: why it ends."""

    def __init__(self, ended: str = "stopped", ticks: int | None = None) -> None:
        self._ended, self._left = ended, ticks
        self._counters = Counters(packets=86, bytes=67_925, tcp=1)
        self._stopped = False
        self.asked: list[tuple[str, int] | None] = []
        with open_capture(PCAP) as reader:
            pipeline = Pipeline(reader, applications=EVERY_APPLICATION)
            self.summary = Summary(pipeline)
            for dissection in pipeline:
                self.summary.update(dissection)
            self.summary.finish()

    def __iter__(self) -> Iterator[list[Event]]:
        found = rows("http_lossy")
        yield [Event("capture", {"time_ns": time.time_ns(), "interfaces": ["eth0"], "backend": "fake"})]
        yield [Event("handshake", row) for row in found["handshakes"]] + [Event("stall", row) for row in found["stalls"]]
        yield [Event("journey", row) for row in found["journeys"]] + [Event("finding", row) for row in found["findings"]]
        second = {"second_packets": 86, "second_bytes": 67_925, "second_dropped": 0}
        yield [Event("statistics", {"time_ns": time.time_ns(), **asdict(self._counters), **second})]
        while not self._stopped and self._left != 0:
            self._left = None if self._left is None else self._left - 1
            time.sleep(TICK_S)
            yield []
        yield [Event("handshake", found["handshakes"][0], 2), Event("summary", self.summary.as_dict())]

    def stop(self) -> None:
        self._stopped = True

    def resolve(self, address: str) -> str:
        return {"10.99.0.2": "server.example"}.get(address, address)

    def snapshot(self, opened_one: tuple[str, int] | None = None) -> Snapshot:
        self.asked.append(opened_one)
        row = None if opened_one is None else {**opened(), "protocol": opened_one[0], "stream": opened_one[1]}
        ended = self._ended if self._stopped or self._left == 0 else ""
        return replace(snapshot(NAMES), title="eth0", counters=self._counters, opened=row, ended=ended)


if __name__ == "__main__":
    live.opened = lambda wish, output: (FakeSource(), FakeWatch())  # type: ignore[assignment, return-value]
    sys.argv[0] = "analyzer"
    main()
