"""The lines at the top: what is captured, how much of it there is, and what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analyzer.live.snapshot import Snapshot
from analyzer.report.text import count, duration, rate, share, shortened, size
from analyzer.report.wording.live import caps, dropped

from .line import Line, flowing, spread, width_of

BARS: Final = " ▁▂▃▄▅▆▇█"
ASCII_BARS: Final = " .:-=+*#"
MOST_BARS: Final = 60  #: seconds of the graph
BACKLOG: Final = 0.05  #: share of the kernel's buffer from which on it is worth a word
FULL: Final = 0.5  #: and from which on it is alarming
LOW: Final = 16  #: lines of the screen below which the head has to be short


def head(snapshot: Snapshot, paused: bool, width: int, height: int, plain: bool) -> list[Line]:
    """Two to six lines. plain: no characters beyond ASCII."""
    lines = [_title(snapshot, paused, width), _traffic(snapshot, width, plain)]
    alarms = _alarms(snapshot)
    most = 1 if height < LOW else 2
    return [*lines, *flowing(alarms, width, most), *flowing(_totals(snapshot), width, most)]


def _title(snapshot: Snapshot, paused: bool, width: int) -> Line:
    right: Line = [(f"{snapshot.backend}  {duration(snapshot.running_ns)}", "quiet")]
    if snapshot.ended:
        right = [(f" {snapshot.ended} ", "alarm"), ("  ", ""), *right]
    if paused:
        right = [(" paused ", "current"), ("  ", ""), *right]
    return spread([(shortened(snapshot.title, max(width - width_of(right) - 2, 8)), "title")], right, width)


def _traffic(snapshot: Snapshot, width: int, plain: bool) -> Line:
    line: Line = [
        (f"{rate(snapshot.packets_per_s):>7}", "title"), (" packets/s  ", ""),
        (f"{size(snapshot.bytes_per_s):>7}", "title"), ("/s  ", ""),
    ]  # fmt: skip
    peak = f"  peak {size(max(snapshot.history, default=0))}/s"
    room = min(width - width_of(line), MOST_BARS)
    graph = sparkline(snapshot.history, room, plain)
    line.append((graph, "graph"))
    return [*line, (peak, "quiet")] if snapshot.history and width_of(line) + len(peak) <= width else line


def sparkline(values: Sequence[float], width: int, plain: bool = False) -> str:
    """A bar for each of the latest values, as high as its share of the greatest one; what is not zero is seen."""
    bars = ASCII_BARS if plain else BARS
    shown = values[-width:] if width > 0 else ()
    most = max(shown, default=0)
    if most <= 0:
        return bars[0] * len(shown)
    steps = len(bars) - 1
    return "".join(bars[max(round(value / most * steps), 1) if value > 0 else 0] for value in shown)


def _alarms(snapshot: Snapshot) -> list[Line]:
    counters = snapshot.counters
    parts: list[Line] = []
    if lost := dropped(counters):
        now = f" ({rate(snapshot.dropped_per_s)}/s now)" if snapshot.dropped_per_s else ""
        parts.append([(lost + now, "problem" if now else "warning")])
    if counters.backlog >= BACKLOG:
        waiting = f"{share(round(counters.backlog * 100), 100)} of the buffer waits"
        parts.append([(waiting, "problem" if counters.backlog >= FULL else "warning")])
    return parts + [[(text, "warning")] for text in caps(counters)]


def _totals(snapshot: Snapshot) -> list[Line]:
    counters = snapshot.counters
    texts = [
        f"{count(counters.packets)} packets",
        size(counters.bytes),
        f"{count(counters.tcp)} TCP",
        f"{count(counters.udp)} UDP",
        f"memory {size(counters.resident_bytes)}" if counters.resident_bytes else "",
        f"written {size(counters.written_bytes)}" if counters.written_bytes else "",
    ]
    return [[(text, "")] for text in texts if text]
