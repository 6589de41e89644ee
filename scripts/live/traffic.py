"""What is sent under load: captures of a fixed size, each made once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from large.frames import ETHERNET, IP, RECORD, big, lower_headers, write

UDP, HEADER = 17, 8
FLOWS = 4000
ROUNDS = 25  #: frames of each flow in the file
LARGE = Path(__file__).resolve().parents[1] / "large_capture.py"
#: kind -> what it is, and how many bytes a frame has on average
KINDS = {
    "udp64": "UDP, 64 bytes, 4,000 flows",
    "tcp": "TCP, 66 to 100 bytes, 300 connections",
    "udp1514": "UDP, 1,514 bytes, 4,000 flows",
    "bulk": "TCP, two of 1,514 bytes and an ACK of 66, 8 connections",
}
LARGE_KINDS = {"tcp": ("small", 500_000), "bulk": ("bulk", 300_000)}  #: of scripts/large_capture.py


def make(kind: str, folder: Path) -> Path:
    """The capture, unless the folder has it."""
    path = folder / f"{kind}.pcap"
    if path.exists():
        return path
    if kind in LARGE_KINDS:
        name, packets = LARGE_KINDS[kind]
        subprocess.run([sys.executable, str(LARGE), name, str(packets), str(path)], check=True)
        return path
    body = int(kind.removeprefix("udp")) - ETHERNET - IP - HEADER
    with path.open("wb") as target:
        write(target, lambda low, high: _headers(low, high, body), np.full(FLOWS * ROUNDS, body, np.int64))
    return path


def _headers(low: int, high: int, body: int) -> np.ndarray:
    number = np.arange(low, high, dtype=np.int64)
    flow, udp = number % FLOWS, RECORD + ETHERNET + IP
    out = np.zeros((len(number), udp + HEADER), np.uint8)
    size = np.full_like(number, body + HEADER)
    hosts = 0x0A000000 + 1 + flow // 1000, np.full_like(number, 0x0AFF0001)
    lower_headers(out, low, UDP, number, size, np.zeros(len(number), bool), hosts)
    out[:, udp : udp + 2], out[:, udp + 2 : udp + 4] = big(10_000 + flow, 2), big(np.full_like(number, 5001), 2)
    out[:, udp + 4 : udp + 6] = big(size, 2)
    return out
