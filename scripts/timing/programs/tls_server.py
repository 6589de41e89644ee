"""An HTTP server over TLS that thinks before it answers: GET /MILLISECONDS/BYTES[/RECORD]; its last argument is how many tickets.

RECORD is how much of the answer it puts into one record: some servers make them as large as a segment (Go), or as their buffer.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
import time


def serve(raw: socket.socket, context: ssl.SSLContext) -> None:
    """One connection."""
    with contextlib.suppress(OSError, ValueError), context.wrap_socket(raw, server_side=True) as peer:
        waiting = b""
        while data := peer.recv(65536):
            waiting += data
            while b"\r\n\r\n" in waiting:
                head, waiting = waiting.split(b"\r\n\r\n", 1)
                wait, size, *record = map(int, head.split()[1].strip(b"/").split(b"/"))
                time.sleep(wait / 1000)
                answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)
                step = record[0] if record else len(answer)
                for at in range(0, len(answer), step):
                    peer.sendall(answer[at : at + step])


def main() -> None:
    """Arguments: address, port, certificate, key, tickets."""
    address, port, certificate, key, tickets = sys.argv[1:6]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.num_tickets = int(tickets)
    listener = socket.create_server((address, int(port)))
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(raw, context), daemon=True).start()


main()
