"""Rows of a live run against rows of the file that it writes, on real traffic over a wire with a delay and losses.

nginx, dnsmasq, OpenSSL and iperf3 serve curl, dig and iperf3; some requests fail: a name that does not exist, a port where nobody
listens, a certificate that is not trusted. tshark captures beside the analyzer.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
from pathlib import Path

from timing import servers
from timing.network import SERVER, Network, network

from . import compare
from .running import Live, listening, until

DEVICE = "eth0"
ROUND_TRIP_MS, LOSS = 20.0, 0.01
SITE, API, NOWHERE, IPERF = servers.NAMES[0], servers.NAMES[2], "missing.example", "5201"
NEEDED = ("curl", "dig", "dnsmasq", "iperf3", "nginx", "openssl", "tshark")
SHOWN = 3  #: rows of a difference that are printed


def curl(running: Network, *words: str) -> None:
    """One curl, as short of time as it may be."""
    running.run("curl", "--silent", "--max-time", "20", "--cacert", "root.pem", "--output", "/dev/null", *words)


def traffic(running: Network) -> None:
    """What the clients do."""
    plain, secure = f"http://{SITE}:{servers.PLAIN}", f"https://{SITE}:{servers.NGINX}"
    curl(running, f"{plain}/5/20000")
    curl(running, f"{plain}/50/300000", "--next", "--silent", "--output", "/dev/null", f"{plain}/0/100")
    curl(running, f"{secure}/30/5000")
    curl(running, "--http2", f"https://{API}:{servers.NGINX_H2}/20/200000")
    curl(running, "--tls-max", "1.2", f"https://{SITE}:{servers.NGINX_NO_TICKETS}/0/2000")
    curl(running, f"https://{SERVER}:{servers.NGINX}/0/10")  # the certificate is for another name
    curl(running, f"https://{SITE}:{servers.OPENSSL}/")
    curl(running, f"http://{SITE}:9/")  # refused
    curl(running, f"http://{NOWHERE}/")  # no such name
    for kind in ("A", "AAAA", "HTTPS"):
        running.run("dig", "+tries=2", "+time=1", f"@{SERVER}", SITE, kind)
    running.run("dig", "+tries=1", "+time=1", f"@{SERVER}", NOWHERE)
    running.run("dig", "+tcp", "+tries=1", "+time=2", f"@{SERVER}", API)
    running.run("iperf3", "-c", SERVER, "-n", "3M", "-b", "30M")
    running.run("iperf3", "-c", SERVER, "-n", "1M", "-b", "20M", "-R")
    running.run("iperf3", "-c", SERVER, "-u", "-n", "300K", "-b", "5M")


def packets(running: Network) -> int:
    """What the client's interface has counted."""
    shown = subprocess.run(
        ["ip", "-n", running.names["client"], "-s", "-j", "link", "show", "dev", DEVICE], capture_output=True, check=True
    )
    counters = json.loads(shown.stdout)[0]["stats64"]
    return int(counters["rx"]["packets"]) + int(counters["tx"]["packets"])


def quiet(running: Network) -> None:
    """Wait until nothing comes any more."""
    seen = [-1]

    def settled() -> bool:
        before, seen[0] = seen[0], packets(running)
        return seen[0] == before

    with contextlib.suppress(subprocess.CalledProcessError):
        while not settled():
            subprocess.run(["sleep", "0.5"], check=True)


def record(folder: Path, backend: str) -> tuple[Live, int]:
    """One run: its files are in the folder; the exit status of the analyzer."""
    with network(folder, backend, ROUND_TRIP_MS, LOSS) as running:
        servers.start(running)
        running.start("server", "iperf3", "-s", "-B", SERVER, "-p", IPERF)
        until(
            lambda: (
                "200" in running.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{SITE}:{servers.PLAIN}/0/1")
            ),
            20,
        )
        own = ["-i", DEVICE, "-w", str(folder / "out.pcapng"), "--backend", backend]
        live = Live(folder, own, running.inside("client"))
        reference = ["tshark", "-n", "-Q", "-i", DEVICE, "-w", str(folder / "ref.pcapng")]
        tshark = subprocess.Popen(running.inside("client", *reference), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if live.began():
                until(lambda: listening(tshark.pid, 3))  # tcpdump of the network, ours, tshark's
                traffic(running)
                quiet(running)
                until(lambda: (folder / "ref.pcapng").exists())
            status = live.stop()
        finally:
            tshark.send_signal(signal.SIGINT)
            tshark.wait()
            if live.process.poll() is None:
                live.process.kill()
    return live, status


def report(folder: Path, backend: str, live: Live, status: int) -> bool:
    """Print the comparison; whether all is equal."""
    capture = folder / "out.pcapng"
    if not capture.exists():
        print(f"| {backend} | no file was written (status {status}): {live.text.strip()} |", flush=True)
        return False
    ours, theirs, ends = compare.together(compare.frames(capture), compare.frames(folder / "ref.pcapng"))
    found = [*compare.rows(live.out, capture), compare.same_frames(ours, theirs)]
    cells = [f"{one.rows}" if one.equal else f"{one.rows}: +{len(one.live_only)} -{len(one.other_only)}" for one in found]
    print("| " + " | ".join([backend, str(status), *cells, ends or "nowhere"]) + " |", flush=True)
    for one in found:
        for sign, only in (("live", one.live_only), ("file", one.other_only)):
            for text in only[:SHOWN]:
                print(f"  {one.what}, {sign} only: {text[:600]}", flush=True)
    if live.traced:
        print(f"  {backend}: a traceback\n{live.text}", flush=True)
    return all(one.equal for one in found) and not live.traced


def same(folder: Path, backends: list[str]) -> int:
    """Each backend in turn; 0 if nothing differs."""
    print("| backend | status | flows | handshakes | journeys | stalls | findings | frames | ends that differ |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    good = True
    for backend in backends:
        place = folder / backend
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        live, status = record(place, backend)
        good &= report(place, backend, live, status)
    return 0 if good else 1
