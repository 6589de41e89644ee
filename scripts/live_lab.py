#!/usr/bin/env python3
"""A laboratory for `analyzer live`, in network namespaces of its own.

    sudo python scripts/live_lab.py same OUT [--backends af_packet,dumpcap]   its rows against those of the file that it writes
    sudo python scripts/live_lab.py load [--peers] [--only tcpdump,af_packet] [--kinds udp64,udp1514] [--seconds 5]
    sudo python scripts/live_lab.py soak [--minutes 20] [--raw samples.ndjson]   memory and counters under many connections
    sudo python scripts/live_lab.py faults [--cases removed,sigstop] [--backends af_packet]

Prints tables, and ends with status 1 if something was wrong. Needs root, network namespaces, `ip`, tshark and dumpcap; `same` the
servers of scripts/timing_lab.py, iperf3, dig and scapy; `soak` nginx, wrk, dnsmasq and dnsperf.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from lab.space import Refused, check  # noqa: E402
from live import faults, load, same, soak  # noqa: E402
from live.tools import BACKENDS  # noqa: E402
from live.traffic import KINDS  # noqa: E402

REFUSED = 2
NEEDED = {"same": same.NEEDED, "load": ("taskset",), "soak": soak.NEEDED, "faults": ("capinfos", "setpriv", "mount")}


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_subparsers(dest="what", required=True)
    one = what.add_parser("same", help="rows against those of the written file, packets against tshark's")
    one.add_argument("out", type=Path, metavar="OUT", help="folder for captures")
    one.add_argument("--backends", default=",".join(BACKENDS))
    one = what.add_parser("load", help="frames a second at which loss begins")
    one.add_argument("--kinds", default="udp64,tcp,udp1514", help="of " + ", ".join(KINDS))
    one.add_argument("--only", default="", help="programs whose name contains one of these, comma-separated")
    one.add_argument("--peers", action="store_true", help="not the analyzer")
    one.add_argument("--seconds", type=float, default=5.0, help="of sending in each run")
    one.add_argument("--steps", type=int, default=7, help="of bisecting")
    one.add_argument("--repeat", type=int, default=3)
    one.add_argument("--senders", type=int, default=2, help="so many processors send")
    one.add_argument("--verbose", action="store_true", help="say what every run gave")
    one = what.add_parser("soak", help="memory and counters under many connections")
    one.add_argument("--minutes", type=float, default=20.0)
    one.add_argument("--memory", default="256MiB")
    one.add_argument("--backend", default="auto")
    one.add_argument("--connections", type=int, default=64, help="at the same time")
    one.add_argument("--rate", type=int, default=3000, help="of connections a second, at most")
    one.add_argument("--queries", type=int, default=300, help="of DNS a second")
    one.add_argument("--raw", type=Path, metavar="FILE", help="keep the samples, as ndjson")
    one = what.add_parser("faults", help="what may go wrong")
    one.add_argument("--cases", default=",".join(faults.CASES))
    one.add_argument("--backends", default="af_packet")
    return parser.parse_args()


def run(options: argparse.Namespace) -> int:
    """What is asked for."""
    if options.what == "same":
        return same.same(options.out.resolve(), options.backends.split(","))
    if options.what == "load":
        return load.load(options)
    if options.what == "soak":
        return soak.soak(options)
    return faults.faults(options.cases.split(","), options.backends.split(","))


def _end(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def main() -> int:
    """Run what is asked for, where that can be."""
    options = parsed()
    signal.signal(signal.SIGTERM, _end)  # leaves the namespaces on the way out
    # A shell lets its background jobs ignore it, and so would the programs that are started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        check()
    except Refused as reason:
        print(f"live_lab.py: {reason}", file=sys.stderr)
        return REFUSED
    if absent := [name for name in NEEDED[options.what] if not shutil.which(name)]:
        print(f"live_lab.py {options.what} needs {', '.join(absent)}", file=sys.stderr)
        return REFUSED
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
