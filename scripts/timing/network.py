"""The laboratory's namespaces and wire with any programs in them, captured at both hosts and in the middle of the path."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab import pcapfile
from lab.plan import Plan, delays
from lab.policy import MILLISECOND, Impairment
from lab.space import ADDRESSES, check, spaces
from lab.wire import PRIORITY, Wire, priority

CLIENT, SERVER = (ADDRESSES[side][0] for side in ("client", "server"))
POINTS = ("client", "middle", "server")
QUIET = 0.4  #: seconds after the last program: what is still under way arrives
MEGABITS = 1000
SNAP = 66_000
PR_SET_PDEATHSIG = 1

fork = multiprocessing.get_context("fork")


@dataclass
class Network:
    """A running one: where programs can be started."""

    names: dict[str, str]
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def inside(self, side: str, *command: str) -> list[str]:
        """The command line that runs there."""
        return ["ip", "netns", "exec", self.names[side], *command]

    def soon(self, side: str, *command: str) -> list[str]:
        """The same, scheduled before all other work on the machine, which otherwise would be measured too."""
        return self.inside(side, "chrt", "--fifo", str(PRIORITY), *command)

    def start(self, side: str, *command: str, environment: Mapping[str, str] | None = None) -> None:
        """A server; it ends with the network."""
        quiet = subprocess.DEVNULL
        line, variables = self.soon(side, *command), {**os.environ, **(environment or {})}
        pipe = subprocess.PIPE  # some servers end with their standard input
        self.started.append(subprocess.Popen(line, stdin=pipe, stdout=quiet, stderr=quiet, cwd=self.folder, env=variables))

    def run(self, *command: str, environment: Mapping[str, str] | None = None, limit: float = 60.0, soon: bool = True) -> str:
        """A client; what it printed."""
        line = self.soon("client", *command) if soon else self.inside("client", *command)
        variables = {**os.environ, **(environment or {})}
        done = subprocess.run(line, capture_output=True, text=True, timeout=limit, cwd=self.folder, env=variables, check=False)
        return done.stdout


def _apart() -> int:
    """A processor for the wire alone, which spins while frames are due: this process and what it starts leave it."""
    own = max(os.sched_getaffinity(0))
    if os.cpu_count() != 1:
        os.sched_setaffinity(0, os.sched_getaffinity(0) - {own})
    return own


def _forward(namespace: str, plan: Plan, stop: object, log: Path, processor: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.sched_setaffinity(0, {processor})
    priority(PRIORITY)
    wire = Wire(namespace, plan, plan.policy())
    armed = fork.Value("b", 1, lock=False)
    seen = wire.run(armed, stop)  # type: ignore[arg-type]
    middle = sorted((crossing.enters, crossing.frame) for crossing in seen.crossings)
    pcapfile.write(log, middle)


@contextlib.contextmanager
def network(folder: Path, name: str, rtt: float, loss: float = 0.0, seed: int = 1) -> Iterator[Network]:
    """`rtt` in ms; when it ends, NAME.client.pcap, NAME.middle.pcap (TCP alone) and NAME.server.pcap are there."""
    check()
    impairment = Impairment(loss=loss, ack_loss=loss)
    impairments = dict.fromkeys(("client", "server"), impairment)
    one_way = delays(int(rtt * MILLISECOND / 2))
    plan = Plan(name, "", seed, delays=one_way, megabits=MEGABITS, impairments=impairments)
    with contextlib.ExitStack() as ending:
        names = ending.enter_context(spaces(f"t{os.getpid()}"))
        resolver = Path("/etc/netns") / names["client"]
        resolver.mkdir(parents=True)
        ending.callback(shutil.rmtree, resolver, ignore_errors=True)
        (resolver / "resolv.conf").write_text(f"nameserver {SERVER}\n")
        stop = fork.Value("b", 0, lock=False)
        ending.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
        arguments = (names["wire"], plan, stop, folder / f"{name}.middle.pcap", _apart())
        wire = fork.Process(target=_forward, args=arguments, daemon=True)
        wire.start()
        ending.callback(wire.join, 5)
        ending.callback(setattr, stop, "value", 1)
        running = Network(names, folder)
        ending.callback(_end, running.started)
        dumps = [_dump(running, side, folder / f"{name}.{side}.pcap") for side in ("client", "server")]
        yield running
        time.sleep(QUIET + rtt / 1000)
        for dump in dumps:
            dump.send_signal(signal.SIGINT)
        for dump in dumps:
            dump.communicate()


def _dump(running: Network, side: str, target: Path) -> subprocess.Popen[bytes]:
    options = ["-i", "eth0", "-s", str(SNAP), "-B", "65536", "-Z", "root", "-U", "--immediate-mode"]
    command = running.inside(side, "tcpdump", *options, "--time-stamp-precision=nano", "-w", str(target), "tcp or udp")
    dump = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    running.started.append(dump)
    handle, text, until = dump.stderr, b"", time.monotonic() + 5
    assert handle is not None
    while b"listening on" not in text and time.monotonic() < until and dump.poll() is None:
        if select.select([handle], [], [], 0.1)[0]:
            text += os.read(handle.fileno(), 4096)
    return dump


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(started):
        if process.poll() is None:
            process.terminate()
        process.wait()
