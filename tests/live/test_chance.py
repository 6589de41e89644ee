"""What is true of the rows of any capture: in pieces of any size, looked at at any time, with little room."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.flow.tcp.ledger import connections as ledger
from analyzer.flow.tcp.ledger import log
from analyzer.flow.tcp.ledger.record import Pool
from analyzer.live import connections
from analyzer.live.event import KEYS, Event
from analyzer.live.pace import Pace
from analyzer.watching import Watch
from tests.live.test_rows import ACK, BEGIN, MS, RST, SECOND, SYN, Step, client, closed, opened, server
from tests.replay import Replay, Scripted

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"
CAPTURES = ("recorded/http_loss.pcap", "recorded/slow_page.pcap", "journey/lookup_and_reuse.pcap", "recorded/dns_failures.pcap")
Row = dict[str, Any]
Standing = dict[tuple[Any, ...], tuple[int, Row]]


class Pieces(Replay):
    """Of any size, and sometimes none."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        super().__init__(path, idle=1 << 62)
        self._chance = chance
        self._most, self._pauses = chance.choice((300, 1500, 20_000)), chance.choice((0.0, 0.2, 0.6))

    def readinto(self, buffer: Any) -> int | None:
        self._piece = self._chance.randint(1, self._most)
        return None if self._chance.random() < self._pauses else super().readinto(buffer)


@pytest.fixture(params=range(2))
def chance(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> random.Random:
    """Early looks, and time for any number of steps."""
    made = random.Random(request.param)
    monkeypatch.setattr(connections, "EARLY_NS", made.choice((0, MS, 50 * MS, 1500 * MS)))
    monkeypatch.setattr(connections, "AGAIN_NS", made.choice((0, 10 * MS, 30 * SECOND)))
    monkeypatch.setattr(connections, "MOST_RECORDS", made.choice((8, 64, 1 << 15)))
    monkeypatch.setattr("analyzer.watching.SECOND_S", 0.0)
    share = made.choice((1.0, 0.3, 0.05))

    def spend(_: Pace, steps: Iterator[None], __: float) -> bool:
        if made.random() > share:
            return False
        for _step in zip(range(made.choice((0, 1, 3, 1000))), steps, strict=False):
            pass
        return True

    monkeypatch.setattr(Pace, "spend", spend)
    return made


def standing(watch: Watch, chance: random.Random) -> Standing:
    """The latest revision of each row."""
    found: Standing = {}
    for events in watch:
        for event in events:
            if event.kind in KEYS:
                found[_place(event)] = _next(event, found)
            elif event.kind == "summary":
                found["summary",] = 1, event.row
        watch.snapshot(("tcp", chance.randrange(8)))
    return found


def _place(event: Event) -> tuple[Any, ...]:
    return event.kind, *(event.row.get(key) for key in KEYS[event.kind])


def _next(event: Event, found: Standing) -> tuple[int, Row]:
    before = found.get(_place(event), (0,))[0]
    assert event.revision == before + 1 or (event.revision == 1 and event.kind != "flow"), "told again as a new one at most"
    return event.revision, {} if event.withdrawn else event.row


@pytest.mark.parametrize("name", CAPTURES)
def test_rows_equal_those_of_the_file(name: str, chance: random.Random) -> None:
    watch = Watch(Pieces(PCAPS / name, chance), clock=None)  # type: ignore[arg-type]
    found = standing(watch, chance)
    with analyzer.open(PCAPS / name) as capture:
        expected = {
            "handshake": list(capture.handshakes()),
            "journey": [{key: row[key] for key in row if key != "number"} for row in capture.journeys()],
            "stall": list(capture.stalls()),
            "flow": list(capture.flows()),
        }
    for kind, rows in expected.items():
        told = [json.dumps(row) for (one, *_), (_, row) in found.items() if one == kind and row]
        assert sorted(told) == sorted(map(json.dumps, rows))


def churn(chance: random.Random) -> Iterator[Step]:
    """Connections that begin, talk, repeat themselves and end, on few ports; now and then a minute passes."""
    time = BEGIN
    for _ in range(250):
        time += chance.choice((MS, 10 * MS, 200 * MS)) + (70 * SECOND if chance.random() < 0.02 else 0)
        frames: list[bytes] = []
        for port in chance.choices(range(2000, 2000 + chance.choice((5, 300, 60_000))), k=chance.randrange(5)):
            data = client(ACK, 101, 501, b"x" * 10, port)
            talk = [data, server(ACK, 501, 111, port=port)]
            again = [client(SYN, chance.randrange(1 << 30), port=port)]
            frames += chance.choice((opened(port), talk, [data, data], closed(port), [client(RST, 102, port=port)], again))
        yield time, frames


@pytest.mark.parametrize("room", [200, 1000])
def test_counters_add_up_where_there_is_no_room(room: int, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.flow.slots.BATCH_ROWS", 64)
    monkeypatch.setattr("analyzer.watching.MOST_ENDING_S", chance.choice((-1, 5)))
    monkeypatch.setattr(log, "LEAST_RECORDS", room)
    monkeypatch.setattr(ledger, "FEW", 3)
    monkeypatch.setattr(connections, "MOST_KEPT", 5)
    monkeypatch.setattr(connections, "MOST_DUE", 10)
    steps = list(churn(chance))
    watch = Watch(Scripted(steps), memory=1, clock=None)  # type: ignore[arg-type]
    found = standing(watch, chance)
    counters = found["summary",][1]["counters"]
    kinds = Counter(kind for kind, *_ in found)
    flows = [row for (kind, *_), (_, row) in found.items() if kind == "flow"]
    assert counters["evicted"] > 0
    assert counters["packets"] == sum(len(frames) for _, frames in steps)
    assert counters["packets"] == sum(row["packets_client"] + row["packets_server"] for row in flows)
    assert kinds["flow"] == counters["tcp"] == max(row["stream"] for row in flows) + 1
    assert kinds["handshake"] <= counters["tcp"] <= kinds["handshake"] + counters["not_detailed"]
    assert watch._ledger._log._pool[Pool.USED] == 0
