"""`analyzer live` as a child, and the events that it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench_programs import analyzer

EventRow = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0  #: what takes longer is a failure
STEP_S = 0.05
#: words that must not be in what a user reads
TRACES = ("Traceback", "Exception ignored", "Error in sys.excepthook")


def environment() -> dict[str, str]:
    """That of this process, and the analyzer of this repository is found."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def until(condition: Callable[[], bool], limit: float = PATIENCE_S) -> bool:
    """Wait for a condition; whether it came."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(STEP_S)
    return True


class Live:
    """One run. `prefix` is what moves it into a namespace; the output goes to files of `folder`."""

    def __init__(self, folder: Path, options: Sequence[str], prefix: Sequence[str] = (), name: str = "live") -> None:
        self.out, self.err = folder / f"{name}.ndjson", folder / f"{name}.err"
        command = [*prefix, *analyzer(), "live", "--format", "ndjson", "-n", *options]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment())

    @property
    def text(self) -> str:
        """What it said on standard error."""
        return self.err.read_text(errors="replace")

    @property
    def traced(self) -> bool:
        """Whether a traceback is anywhere."""
        return any(word in self.text or word in self.out.read_text(errors="replace") for word in TRACES)

    @property
    def events(self) -> list[EventRow]:
        """The whole lines so far."""
        lines = self.out.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    def of(self, *kinds: str) -> list[EventRow]:
        """Events of some kinds."""
        return [event for event in self.events if event["event"] in kinds]

    def began(self) -> bool:
        """Wait until it captures."""
        return until(lambda: bool(self.of("capture")) or self.process.poll() is not None) and self.process.poll() is None

    def has(self, kind: str, fits: Callable[[EventRow], bool] = lambda _: True, limit: float = PATIENCE_S) -> bool:
        """Wait for an event."""
        return until(lambda: any(map(fits, self.of(kind))) or self.process.poll() is not None, limit) and any(
            map(fits, self.of(kind))
        )

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Its exit status; a negative one is the signal that ended it."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def listening(pid: int, sockets: int = 1) -> bool:
    """Whether packet sockets are bound in the namespace of a process (packet(7), /proc/net/packet)."""
    try:
        rows = [line.split() for line in Path(f"/proc/{pid}/net/packet").read_text().splitlines()[1:]]
    except OSError:
        return False
    return sum(int(row[4]) > 0 and row[3] != "0000" for row in rows) >= sockets
