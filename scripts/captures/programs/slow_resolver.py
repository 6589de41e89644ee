"""A name server that gives every name one address, and takes its time for it; no IPv6."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time

A = 1


def reply(server: socket.socket, query: bytes, peer: tuple[str, int], address: str, wait: float) -> None:
    """Sleep, then answer."""
    time.sleep(wait)
    end = query.index(b"\0", 12) + 5
    (kind,) = struct.unpack_from(">H", query, end - 4)
    known = kind == A
    head = query[:2] + b"\x84\x00" + struct.pack(">4H", 1, known, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 60, 4) + socket.inet_aton(address) if known else b""
    server.sendto(head + query[12:end] + record, peer)


def main() -> None:
    """Arguments: own address, port, the address to give, milliseconds."""
    own, port, address, wait = sys.argv[1:5]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((own, int(port)))
    while True:
        query, peer = server.recvfrom(1500)
        threading.Thread(target=reply, args=(server, query, peer, address, int(wait) / 1000), daemon=True).start()


main()
