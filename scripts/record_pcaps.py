#!/usr/bin/env python3
"""Record pcaps/recorded: real programs in two network namespaces, with a user-space wire between them that loses and delays.
Record pcaps/ledger: scenarios of scripts/lab.py, each at one of its capture points.

    sudo python scripts/record_pcaps.py [NAME ... | ledger/NAME ...]

Needs root, `ip`, `tcpdump`, `curl`, `dnsmasq` and `openssl`, and what single recordings need beside (unbound, nginx, the
Python modules cryptography and websockets): those that lack something are left out and named. The wire is a program (not
tc netem, which many kernels lack): it copies frames between two veth devices in a third namespace. Captured on the
client's side, in nanoseconds. Keys and certificates are made for each recording and not kept.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import heapq
import importlib.util
import itertools
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from captures import ledger
from captures.recorded import RECORDINGS
from captures.recording import CLIENT, SERVER, Recording
from lab.run import PORT
from lab.run import run as run_lab
from lab.scenarios import SCENARIOS
from lab.space import spaces

PCAPS = Path(__file__).resolve().parent.parent / "pcaps" / "recorded"
LEDGER = PCAPS.parent / "ledger"
SPACES = {"client": f"pcaps-c{os.getpid()}", "server": f"pcaps-s{os.getpid()}", "wire": f"pcaps-w{os.getpid()}"}
NEEDED = ("ip", "tcpdump", "curl", "dnsmasq", "openssl")
SEED = 7
FILE_SIZES = {"file": 400_000, "small": 1000}

SIOCETHTOOL = 0x8946
ETHTOOL_OFF = (0x17, 0x1F, 0x21, 0x25, 0x2C)  #: set checksum, TSO, UFO, GSO, GRO: frames as they are on a real wire
ETH_P_ALL = 3
TCP, SYN, ACK = 6, 0x02, 0x10


def run(*command: str) -> None:
    """Run, fail loudly."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def inside(space: str, *command: str) -> list[str]:
    """The command line that runs in a namespace."""
    return ["ip", "netns", "exec", SPACES[space], *command]


def offload_off(device: str) -> None:
    """Switch every offload of a device off; what it does not have is not an error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for command in ETHTOOL_OFF:
            value = bytearray(struct.pack("II", command, 0))
            with contextlib.suppress(OSError):
                pointer = struct.pack("P", ctypes.addressof(ctypes.c_char.from_buffer(value)))
                fcntl.ioctl(handle, SIOCETHTOOL, device.encode().ljust(16, b"\0") + pointer + bytes(16))


@contextlib.contextmanager
def namespaces() -> Iterator[None]:
    """Client - wire - server, and a resolver configuration for the client."""
    resolver = Path("/etc/netns") / SPACES["client"]
    try:
        for name in SPACES.values():
            run("ip", "netns", "add", name)
        for side, address in (("client", CLIENT), ("server", SERVER)):
            run("ip", "link", "add", "eth0", "netns", SPACES[side], "type", "veth", "peer", "name", side, "netns", SPACES["wire"])
            run(*inside(side, "ip", "address", "add", f"{address}/24", "dev", "eth0"))
            for space, device in ((side, "eth0"), ("wire", side)):
                run(*inside(space, "sysctl", "-q", f"net.ipv6.conf.{device}.disable_ipv6=1"))
                run(*inside(space, sys.executable, __file__, "--offload-off", device))
                run(*inside(space, "ip", "link", "set", device, "up"))
            run(*inside(side, "ip", "link", "set", "lo", "up"))
        resolver.mkdir(parents=True)
        (resolver / "resolv.conf").write_text(f"nameserver {SERVER}\n")
        yield
    finally:
        shutil.rmtree(resolver, ignore_errors=True)
        for name in SPACES.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


def wire(recording: Recording) -> None:
    """Copy frames between the two sides until killed; lose and delay as the recording says."""
    ends = {}
    for name in ("client", "server"):
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        end.bind((name, ETH_P_ALL))
        ends[name] = end
    chance = random.Random(SEED)
    order = itertools.count()
    waiting: list[tuple[float, int, str, bytes]] = []
    syns = 0
    with_data = 0
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select(list(ends.values()), [], [], pause)
        for name, end in ends.items():
            if end not in ready:
                continue
            frame, source = end.recvfrom(65536)
            if source[2] == socket.PACKET_OUTGOING:
                continue
            segment = frame[14:16] == b"\x45\x00" and frame[23] == TCP
            if segment and frame[47] & (SYN | ACK) == SYN:
                syns += 1
                if recording.spared_syns < syns <= recording.spared_syns + recording.lost_syns:
                    continue
            if segment and len(frame) > recording.spared:
                with_data += 1
                if with_data in recording.lost or chance.random() < recording.loss:
                    continue
            other = "server" if name == "client" else "client"
            heapq.heappush(waiting, (time.monotonic() + recording.delay, next(order), other, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            ends[target].send(frame)


def record(recording: Recording) -> Path:
    """One recording: wire, capture, servers, then the client."""
    target = PCAPS / f"{recording.name}.pcap"
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str, where: str | None = None) -> None:
        quiet = subprocess.DEVNULL
        # Standard input stays open: some servers end with it.
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, cwd=where))

    with tempfile.TemporaryDirectory() as folder, namespaces():
        for name, size in FILE_SIZES.items():
            (Path(folder) / name).write_bytes(bytes(n % 251 for n in range(size)))
        for name, text in recording.files.items():
            (Path(folder) / name).write_text(text)
        for command in recording.before:
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            start(*inside("wire", sys.executable, __file__, "--wire", recording.name))
            for server in recording.servers:
                start(*inside("server", *server), where=folder)
            time.sleep(1)
            # Neighbours first: the captures are about what comes after ARP.
            subprocess.run(inside("client", "ping", "-c", "1", SERVER), check=False, stdout=subprocess.DEVNULL)
            dump = ["tcpdump", "-i", "eth0", "-w", str(target), "-s", str(recording.snap), "-U", "--immediate-mode", "-Z", "root"]
            start(*inside("client", *dump, "--time-stamp-precision=nano", "tcp or udp"))
            time.sleep(1)
            subprocess.run(inside("client", *recording.client), check=False, timeout=60, cwd=folder)
            time.sleep(0.5)
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()
    target.chmod(0o644)
    return target


def record_ledger(recordings: list[ledger.LabRecording]) -> Iterator[Path]:
    """Scenarios of the lab; one that is seen at several points is run once."""
    plans = {plan.name: (plan, policy) for plan, policy in SCENARIOS}
    for scenario in dict.fromkeys(one.scenario for one in recordings):
        plan, policy = plans[scenario]
        with tempfile.TemporaryDirectory() as folder:
            with spaces(f"{os.getpid()}") as names:
                run_lab(plan, policy(), names, PORT, Path(folder))
            for one in recordings:
                if one.scenario == scenario:
                    path = LEDGER / f"{one.name}.pcap"
                    shutil.copyfile(Path(folder) / f"{scenario}.{one.point}.pcap", path)
                    yield path


def missing(recording: Recording) -> list[str]:
    """What this machine lacks for a recording."""
    programs = [name for name in recording.needs if not shutil.which(name)]
    return programs + [name for name in recording.modules if importlib.util.find_spec(name) is None]


def main() -> int:
    """Record what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="recordings: " + " ".join(r.name for r in RECORDINGS))
    parser.add_argument("--wire", help=argparse.SUPPRESS)
    parser.add_argument("--offload-off", help=argparse.SUPPRESS)
    options = parser.parse_args()
    by_name = {r.name: r for r in RECORDINGS}
    of_lab = {f"ledger/{one.name}": one for one in ledger.RECORDINGS}
    if options.offload_off:
        offload_off(options.offload_off)
        return 0
    if options.wire:
        wire(by_name[options.wire])
    if unknown := set(options.names) - set(by_name) - set(of_lab):
        parser.error(f"no such recording: {' '.join(sorted(unknown))} (there are: {' '.join([*by_name, *of_lab])})")
    if os.geteuid() != 0:
        sys.exit("record_pcaps.py makes network namespaces: run it as root.")
    if absent := [program for program in NEEDED if not shutil.which(program)]:
        sys.exit(f"record_pcaps.py needs {', '.join(absent)}.")
    if subprocess.run(["ip", "netns", "add", SPACES["wire"]], check=False).returncode:
        sys.exit("record_pcaps.py: this kernel or container allows no network namespaces.")
    run("ip", "netns", "delete", SPACES["wire"])
    PCAPS.mkdir(parents=True, exist_ok=True)
    LEDGER.mkdir(parents=True, exist_ok=True)
    status = 0
    for recording in RECORDINGS:
        if options.names and recording.name not in options.names:
            continue
        if absent := missing(recording):
            print(f"{recording.name}: not recorded, it needs {', '.join(absent)}", file=sys.stderr)
            status = 1
            continue
        path = record(recording)
        print(f"{path.name}: {path.stat().st_size} bytes", flush=True)
    for path in record_ledger([one for name, one in of_lab.items() if not options.names or name in options.names]):
        print(f"ledger/{path.name}: {path.stat().st_size} bytes", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
