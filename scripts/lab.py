#!/usr/bin/env python3
"""A network laboratory: real TCP stacks in namespaces, a wire that loses, delays, reorders and doubles, and the truth of it.

    sudo python scripts/lab.py OUT [--runs N] [--seed S] [--scenario NAME ...] [--jobs J] [--list]

Without --runs and --scenario every scripted scenario is run once; --runs N makes N random runs, with seeds S, S+1, ... The
policy of a run comes from its seed; its timing is real. Of each run OUT gets four captures (NAME.client.pcap,
NAME.wire_in.pcap before the impairment, NAME.wire_out.pcap behind it, NAME.server.pcap) and NAME.json, which says of
every frame what it was, whether it arrived, and what the kernel's counters say about the reason. scripts/lab_score.py
compares the analyzer's verdicts with it. Needs root, network namespaces, `ip`, `sysctl` and `tcpdump`; nginx and openssl for
HTTP over TLS.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lab.plan import Plan, random_plan
from lab.run import PORT, run
from lab.scenarios import SCENARIOS
from lab.space import Refused, check, spaces

REFUSED = 2
FIRST_SEED = 1
LATE = 5_000_000  #: ns; a run in which the wire itself held a frame back longer is made again ...
ATTEMPTS = 3  #: ... so often, and then kept as it is


def jobs_of(options: argparse.Namespace) -> list[tuple[Plan, Any]]:
    """What is to be run, with the policies."""
    chosen = [(plan, make) for plan, make in SCENARIOS if options.scenario is None or plan.name in options.scenario]
    if options.runs is not None:
        plans = [random_plan(seed) for seed in range(options.seed, options.seed + options.runs)]
        chosen = [*(chosen if options.scenario else []), *((plan, plan.policy) for plan in plans)]
    return chosen


def line(row: dict[str, Any], seconds: float) -> str:
    """What is printed of a run."""
    plan = row["plan"]
    rtt = sum(sum(pair) for pair in plan["delays"].values()) / 1e6
    kinds = [one["kind"] for one in row["points"]["wire_in"]["frames"].values()]
    late = row["wire_lateness_ns"]
    odd = [
        f"{side}: {name} {kernel} not {ours}"
        for side, pair in row["counters_explained"].items()
        for name, (kernel, ours) in pair.items()
        if kernel != ours
    ]
    odd += [f"{side}: refused {kernel}, not {ours}" for side, (kernel, ours) in row["refused"].items() if ours > kernel]
    lost = {point: one["missing"] + one["unmatched"] for point, one in row["points"].items() if one["missing"] + one["unmatched"]}
    parts = [
        f"{row['name']:28} {plan['program']:12} rtt {rtt:5.1f} ms {'IPv6' if plan['ipv6'] else 'IPv4'} {plan['congestion']:5}",
        f"{'sack' if row['sack'] else '-':4} {'ts' if row['timestamps'] else '--'} {'tso' if plan['offload'] else '   '}",
        f"{len(kinds):4} segments {kinds.count('retransmission'):3} sent again {len(row['stalls']):3} stalls",
        f"late {late['50'] / 1e3:.0f}/{late['99'] / 1e3:.0f}/{late['100'] / 1e3:.0f} us, {seconds:.1f} s",
    ]
    notes = [f"{row['ambiguous_triggers']} ambiguous" if row["ambiguous_triggers"] else "", "stopped" if row["stopped"] else ""]
    notes += [f"not matched {lost}" if lost else "", *odd]
    return "  ".join([*parts, *(note for note in notes if note)])


def _end(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def work(number: int, count: int, options: argparse.Namespace) -> None:
    """Every count-th run, each in fresh namespaces: no connection of an earlier run is left."""
    signal.signal(signal.SIGTERM, _end)  # leaves the namespaces on the way out
    for at, (plan, policy) in enumerate(jobs_of(options)):
        if at % count != number:
            continue
        start = time.monotonic()
        for _ in range(ATTEMPTS):
            with spaces(f"{os.getpid()}") as names:
                row = run(plan, policy(), names, PORT + at, options.out)
            if row["wire_lateness_ns"]["100"] < LATE and not row["ambiguous_triggers"]:
                break
        print(line(row, time.monotonic() - start), flush=True)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT", help="folder for captures and truth")
    parser.add_argument("--runs", type=int, help="so many random runs")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="seed of the first (default %(default)s)")
    parser.add_argument(
        "--scenario", nargs="+", metavar="NAME", choices=[plan.name for plan, _ in SCENARIOS], help="scripted ones"
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time; more than one adds jitter")
    parser.add_argument("--list", action="store_true", help="say which scripted scenarios there are")
    options = parser.parse_args()
    if options.list:
        for plan, _ in SCENARIOS:
            print(f"{plan.name:28} {plan.note}")
        return 0
    if options.out is None:
        parser.error("OUT is missing")
    try:
        check()
    except Refused as reason:
        print(f"lab.py: {reason}", file=sys.stderr)
        return REFUSED
    if absent := [name for name in ("nginx", "openssl") if options.runs and not shutil.which(name)]:
        print(f"lab.py: random runs need {', '.join(absent)}", file=sys.stderr)
        return REFUSED
    options.out.mkdir(parents=True, exist_ok=True)
    workers = [multiprocessing.Process(target=work, args=(n, options.jobs, options)) for n in range(options.jobs)]
    signal.signal(signal.SIGTERM, _end)
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.terminate()
    return max(abs(worker.exitcode or 0) for worker in workers)


if __name__ == "__main__":
    sys.exit(main())
