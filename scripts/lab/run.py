"""One run: start the wire, the counters, the captures and the programs, and write what happened."""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing
import os
import pickle
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import counters, https, programs
from .plan import Plan
from .policy import Policy
from .space import ADDRESSES, call_in, set_offload, tune, use_congestion_control
from .truth import name, truth
from .wire import PRIORITY, Log, Wire, priority

LIMIT = 40.0  #: seconds for a program; a run that takes longer ends here, as a capture that someone stopped
QUIET = 0.3  #: seconds after the programs' end: what is still under way arrives
PORT = 5000
POLLER_PRIORITY = 25
PR_SET_PDEATHSIG = 1
SNAP, BUFFER = 66_000, 65_536  #: a whole superframe; KiB: each frame takes a slot of the snap length while it waits

fork = multiprocessing.get_context("fork")


def run(plan: Plan, policy: Policy, names: dict[str, str], port: int, out: Path) -> dict[str, Any]:
    """Run a plan in these namespaces; captures and truth go into `out`."""
    _set_up(plan, names)
    armed, stop, stop_poll, ready = (fork.Value("b", 0, lock=False) for _ in range(4))
    with tempfile.TemporaryDirectory(prefix="lab-") as scratch, contextlib.ExitStack() as running:
        folder = Path(scratch)
        if plan.program == "https":
            https.start(names["server"], ADDRESSES["server"][plan.ipv6], port, plan.arguments["sizes"], folder)
            running.callback(https.stop, folder)
        wire = _start(_wire, names["wire"], plan, policy, armed, stop, folder)
        poller = _start(_poll, names, stop_poll, folder)
        with _captures(plan, names, out):
            server = None
            if plan.program != "https":
                server = _start(programs.serve, names["server"], plan.ipv6, port, plan.program, plan.arguments, folder, ready)
                while not ready.value and server.is_alive():
                    time.sleep(0.002)
            _wait_for(folder / "wire.ready", folder / "poll.ready")
            client = _start(programs.ask, names["client"], plan.ipv6, port, plan.program, plan.arguments, folder, armed)
            late = _finish(client, LIMIT) or (server is not None and _finish(server, 5.0))
            time.sleep(QUIET + sum(sum(pair) for pair in plan.delays.values()) / 1e9)
        stop_poll.value = stop.value = 1
        _finish(wire, 5.0)
        _finish(poller, 5.0)
        log: Log = pickle.loads((folder / "wire.log").read_bytes())
        readings, gained, pause = pickle.loads((folder / "poll.log").read_bytes())
        reads = [json.loads(path.read_text()) for path in sorted(folder.glob("reads.*.json"))]
    row = truth(plan, log, readings, gained, reads, out)
    lateness = sorted(log.lateness) or [0]
    row["wire_lateness_ns"] = {share: lateness[int(len(lateness) * int(share) / 100)] for share in ("50", "99")} | {
        "100": lateness[-1]
    }
    row["counters_longest_pause_ns"] = pause
    row["stopped"] = late
    (out / f"{plan.name}.json").write_text(json.dumps(row))
    return row


def _set_up(plan: Plan, names: dict[str, str]) -> None:
    for side in ("client", "server"):
        tune(names[side], f"net.ipv4.tcp_sack={int(plan.sack)}", f"net.ipv4.tcp_timestamps={int(plan.timestamps)}")
        use_congestion_control(names[side], plan.congestion)
        call_in(names[side], set_offload, "eth0", plan.offload)


def _start(action: Callable[..., None], *arguments: Any) -> Any:
    process = fork.Process(target=_bound, args=(os.getpid(), action, *arguments), daemon=True)
    process.start()
    return process


def _bound(parent: int, action: Callable[..., None], *arguments: Any) -> None:
    """A process that ends with its parent, however that ends (prctl(2)): these run in real time."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        action(*arguments)


def _finish(process: Any, limit: float) -> bool:
    """Wait for it; whether it had to be ended."""
    process.join(limit)
    late: bool = process.is_alive()
    if late:
        process.terminate()
        process.join()
    return late


def _wait_for(*paths: Path) -> None:
    until = time.monotonic() + 5
    while time.monotonic() < until and not all(path.exists() for path in paths):
        time.sleep(0.002)


def _wire(namespace: str, plan: Plan, policy: Policy, armed: counters.Flag, stop: counters.Flag, folder: Path) -> None:
    priority(PRIORITY)
    wire = Wire(namespace, plan, policy)
    (folder / "wire.ready").touch()
    log = wire.run(armed, stop)
    (folder / "wire.log").write_bytes(pickle.dumps(log))


def _poll(names: dict[str, str], stop: counters.Flag, folder: Path) -> None:
    priority(POLLER_PRIORITY)
    found = counters.poll(names, stop, folder / "poll.ready")
    (folder / "poll.log").write_bytes(pickle.dumps(found))


@contextlib.contextmanager
def _captures(plan: Plan, names: dict[str, str], out: Path) -> Iterator[None]:
    dumps = []
    try:
        for side in ("client", "server"):
            options = ["-i", "eth0", "-s", str(SNAP), "-B", str(BUFFER), "-Z", "root", "-U", "--immediate-mode"]
            target = ["--time-stamp-precision=nano", "-w", str(out / name(plan, side)), "tcp"]
            command = ["ip", "netns", "exec", names[side], "tcpdump", *options, *target]
            dumps.append(subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL))
        for dump in dumps:
            _listening(dump)
        yield
    finally:
        for dump in dumps:
            dump.send_signal(signal.SIGINT)
        for dump in dumps:
            dump.communicate()


def _listening(dump: subprocess.Popen[bytes]) -> None:
    """tcpdump says so when it has opened its socket."""
    handle = dump.stderr
    assert handle is not None
    text, until = b"", time.monotonic() + 5
    while b"listening on" not in text and time.monotonic() < until and dump.poll() is None:
        if select.select([handle], [], [], 0.1)[0]:
            text += os.read(handle.fileno(), 4096)
