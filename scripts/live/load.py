"""The rate at which loss begins: the highest at which not one frame is missing, by bisection; and what is lost at full speed.

A run is good if the program says that it received every frame that the senders sent, and that it dropped none. The interface's
own counter must agree with the senders, else the run is made again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .pair import DEVICE, Pair, pair
from .running import environment, listening
from .tools import MEBIBYTES, Said, Tool, tools
from .traffic import KINDS, make

SENDER = Path(__file__).resolve().parent / "sender.py"
RANGE = 128.0  #: the slowest rate that is tried is so much below the senders' own maximum
LISTENING_S = 20.0  #: a program must listen by then
CATCH_UP_S = 60.0  #: and have read everything so long after the last frame
RETIRE_S = 1.2  #: a block of the ring that is not full is handed over after a second (tcpdump)
IDLE_S, IDLE_SHARE = 0.6, 0.2  #: it has when it used less than this share of a processor for so long
ATTEMPTS = 3
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Setting:
    """What all runs share."""

    pair: Pair
    folder: Path
    environment: dict[str, str]
    senders: tuple[int, ...]  #: processors of the senders
    readers: tuple[int, ...]  #: and of the program
    seconds: float
    steps: int
    repeats: int


@dataclass(frozen=True)
class Run:
    """One of them."""

    sent: int
    rate: float
    said: Said
    lag: float  #: seconds until the program had read what there was

    @property
    def lost(self) -> int | None:
        """Frames that are missing; None: the program did not say."""
        return None if self.said.received is None else self.sent - self.said.received

    @property
    def good(self) -> bool:
        """Not one frame is missing."""
        return self.lost == 0 and not self.said.dropped


def processes(first: int) -> list[int]:
    """A process and all its children."""
    found = [first]
    for one in found:
        with contextlib.suppress(OSError):
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return found


def used(first: int) -> float:
    """Seconds of a processor that they used."""
    total = 0
    for one in processes(first):
        with contextlib.suppress(OSError):
            total += sum(map(int, Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
    return total / TICKS


def once(setting: Setting, tool: Tool, size: int | None, capture: Path, rate: float) -> Run:
    """One run at a rate; 0 is as fast as the senders go."""
    target, out, err = (setting.folder / name for name in ("written", "out", "err"))
    command = [str(target) if word == "OUT" else word for word in tool.command]
    command += tool.buffer(size) if size and tool.buffer else []
    pinned = ["taskset", "-c", ",".join(map(str, setting.readers)), *command]
    for _ in range(ATTEMPTS):
        with out.open("wb") as stdout, err.open("wb") as stderr:
            line = setting.pair.inside("near", *pinned)
            program = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=setting.environment)
        try:
            before = setting.pair.counter()
            wait(program)
            sent, took = send(setting, capture, rate)
            lag = catch_up(program)
            time.sleep(RETIRE_S)
            arrived = setting.pair.counter() - before
        finally:
            program.send_signal(signal.SIGINT)
            try:
                program.wait(CATCH_UP_S)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        said = tool.count(out, err.read_text(errors="replace"))
        target.unlink(missing_ok=True)
        if arrived == sent:
            break
    return Run(sent, sent / took, said, lag)


def wait(program: subprocess.Popen[bytes]) -> None:
    """Until it listens."""
    until = time.monotonic() + LISTENING_S
    while not listening(program.pid):
        if program.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the program does not listen")
        time.sleep(0.05)
    catch_up(program)


def catch_up(program: subprocess.Popen[bytes]) -> float:
    """Seconds until it has nothing more to do."""
    begin = last = time.monotonic()
    seconds = used(program.pid)
    while last - begin < CATCH_UP_S and program.poll() is None:
        time.sleep(IDLE_S)
        now, before = time.monotonic(), seconds
        seconds = used(program.pid)
        if seconds - before < IDLE_SHARE * (now - last):
            break
        last = now
    return last - begin


def send(setting: Setting, capture: Path, rate: float) -> tuple[int, float]:
    """All senders at once: how many frames, and how long."""
    parts = len(setting.senders)
    running = []
    for part, processor in enumerate(setting.senders):
        words = [
            sys.executable,
            str(SENDER),
            DEVICE,
            str(capture),
            str(rate / parts),
            str(setting.seconds),
            str(part),
            str(parts),
        ]
        command = setting.pair.inside("far", "taskset", "-c", str(processor), *words)
        running.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for one in running:
        assert one.stdout is not None
        one.stdout.readline()
    for one in running:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    results = [json.loads(one.communicate()[0]) for one in running]
    return sum(row["sent"] for row in results), max(row["seconds"] for row in results)


def bisect(good: Callable[[float], float], low: float, high: float, steps: int) -> float:
    """The highest rate that was good; 0 if none was. `high` is known not to be; good() gives the rate that was reached, or 0."""
    best = 0.0
    for _ in range(steps):
        middle = (low * high) ** 0.5
        if reached := good(middle):
            best, low = max(best, reached), middle
        else:
            high = middle
    return best


@dataclass(frozen=True)
class Result:
    """A program, a kind of traffic, a buffer."""

    rate: float  #: frames a second without loss, the median
    at_least: bool  #: the senders are not faster
    share: float | None  #: lost at the senders' maximum, the median
    maximum: float  #: rate at which that was
    lag: float  #: seconds behind at the highest good rate


def measure(setting: Setting, tool: Tool, size: int | None, capture: Path, say: Callable[[str], None]) -> Result:
    """All runs of one."""

    def run(rate: float) -> Run:
        done = once(setting, tool, size, capture, rate)
        say(
            f"    {done.rate:12,.0f}/s sent {done.sent:10,} lost {done.lost} own counter {done.said.dropped} lag {done.lag:.1f} s"
        )
        return done

    full = [run(0) for _ in range(setting.repeats)]
    shares = [one.lost / one.sent for one in full if one.lost is not None]
    maximum = statistics.median(one.rate for one in full)
    share = statistics.median(shares) if shares else None
    if all(one.good for one in full):
        return Result(maximum, True, share, maximum, max(one.lag for one in full))
    lags: list[float] = []

    def good(rate: float) -> float:
        done = run(rate)
        if not done.good:
            return 0.0
        lags.append(done.lag)
        return done.rate

    found = [bisect(good, maximum / RANGE, maximum, setting.steps) for _ in range(setting.repeats)]
    return Result(statistics.median(found), False, share, maximum, max(lags, default=0.0))


def cell(result: Result | None) -> list[str]:
    """Its cells: rate, share, lag."""
    if result is None:
        return ["-", "-", "-"]
    prefix = "≥ " if result.at_least else ""
    share = "?" if result.share is None else f"{result.share:.1%} of {result.maximum:,.0f}"
    return [f"{prefix}{result.rate:,.0f}" if result.rate else f"< {result.maximum / RANGE:,.0f}", share, f"{result.lag:.1f}"]


def machine(setting: Setting) -> Iterator[str]:
    """What was measured on, and how."""
    with Path("/proc/cpuinfo").open() as info:
        model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), platform.processor())
    yield f"- {os.cpu_count()} cores, {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield f"- load {os.getloadavg()[0]:.1f} before the first run"
    count, cores = len(setting.senders), " and ".join(map(str, setting.senders))
    readers = ", ".join(map(str, setting.readers))
    yield f"- {count} sender{'s' if count > 1 else ''} (sendmmsg, no queue) on core {cores}; the program on cores {readers}"
    yield f"- runs of {setting.seconds:g} s; median of {setting.repeats}; bisected {setting.steps} times"
    yield "- files are written to memory (tmpfs)"


HEADER = f"""\
| program | frames/s without loss | lost at full speed | s behind | with {MEBIBYTES} MiB | lost | s behind |
|---|---|---|---|---|---|---|"""


def load(options: argparse.Namespace) -> int:
    """Measure and print."""
    words = [word for word in options.only.split(",") if word]
    chosen = [one for one in tools() if not words or any(word in one.name for word in words)]
    if options.peers:
        chosen = [one for one in chosen if not one.ours]
    processors = sorted(os.sched_getaffinity(0))
    count = min(options.senders, max(1, len(processors) - 1))
    senders, readers = tuple(processors[-count:]), tuple(processors[:-count] or processors)
    with contextlib.ExitStack() as ending:
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(dir=memory)))
        profile = folder / "wireshark"
        profile.mkdir()
        variables = environment() | {"WIRESHARK_CONFIG_DIR": str(profile), "TMPDIR": str(folder)}
        both = ending.enter_context(pair(str(os.getpid())))
        setting = Setting(
            both,
            folder,
            variables,
            senders,
            readers,
            options.seconds,
            options.steps,
            options.repeat,
        )
        print("\n".join(machine(setting)), flush=True)
        for kind in options.kinds.split(","):
            capture = make(kind, folder)
            print(f"\n### {KINDS[kind]}\n\n{HEADER}", flush=True)
            for tool in chosen:
                row(setting, tool, capture, options.verbose)
            capture.unlink()
    return 0


def row(setting: Setting, tool: Tool, capture: Path, verbose: bool) -> None:
    """Measure a program and print its row."""

    def say(line: str) -> None:
        if verbose:
            print(line, file=sys.stderr, flush=True)

    say(f"  {tool.name}")
    try:
        default = measure(setting, tool, None, capture, say)
        equal = measure(setting, tool, MEBIBYTES, capture, say) if tool.buffer else None
    except (RuntimeError, OSError) as reason:
        print(f"| {tool.name} | {reason} | | | | | |", flush=True)
        return
    print("| " + " | ".join([tool.name, *cell(default), *cell(equal)]) + " |", flush=True)
