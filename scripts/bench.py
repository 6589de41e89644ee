#!/usr/bin/env python3
"""Measure the analyzer and its peers on the same large captures in one run, and print the table as Markdown.

    python scripts/bench.py                         a million packets of each kind, three repeats
    python scripts/bench.py --quick                 100,000 packets, cheap programs only (for CI)
    python scripts/bench.py --kinds bulk --only "cat,summary,tcptrace" --repeat 5
    python scripts/bench.py --startup               only how long it takes to start

Captures are made by scripts/large_capture.py in a temporary folder. Every program reads the same file from the page
cache, its output goes nowhere; wall, CPU (user and system) and peak memory are the kernel's figures for its process, and
the median of the repeats is shown. Programs that take longer than 20 s are run once.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from bench_programs import KINDS, Program, analyzer, programs  # noqa: E402

PACKETS, QUICK_PACKETS = 1_050_000, 100_000
SLOW = 20.0  #: seconds; what takes longer is run once
NOISY_LOAD = 0.3  #: of the cores busy before we start
STARTUP_REPEATS = 15
STARTUP_PACKETS = 500


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall: float
    cpu: float
    memory: int  #: peak resident set, bytes
    status: int


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    """One run, its output thrown away. This process stays small: a child's peak begins with its parent's size."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, process.returncode)


def median(costs: list[Cost]) -> Cost:
    """The median of each figure; the worst status."""
    return Cost(
        statistics.median(c.wall for c in costs),
        statistics.median(c.cpu for c in costs),
        max(c.memory for c in costs),
        max((c.status for c in costs), key=abs),
    )


def repeated(command: list[str], repeats: int, environment: dict[str, str]) -> tuple[Cost, int]:
    """Median of `repeats` runs, or the one run of a slow program; and how many they were."""
    costs = [measure(command, environment)]
    while costs[0].wall < SLOW and costs[0].status == 0 and len(costs) < repeats:
        costs.append(measure(command, environment))
    return median(costs), len(costs)


def prefix(source: Path, packets: int, target: Path) -> None:
    """The first packets of a little-endian pcap file."""
    with source.open("rb") as reading, target.open("wb") as writing:
        writing.write(reading.read(24))
        for _ in range(packets):
            head = reading.read(16)
            if not head:
                break
            writing.write(head + reading.read(int.from_bytes(head[8:12], "little")))


def make(kind: str, packets: int, folder: Path) -> Path:
    """The capture, made unless the folder has it, and read once so that it lies in the page cache."""
    path = folder / f"{kind}-{packets}.pcap"
    if not path.exists():
        subprocess.run([sys.executable, HERE / "large_capture.py", kind, str(packets), path], check=True)
    with path.open("rb", buffering=0) as capture:
        while capture.read(1 << 20):
            pass
    return path


def version(command: list[str]) -> str:
    """The first line with a digit that a program prints about itself."""
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line.strip() for line in (run.stdout + run.stderr).splitlines() if any(c.isdigit() for c in line)]
    return lines[0] if lines else "unknown version"


def machine() -> Iterator[str]:
    """What the figures were taken on, and with."""
    cpu = platform.processor()
    with Path("/proc/cpuinfo").open() as info:
        cpu = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), cpu)
    cores = os.cpu_count() or 1
    yield f"- {cores} cores, {cpu}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    asked = {
        "analyzer": [*analyzer(), "--version"],
        "tshark": ["tshark", "--version"],
        "tcptrace": ["tcptrace", "-v"],
        "ndpiReader": ["ndpiReader", "-h"],
    }
    for name, command in asked.items():
        yield f"- {name}: {version(command) if shutil.which(command[0]) else 'not installed'}"
    yield from (f"- {name}: {module_version(name)}" for name in ("dpkt", "scapy"))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield f"- a child's peak memory starts with its parent's: {own} MiB and less is this script's own"
    if os.getloadavg()[0] > NOISY_LOAD * cores:
        yield f"- **The machine is noisy**: load {os.getloadavg()[0]:.1f} before the first run; take the ratios, not the figures."


def module_version(name: str) -> str:
    """The version of an installed distribution."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def absent(program: Program) -> bool:
    """Whether the program cannot be run here."""
    if program.name in ("dpkt", "scapy"):
        return module_version(program.name) == "not installed"
    return shutil.which(program.command[0]) is None


HEADER = """\
| program | wall s | CPU s | packets/s | MB/s | ns/packet | peak MiB | wall / flows | runs |
|---|---|---|---|---|---|---|---|---|"""


def table(
    path: Path, packets: int, chosen: list[Program], repeats: int, environment: dict[str, str], folder: Path
) -> Iterator[str]:
    """One capture: a row for each program, as soon as all are measured."""
    size = path.stat().st_size
    yield f"\n### {path.stem}: {packets:,} packets, {size / 1e6:,.0f} MB\n"
    results: list[tuple[Program, Cost, int, float, float]] = []
    for program in chosen:
        if absent(program):
            yield f"{program.name} is not installed.\n"
            continue
        capture, factor, start = path, 1.0, 0.0
        if program.packets and program.packets < packets:
            capture, factor = folder / f"{path.stem}-first.pcap", packets / program.packets
            prefix(path, 1, capture)
            start = repeated([str(capture) if word == "FILE" else word for word in program.command], 1, environment)[0].wall
            prefix(path, program.packets, capture)
        print(f"{path.stem}: {program.name} ...", file=sys.stderr, flush=True)
        cost, runs = repeated([str(capture) if word == "FILE" else word for word in program.command], repeats, environment)
        results.append((program, cost, runs, factor, start))
    reference = next((cost.wall for program, cost, *_ in results if program.name == "analyzer flows" and not cost.status), 0.0)
    yield HEADER
    for program, cost, runs, factor, start in results:
        if cost.status:
            yield f"| {program.name} | failed: status {cost.status} | | | | | | | {runs} |"
            continue
        wall, cpu = start + (cost.wall - start) * factor, start + (cost.cpu - start) * factor
        cells = [
            program.name + (f" (first {program.packets:,} packets, extrapolated)" if factor != 1 else ""),
            f"{wall:.2f}",
            f"{cpu:.2f}",
            f"{packets / wall:,.0f}",
            f"{size / wall / 1e6:,.0f}",
            f"{wall / packets * 1e9:,.0f}",
            f"{cost.memory / 2**20:,.0f}",
            f"{wall / reference:.2f}" if reference else "",
            str(runs),
        ]
        yield "| " + " | ".join(cells) + " |"
    yield from ratios(results)


def ratios(results: list[tuple[Program, Cost, int, float, float]]) -> Iterator[str]:
    """Ours against the peer that does the same job."""
    good = {program.name: cost for program, cost, *_ in results if not cost.status}
    lead = "\n"  # an empty line between the table and the list
    for program in (program for program, *_ in results if program.name in good and program.against in good):
        own, other = good[program.name], good[program.against]
        memory, others = own.memory / 2**20, other.memory / 2**20
        times = f"{other.wall / own.wall:.1f} times as fast as {program.against}"
        yield f"{lead}- {program.name}: {times}, {memory:,.0f} of {others:,.0f} MiB"
        lead = ""


def startup(environment: dict[str, str], folder: Path) -> Iterator[str]:
    """How long it takes until something is on the screen, against Python's own start."""
    capture = make("short", STARTUP_PACKETS, folder)
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "analyzer --help": [*analyzer(), "--help"],
        f"analyzer on {STARTUP_PACKETS} packets": [*analyzer(), str(capture)],
    }
    yield "\n### Start-up\n\n| command | wall ms | CPU ms | peak MiB |\n|---|---|---|---|"
    for name, command in commands.items():
        measure(command, environment)
        cost = median([measure(command, environment) for _ in range(STARTUP_REPEATS)])
        failed = f" (failed: status {cost.status})" if cost.status else ""
        yield f"| {name}{failed} | {cost.wall * 1e3:.0f} | {cost.cpu * 1e3:.0f} | {cost.memory / 2**20:.0f} |"
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "analyzer", "--help"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in run.stderr.splitlines() if "|" in line}
    heavy = sorted(imported & {"numpy", "rich", "scapy", "dpkt", "pyshark", "tabulate"})
    yield f"\n`analyzer --help` imports of the heavy modules: {', '.join(heavy) or 'none'}."


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, help=f"packets of each capture (default {PACKETS:,})")
    parser.add_argument("--kinds", default=",".join(KINDS), help="of " + ", ".join(KINDS))
    parser.add_argument("--only", default="", help="programs whose name contains one of these, comma-separated")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each program that is not slow")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PACKETS:,} packets, cat and the analyzer only")
    parser.add_argument("--peers", action="store_true", help="with --quick: the peers too")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the captures here, use those that are here, keep them")
    parser.add_argument("--startup", action="store_true", help="only the start-up table")
    options = parser.parse_args()
    packets = options.packets or (QUICK_PACKETS if options.quick else PACKETS)
    words = [word for word in options.only.split(",") if word]
    if unknown := set(options.kinds.split(",")) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    say: Callable[[str], None] = lambda line: print(line, flush=True)  # noqa: E731
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        profile = Path(scratch) / "wireshark"  # an empty one: the user's preferences must not count
        profile.mkdir()
        environment = os.environ | {"WIRESHARK_CONFIG_DIR": str(profile)}
        for line in machine():
            say(line)
        if not options.startup:
            for kind in options.kinds.split(","):
                capture = make(kind, packets, folder)
                chosen = [p for p in programs(kind) if not words or any(word in p.name for word in words)]
                if options.quick and not options.peers:
                    chosen = [p for p in chosen if p.cheap]
                for line in table(capture, packets, chosen, options.repeat, environment, Path(scratch)):
                    say(line)
                if not options.keep:
                    capture.unlink()
        if options.startup or not words:
            for line in startup(environment, folder):
                say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
