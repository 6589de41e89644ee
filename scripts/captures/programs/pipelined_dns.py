"""Send five queries over one TCP connection (RFC 7766), the first three at once and one cut in the middle; read the answers.

python pipelined_dns.py ADDRESS ZONE
"""

from __future__ import annotations

import socket
import struct
import sys
import time

A, MX, AAAA, TXT, NS = 1, 15, 28, 16, 2


def query(number: int, name: str, kind: int) -> bytes:
    """A message behind its length."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)
    return struct.pack(">H", len(message)) + message


def main() -> None:
    """Ask and read until nothing more comes."""
    address, zone = sys.argv[1:]
    with socket.create_connection((address, 53)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.sendall(query(1, f"www.{zone}", A) + query(2, zone, MX) + query(3, f"www.{zone}", AAAA))
        fourth = query(4, zone, TXT)
        for piece in (fourth[:1], fourth[1:9], fourth[9:] + query(5, zone, NS)):
            time.sleep(0.05)
            peer.sendall(piece)
        peer.settimeout(1)
        try:
            while peer.recv(65536):
                pass
        except TimeoutError:
            pass


if __name__ == "__main__":
    main()
