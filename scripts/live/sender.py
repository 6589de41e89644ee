#!/usr/bin/env python3
"""Send the frames of a pcap file into an interface, again and again, at a steady rate, and say how many went out.

    python sender.py INTERFACE FILE RATE SECONDS PART PARTS    RATE in frames a second, 0 = as fast as it goes

Of PARTS senders each takes the connections of its own PART. It prints "ready", begins when it reads a line, and prints one JSON
object. The frames stay where the file was read to; sendmmsg(2) takes BURST of them at once, and PACKET_QDISC_BYPASS (packet(7))
hands them to the driver without a queue, so that a frame counts as sent only if the interface took it.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import socket
import struct
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BURST = 64  #: frames of one call; more are faster by 8 % only, and fill a receiver's buffer at one stroke
HEADER, RECORD = 24, 16  #: bytes of the pcap file's header and of each record's
PORTS = 34  #: where both ports are in a frame of Ethernet and IPv4
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20
MESSAGE, VECTOR = 64, 16  #: bytes of struct mmsghdr and of struct iovec
BUSY = (11, 105)  #: EAGAIN, ENOBUFS: the interface is full


def frames(data: mmap.mmap, part: int, parts: int) -> NDArray[np.uint64]:
    """Place and length of each frame of a part. Both ways of a connection have the same ports, so the same sum of them."""
    found, at, size = [], HEADER, len(data)
    while at + RECORD <= size:
        (captured,) = struct.unpack_from("<I", data, at + 8)
        at += RECORD
        if sum(struct.unpack_from("!HH", data, at + PORTS)) % parts == part:
            found.append((at, captured))
        at += captured
    return np.array(found, np.uint64)


def send(interface: str, path: Path, rate: float, seconds: float, part: int, parts: int) -> dict[str, float]:
    """Send for so long; at a rate, what belongs to that time, even if it takes up to twice as long."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    vectors = frames(data, part, parts)
    vectors[:, 0] += np.uint64(ctypes.addressof(ctypes.c_char.from_buffer(data)))
    count = len(vectors)
    messages = np.zeros((count, MESSAGE // 8), np.uint64)
    messages[:, 2] = vectors.ctypes.data + VECTOR * np.arange(count, dtype=np.uint64)
    messages[:, 3] = 1
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.bind((interface, 0))
    out.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    call = ctypes.CDLL(None, use_errno=True).sendmmsg
    call.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    handle, base, sent, busy, at = out.fileno(), messages.ctypes.data, 0, 0, 0
    print("ready", flush=True)
    sys.stdin.readline()
    clock = time.perf_counter
    begin = clock()
    limit = int(rate * seconds) if rate else sys.maxsize
    until = begin + seconds * (2 if rate else 1)
    while sent < limit and (now := clock()) < until:
        if rate and sent > (now - begin) * rate:
            continue
        done = call(handle, base + MESSAGE * at, min(BURST, count - at, limit - sent), 0)
        if done < 0:
            if ctypes.get_errno() not in BUSY:
                raise OSError(ctypes.get_errno(), f"cannot send into {interface}")
            busy += 1
            continue
        sent += done
        at = (at + done) % count
    return {"sent": sent, "seconds": clock() - begin, "busy": busy}


if __name__ == "__main__":
    name, file, speed, time_s, mine, all_ = sys.argv[1:]
    print(json.dumps(send(name, Path(file), float(speed), float(time_s), int(mine), int(all_))))
