"""One request over TLS with its moment chosen: together with the client's Finished in one segment, at once behind it, or late.

Prints its port. HTTP/2 is as small as it can be: preface, SETTINGS, one HEADERS frame (RFC 9113).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import time

HEADERS, SETTINGS, DATA = 1, 4, 0
END_STREAM, END_HEADERS, ACK = 1, 4, 1
LIMIT = 20.0  #: seconds


def frame(kind: int, flags: int, stream: int, data: bytes) -> bytes:
    """A frame of HTTP/2."""
    return len(data).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + data


def request(version: str, path: str) -> bytes:
    """GET."""
    if version == "http/1.1":
        return f"GET {path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n".encode()
    target, host = path.encode(), b"shop.example"
    block = b"\x82\x87\x04" + bytes([len(target)]) + target + b"\x41" + bytes([len(host)]) + host
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"")
    return preface + frame(HEADERS, END_STREAM | END_HEADERS, 1, block)


def ended(version: str, data: bytes) -> bool:
    """Whether the answer is complete."""
    if version == "http/1.1":
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return bool(lengths) and len(body) >= int(lengths[0])
    at = 0
    while at + 9 <= len(data):
        length, kind, flags = int.from_bytes(data[at : at + 3], "big"), data[at + 3], data[at + 4]
        if kind in (HEADERS, DATA) and flags & END_STREAM and at + 9 + length <= len(data):
            return True
        at += 9 + length
    return False


class Line:
    """TLS in memory, so that what goes into which segment is ours to say."""

    def __init__(self, raw: socket.socket, context: ssl.SSLContext) -> None:
        self.raw, self.into, self.out = raw, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.into, self.out, server_hostname="shop.example")

    def flush(self) -> None:
        """Send what TLS has made."""
        if data := self.out.read():
            self.raw.sendall(data)

    def shake(self) -> None:
        """The handshake; the client's Finished is made and not sent."""
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
                return
            self.flush()
            self.into.write(self.raw.recv(65536))

    def read(self) -> bytes:
        """Some of the answer."""
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                return self.tls.read(65536)
            data = self.raw.recv(65536)
            if not data:
                return b""
            self.into.write(data)


def main() -> None:
    """Arguments: address, port, path, ALPN, TLS 1.2 or 1.3, together|behind|late, milliseconds, key log."""
    address, port, path, version, tls, moment, wait, log = sys.argv[1:9]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.keylog_filename = log
    context.set_alpn_protocols([version])
    limit = ssl.TLSVersion.TLSv1_2 if tls == "1.2" else ssl.TLSVersion.TLSv1_3
    context.minimum_version = context.maximum_version = limit
    with socket.create_connection((address, int(port)), timeout=LIMIT) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(raw.getsockname()[1], flush=True)
        line = Line(raw, context)
        line.shake()
        if moment != "together":
            line.flush()
        if moment == "late":
            time.sleep(int(wait) / 1000)
        line.tls.write(request(version, path))
        line.flush()
        answer = b""
        while (data := line.read()) and not ended(version, answer := answer + data):
            pass


main()
