#!/usr/bin/env python3
"""Measure journeys: real programs over a wire of known length, compared with what curl and key logs say.

    sudo python scripts/timing_lab.py curl OUT         curl's own times against the phases of its journeys
    sudo python scripts/timing_lab.py first-byte OUT   first bytes without keys against those that the keys show

Captures and what the programs said go to OUT, and the comparison is printed; --again compares what is there already and runs
nothing. Needs root, network namespaces, `ip`, `tcpdump`, curl, nginx, dnsmasq, openssl and the Python module cryptography.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lab.space import Refused, check
from timing import curl_times, first_byte

REFUSED = 2
NEEDED = ("curl", "nginx", "dnsmasq", "openssl")


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("curl", "first-byte"))
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for captures")
    parser.add_argument("--again", action="store_true", help="compare what is there")
    parser.add_argument("--rtt", type=float, nargs="+", metavar="MS", help="round trip times")
    parser.add_argument("--loss", type=float, nargs="+", default=None, metavar="SHARE", help="of the frames, 0 to 1")
    parser.add_argument("--errors", type=Path, metavar="FILE", help="write what differs into this file")
    options = parser.parse_args()
    options.out = options.out.resolve()
    if not options.again:
        try:
            check()
        except Refused as reason:
            print(f"timing_lab.py: {reason}", file=sys.stderr)
            return REFUSED
        if absent := [name for name in NEEDED if not shutil.which(name)]:
            print(f"timing_lab.py needs {', '.join(absent)}", file=sys.stderr)
            return REFUSED
    lab = curl_times if options.what == "curl" else first_byte
    prefix = "curl_" if options.what == "curl" else "first_byte_"
    if not options.again:
        for rtt in options.rtt or lab.ROUND_TRIPS:
            for loss in options.loss if options.loss is not None else lab.LOSSES:
                print(f"recorded {lab.record(options.out, rtt, loss)}", flush=True)
    names = sorted(place.name for place in options.out.glob(f"{prefix}*") if place.is_dir())
    lab.report(options.out, names, options.errors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
