"""Rows of a live run are byte for byte those of the commands on the file that it wrote; tshark sees the same packets."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

SERVER = "10.99.0.2"
SERVE = """
import http.server, threading
class Quick(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = bytes(100000)
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("10.99.0.2", 8080), Quick)
print("ready", flush=True)
server.serve_forever()
"""
ASK = """
import http.client, socket
talk = http.client.HTTPConnection("10.99.0.2", 8080)
for name in ("/a", "/b"):
    talk.request("GET", name); talk.getresponse().read()
talk.close()
try: socket.create_connection(("10.99.0.2", 9))
except OSError: pass
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"nobody listens", ("10.99.0.2", 4000))
"""


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program, ended at the end of the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate()


@pytest.mark.parametrize("backend", ["af_packet", "dumpcap", "tcpdump", "scapy"])
def test_same(laboratory: SimpleNamespace, tmp_path: Path, backend: str) -> None:
    """A talk of two requests, a port that is refused, a datagram that nobody wants."""
    if backend in ("dumpcap", "tcpdump") and not shutil.which(backend):
        pytest.skip(f"{backend} is not installed")
    out, reference = tmp_path / "out.pcapng", tmp_path / "ref.pcapng"
    compare, run = laboratory.compare, laboratory.running
    with laboratory.pair.pair(f"t{abs(hash(str(tmp_path))) % 10**8}", quiet=False) as both:
        serve = running(both.inside("far", sys.executable, "-c", SERVE))
        tshark = running(both.inside("near", "tshark", "-n", "-Q", "-i", "eth0", "-w", str(reference)))
        with serve as server, tshark as other:
            assert server.stdout is not None
            server.stdout.readline()
            assert run.until(lambda: run.listening(other.pid))
            live = run.Live(tmp_path, ["-i", "eth0", "-w", str(out), "--backend", backend], both.inside("near"))
            assert live.began(), live.text
            for _ in range(2):
                subprocess.run(both.inside("near", sys.executable, "-c", ASK), check=True)
            assert live.has("statistics", lambda event: laboratory.scene.packets(event) > 20), live.text
            status = live.stop()
    assert (status, live.traced) == (0, False), live.text
    for one in compare.rows(live.out, out):
        assert one.equal, f"{one.what}: live only {one.live_only[:3]}, file only {one.other_only[:3]}"
    ours, theirs, _ = compare.together(compare.frames(out), compare.frames(reference))
    frames = compare.same_frames(ours, theirs)
    swapped = [text for text in frames.live_only if text.startswith(compare.SWAPPED)]  # between two sockets, by other processors
    assert frames.live_only == swapped and not frames.other_only
    assert frames.rows > 20
