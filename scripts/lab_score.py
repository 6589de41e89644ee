#!/usr/bin/env python3
"""Score the analyzer's verdicts on what scripts/lab.py recorded.

    python scripts/lab_score.py RUNS [--tshark] [--analyzer COMMAND] [--wrong] [--no-stalls]
    python scripts/lab_score.py --reference FOLDER [...]

Prints, for each role of a capture point, the confusion matrix of kinds, F1 of retransmission against original, triggers,
needs (was the original lost?), and the stalls against arrivals and against the application's receive times; with --tshark
tshark's verdicts on the same captures beside ours; with --wrong every frame and stall that was judged wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lab.scoring import frames, reference, stalls, tables, verdicts

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = f"{shlex.quote(sys.executable)} -m analyzer"


@dataclass
class Total:
    """Everything counted so far."""

    roles: dict[str, frames.Role] = field(default_factory=lambda: {role: frames.Role() for role in frames.ROLES})
    tshark: dict[str, frames.Role] = field(default_factory=dict)
    stalls: dict[tuple[str, bool], stalls.Stalls] = field(default_factory=lambda: defaultdict(stalls.Stalls))
    wrong: list[frames.Wrong] = field(default_factory=list)
    delays: dict[bool, list[int]] = field(default_factory=lambda: defaultdict(list))
    counters: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  #: captures that the analyzer could not read; they are in no count


@dataclass(frozen=True)
class Job:
    """One capture to be read."""

    run: dict[str, Any]
    point: str
    capture: Path


@dataclass(frozen=True)
class Answers:
    """What was said of it."""

    frames: dict[int, dict[str, Any]]
    stalls: list[dict[str, Any]]
    tshark: dict[int, dict[str, Any]] | None


def ask(job: Job, options: argparse.Namespace) -> Answers | verdicts.Failed:
    """Run the programs on one capture."""
    command = shlex.split(options.analyzer)
    try:
        said = verdicts.of_frames(verdicts.rows(command, "tcp", job.capture))
        held = [] if options.no_stalls or job.run["stalls"] is None else verdicts.rows(command, "stalls", job.capture)
    except verdicts.Failed as reason:
        return reason
    return Answers(said, held, verdicts.of_tshark(job.capture) if options.tshark else None)


def count(job: Job, answers: Answers, total: Total, options: argparse.Namespace) -> None:
    """Add one capture."""
    roles, wrong = frames.score(job.run, job.point, answers.frames)
    for name, role in roles.items():
        total.roles[name].add(role)
    total.wrong += wrong
    if answers.tshark is not None:
        for name, role in frames.score(job.run, job.point, answers.tshark)[0].items():
            total.tshark.setdefault(name, frames.Role()).add(role)
    if job.run["stalls"] is not None and not options.no_stalls:
        for key, one in stalls.score(job.run, job.point, answers.stalls).items():
            total.stalls[key].add(one)


def load(options: argparse.Namespace) -> tuple[Path, list[dict[str, Any]]]:
    """The folder and its runs."""
    if options.reference:
        return options.reference, reference.load(options.reference)
    return options.runs, [json.loads(path.read_text()) for path in sorted(options.runs.glob("*.json"))]


def report(total: Total, options: argparse.Namespace) -> Iterator[str]:
    """What is printed."""
    yield from tables.frames(total.roles, total.tshark)
    if total.stalls:
        yield from tables.stalls(total.stalls, total.delays)
    if total.counters:
        yield f"\n== kernel counters reproduced: {total.counters['right']}/{total.counters['right'] + total.counters['wrong']}"
    yield from total.notes
    yield from (f"NOT SCORED: {reason}" for reason in total.failed)
    if options.wrong:
        yield "\n== wrong"
        yield from (f"{one.file} {one.frame} {one.role}: {one.axis} is {one.truth}, ours {one.ours}" for one in total.wrong)
        for (role, _), one in sorted(total.stalls.items()):
            yield from (f"{what}: missed at {role}" for what in one.missed)
            yield from (f"{what}: false at {role}" for what in one.false)


def main() -> int:
    """Score a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="?", metavar="RUNS", help="folder that lab.py wrote")
    parser.add_argument("--reference", type=Path, metavar="FOLDER", help="a folder with truth.json instead")
    parser.add_argument("--analyzer", default=DEFAULT, help="command (default: this tree's)")
    parser.add_argument("--tshark", action="store_true", help="tshark's verdicts too")
    parser.add_argument("--wrong", action="store_true", help="list what was judged wrongly")
    parser.add_argument("--no-stalls", action="store_true", help="frames only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if (options.runs is None) == (options.reference is None):
        parser.error("RUNS or --reference FOLDER")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options.no_stalls = options.no_stalls or not verdicts.has_command(shlex.split(options.analyzer), "stalls")
    folder, runs = load(options)
    if not runs:
        parser.error(f"{folder} holds no truth files")
    work = [Job(run, point, folder / run["points"][point]["file"]) for run in runs for point in run["points"]]
    total = Total()
    said: dict[str, dict[str, dict[int, dict[str, Any]]]] = defaultdict(dict)
    with ThreadPoolExecutor(options.jobs) as pool:
        for job, answers in zip(work, pool.map(lambda job: ask(job, options), work), strict=True):
            if isinstance(answers, verdicts.Failed):
                total.failed.append(str(answers))
                said[job.run["name"]][job.point] = {}
                continue
            count(job, answers, total, options)
            said[job.run["name"]][job.point] = answers.frames
    for run in runs:
        if options.reference:
            right, wrong = reference.counters(run, said[run["name"]])
            total.counters += Counter(right=right, wrong=len(wrong))
            total.notes += wrong
        elif run["application_waits"]:
            total.delays[bool(run["actions"])] += [delay for values in run["application_delay_ns"].values() for delay in values]
    print("\n".join(report(total, options)))
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
