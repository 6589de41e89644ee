"""Many new connections a second for a long time: does the memory stay, and are the counters right?

wrk asks nginx without keep-alive, so every request is a connection; dnsperf asks dnsmasq; a small sender adds connections that
are never closed, or answered by resets. The kernel's own counters of the interface and nginx's stub_status are the truth.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lab.space import ADDRESSES, tune

from .load import catch_up
from .pair import DEVICE, Pair, pair
from .running import Live, until
from .scene import packets

NEAR, FAR = ADDRESSES["client"][0], ADDRESSES["server"][0]
NEEDED = ("nginx", "wrk", "dnsmasq", "dnsperf")
EVERY_S = 5.0
PARTS = ("VmRSS", "RssAnon", "RssFile", "RssShmem")
EVENT, FIRST = re.compile(rb'"event":\s*"(\w+)"'), re.compile(rb'"revision":\s*1\b')
SLACK = 20  #: packets of the first and last moment, ARP among them
MOST_SHOWN = 1500  #: characters
FLAT = 0.05  #: the resident memory may grow by so much of itself over the last three quarters
CONFIGURATION = """
daemon off; worker_processes 1; pid nginx.pid; error_log stderr; user root;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_timeout 0;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{ listen {address}:80 backlog=4096; location / {{ return 200 "hello\\n"; }} location /status {{ stub_status; }} }}
}}
"""
CLOSING = """
request = function() return wrk.format("GET", "/", {{["Connection"] = "close"}}) end
delay = function() return {pause:.0f} end
"""
#: SYNs to ports where nobody listens, and connections that are left open: what never ends, or never begins
ODD = f"""
import itertools, socket, time
kept = []
for number in itertools.count():
    one = socket.socket()
    one.setblocking(False)
    try:
        one.connect(({FAR!r}, 80 if number % 4 == 0 else 9))
    except OSError:
        pass
    kept.append(one)
    if len(kept) > 500:
        kept.pop(0).close()
    time.sleep(0.01)
"""


@dataclass(frozen=True)
class Sample:
    """The memory of one moment, in KiB."""

    seconds: float
    memory: dict[str, int]
    counted: dict[str, Any]


def memory(process: int) -> dict[str, int]:
    """Of a process, in KiB (proc(5), status)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: int(found[name].split()[0]) for name in PARTS if name in found}


def accepted(both: Pair) -> int:
    """Connections that nginx has accepted, this one among them."""
    words = [
        sys.executable,
        "-c",
        f"import urllib.request; print(urllib.request.urlopen('http://{FAR}/status', timeout=10).read().decode())",
    ]
    text = subprocess.run(both.inside("far", *words), capture_output=True, text=True, check=True).stdout
    return int(text.split("\n")[2].split()[0])


def counters(event: dict[str, Any]) -> dict[str, Any]:
    """Those of a statistics or summary event."""
    found = event.get("counters")
    return found if isinstance(found, dict) else event


@contextlib.contextmanager
def programs(
    both: Pair, folder: Path, connections: int, rate: int
) -> Iterator[Callable[[str, list[str]], subprocess.Popen[bytes]]]:
    """nginx and dnsmasq serve; what is yielded starts a program at a side."""
    (folder / "nginx.conf").write_text(CONFIGURATION.format(address=FAR))
    (folder / "close.lua").write_text(CLOSING.format(pause=1000 * connections / rate))
    (folder / "names").write_text("".join(f"host{number}.example A\n" for number in range(1000)))
    started: list[subprocess.Popen[bytes]] = []

    def start(side: str, command: list[str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        started.append(subprocess.Popen(both.inside(side, *command), cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet))
        return started[-1]

    local = [
        "--no-daemon",
        "--no-resolv",
        "--no-hosts",
        f"--listen-address={FAR}",
        "--bind-interfaces",
        f"--address=/example/{FAR}",
    ]
    try:
        start("far", ["nginx", "-p", "./", "-e", "stderr", "-c", "nginx.conf"])
        start("far", ["dnsmasq", *local])
        ask = both.inside("near", "curl", "-s", "-o", str(folder / "hello"), f"http://{FAR}/")
        until(lambda: subprocess.run(ask, capture_output=True, check=False).returncode == 0)
        yield start
    finally:
        for one in reversed(started):
            one.terminate()
        for one in started:
            one.wait()


def clients(connections: int, queries: int, seconds: float) -> list[list[str]]:
    """What they run, for so long."""
    return [
        ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds:.0f}s", "-s", "close.lua", f"http://{FAR}/"],
        ["dnsperf", "-c", "20", "-s", FAR, "-d", "names", "-l", f"{seconds:.0f}", "-Q", str(queries)],
        [sys.executable, "-c", ODD],
    ]


class Tail:
    """The statistics events of a growing file, each line read once, and how many events of each kind there were."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""
        self.latest: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.first: Counter[str] = Counter()  #: rows with revision 1
        self.events: Counter[str] = Counter()
        self.withdrawn = 0

    def read(self) -> None:
        """What has come since."""
        while data := self._file.read(1 << 22):
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(line)

    def _take(self, line: bytes) -> None:
        head = line[:200]
        kind = (EVENT.search(head) or [b"", b""])[1].decode()
        self.events[kind] += 1
        self.first[kind] += FIRST.search(head) is not None
        self.withdrawn += b'"withdrawn":true' in head
        if kind in ("statistics", "summary"):
            row = json.loads(line)
            if kind == "summary":
                self.summary = row
            if packets(row):
                self.latest = counters(row)


def sample(live: Live, both: Pair, tail: Tail, seconds: float, raw: IO[str] | None) -> list[Sample]:
    """One sample every EVERY_S, while it lives."""
    begin, found = time.monotonic(), []
    while (passed := time.monotonic() - begin) < seconds and live.process.poll() is None:
        tail.read()
        with contextlib.suppress(OSError):
            found.append(Sample(passed, memory(live.process.pid), dict(tail.latest)))
            if raw is not None:
                row = {"seconds": round(passed, 1), **found[-1].memory, "interface_packets": seen(both), **found[-1].counted}
                raw.write(json.dumps(row) + "\n")
                raw.flush()
        time.sleep(EVERY_S)
    return found


def seen(both: Pair) -> int:
    """Packets that the interface counted, both ways."""
    return both.counter(way="rx") + both.counter(way="tx")


def slope(samples: list[Sample], part: str) -> float:
    """KiB a minute of the last three quarters."""
    late = samples[len(samples) // 4 :]
    if len(late) < 2:
        return 0.0
    return 60 * statistics.linear_regression([one.seconds for one in late], [one.memory.get(part, 0) for one in late]).slope


def soak(options: argparse.Namespace) -> int:
    """Run it and report; 0 if nothing is wrong."""
    seconds = options.minutes * 60
    with contextlib.ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        both = ending.enter_context(pair(str(os.getpid()), quiet=False))
        for name in (both.near, both.far):
            tune(name, "net.ipv4.ip_local_port_range=1024 65535", "net.ipv4.tcp_tw_reuse=1", "net.ipv4.tcp_max_syn_backlog=8192")
        start = ending.enter_context(programs(both, folder, options.connections, options.rate))
        keep = ending.enter_context(options.raw.open("w")) if options.raw else None
        served, before = accepted(both), seen(both)
        live = Live(folder, ["-i", DEVICE, "--memory", options.memory, "--backend", options.backend], both.inside("near"))
        if not live.began():
            print(f"it did not begin: {live.text}")
            return 1
        tail = Tail(live.out)
        running = [start("near", command) for command in clients(options.connections, options.queries, seconds)]
        samples = sample(live, both, tail, seconds, keep)
        for one in running:
            one.terminate()
            one.wait()
        catch_up(live.process)
        facts = {"accepted": accepted(both) - served, "interface": seen(both) - before}
        status = live.stop()
        tail.read()
        return report(live, status, samples, tail, facts)


def table(samples: list[Sample]) -> None:
    """The memory of the last three quarters."""
    late = samples[len(samples) // 4 :]
    print("| memory, MiB | first | least | most | last | a minute |\n|---|---|---|---|---|---|")
    for part in PARTS:
        values = [one.memory.get(part, 0) / 1024 for one in late]
        if values:
            shown = [values[0], min(values), max(values), values[-1]]
            print(f"| {part} | {' | '.join(f'{value:.1f}' for value in shown)} | {slope(samples, part) / 1024:+.2f} |")


def grows(samples: list[Sample]) -> bool:
    """Whether the memory that is the program's own became larger over the last three quarters."""
    late = samples[len(samples) // 4 :]
    if len(late) < 2:
        return False
    minutes = (late[-1].seconds - late[0].seconds) / 60
    return slope(samples, "RssAnon") * minutes > FLAT * statistics.mean(one.memory["RssAnon"] for one in late)


def report(live: Live, status: int, samples: list[Sample], tail: Tail, facts: dict[str, int]) -> int:
    """Print it; 1 if something is wrong."""
    table(samples)
    final = counters(tail.summary) if packets(tail.summary) else tail.latest
    dropped = sum(int(final.get(name) or 0) for name in ("dropped_kernel", "dropped_interface", "dropped_here"))
    got, tcp, less = (int(final.get(name) or 0) for name in ("packets", "tcp", "not_detailed"))
    seconds = samples[-1].seconds if samples else 1.0
    over, told, served = facts["interface"] - got - dropped, tail.first["handshake"], facts["accepted"]
    print(f"\n- {seconds / 60:.1f} minutes, {served / seconds:,.0f} connections and {got / seconds:,.0f} packets a second")
    print(f"- interface {facts['interface']:,} packets, {got:,} analyzed, {dropped:,} dropped: {over:+,}")
    print(f"- nginx accepted {served:,} connections; counted {tcp:,} TCP conversations (also those that were refused)")
    print(f"- handshakes of {told:,} connections told, {less:,} times there was no time for one")
    print(f"- flows told {tail.first['flow']:,}; {tail.withdrawn:,} rows were withdrawn; events {dict(tail.events)}")
    print(f"- counters at the end: {json.dumps(final)[:MOST_SHOWN]}")
    wrong = {
        f"status {status}: {live.text.strip()[-MOST_SHOWN:]}": status != 0 or live.traced,
        "the memory grows": grows(samples),
        "packets and drops are not what the interface counted": abs(over) > SLACK,
        "fewer TCP conversations than nginx accepted": not dropped and tcp < served,
        "handshakes told and not detailed are not the TCP conversations": not told - SLACK <= tcp <= told + less + SLACK,
    }
    print("\n" + ("\n".join(f"WRONG: {text}" for text, true in wrong.items() if true) or "Nothing is wrong."))
    return int(any(wrong.values()))
