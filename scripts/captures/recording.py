"""What a recording of real programs is, and how its programs are started; scripts/record_pcaps.py runs them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

CLIENT, SERVER = "10.99.0.1", "10.99.0.2"
NAME = "shop.example"
PROGRAMS = Path(__file__).resolve().parent / "programs"
PAUSE = 0.5  #: seconds between the steps of a client


@dataclass(frozen=True)
class Recording:
    """One recorded capture: who runs what, and what the network in between does."""

    name: str
    shows: str
    client: list[str]
    servers: list[list[str]] = field(default_factory=list)
    before: list[list[str]] = field(default_factory=list)  #: what makes files (keys, zones) for them
    files: dict[str, str] = field(default_factory=dict)  #: and those that are only text
    needs: tuple[str, ...] = ()  #: programs beside the common ones
    modules: tuple[str, ...] = ()  #: modules of this Python
    loss: float = 0.0  #: of the frames that carry data, seeded
    spared: int = 500  #: frames of this size and less are never lost
    delay: float = 0.005  #: seconds each way
    lost_syns: int = 0
    spared_syns: int = 0  #: SYNs before those that are lost
    lost: tuple[int, ...] = ()  #: frames with data (above `spared`) that are lost, counted from 1 over both sides, beside `loss`
    snap: int = 0  #: snap length, 0 = whole frames
    finds: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)


def curl(where: str, *options: str) -> list[str]:
    """Fetch and forget."""
    return ["curl", "--silent", "--max-time", "20", "--output", "/dev/null", *options, where]


def python(program: str) -> list[str]:
    """A program of a few lines."""
    return [sys.executable, "-c", program]


def program(name: str, *arguments: str) -> list[str]:
    """One of programs/."""
    return [sys.executable, str(PROGRAMS / f"{name}.py"), *arguments]


def steps(*commands: str) -> list[str]:
    """Shell commands one after the other, whatever becomes of them."""
    return ["sh", "-c", f"\nsleep {PAUSE}\n".join(commands)]
