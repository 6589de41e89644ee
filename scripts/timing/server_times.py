"""How right the server's own time of a journey is: captured away from the server, against the capture at the server itself.

There the round trip to the server is nothing, so what lies between the request and the answer is the server's.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .rows import rows

AWAY = ("client", "middle")
SLACK = 100_000  #: ns by which bounds may be missed: what the wire and the kernels scatter
Key = tuple[int, int, int | None]


def journeys(path: Path) -> dict[Key, dict[str, Any]]:
    """Those with an answer, by the ports of the connection and the number on it."""
    found = [row for row in rows("journeys", path) if row["server_ns"] is not None]
    return {(row["client_port"], row["server_port"], row["exchange"]): row for row in found}


def report(folder: Path, names: list[str]) -> list[str]:
    """A line for each capture point; gives those journeys whose bounds do not hold."""
    wrong: list[str] = []
    apart: dict[str, list[int]] = {point: [] for point in AWAY}
    for name in names:
        truth = journeys(folder / name / f"{name}.server.pcap")
        for point in AWAY:
            for row, known in _both(journeys(folder / name / f"{name}.{point}.pcap"), truth):
                apart[point].append(abs(row["server_ns"] - known))
                if not row["server_least_ns"] - SLACK <= known <= row["server_most_ns"] + SLACK:
                    wrong.append(line(f"{name}.{point}.pcap", row, known))
    for point, off in apart.items():
        if off:
            missed = sum(f".{point}.pcap" in line for line in wrong)
            print(
                f"server's own time at {point}: {len(off)} journeys, median off {statistics.median(off) / 1e6:.3f} ms, "
                f"bounds missed by more than {SLACK / 1e6:g} ms in {missed}"
            )
    return wrong


def line(capture: str, row: dict[str, Any], known: int) -> str:
    """What is said of one."""
    said, least, most, true = (
        f"{ns / 1e6:.3f}" for ns in (row["server_ns"], row["server_least_ns"], row["server_most_ns"], known)
    )
    place = f"{capture} stream {row['stream']} exchange {row['exchange']}"
    return f"server {place}: {said} [{least}, {most}] ms, at the server {true} ms"


def _both(rows: dict[Key, dict[str, Any]], truth: dict[Key, dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    for key, row in rows.items():
        if key in truth:
            yield row, truth[key]["server_ns"]
