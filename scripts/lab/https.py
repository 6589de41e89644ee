"""HTTP over TLS: nginx at the server, and a client whose reads are logged below TLS, at the socket."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .programs import Line

NAME = "lab.example"
CONFIGURATION = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen {address}:{port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        root {folder}/files;
    }}
}}
"""


def start(namespace: str, address: str, port: int, sizes: list[int], folder: Path) -> None:
    """Run nginx on files of these sizes; it returns when it listens."""
    files = folder / "files"
    files.mkdir(exist_ok=True)
    folder.chmod(0o755)  # its worker is another user
    for number, size in enumerate(sizes):
        (files / str(number)).write_bytes(bytes(n % 251 for n in range(size % 251)) + bytes(size - size % 251))
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(folder / "key.pem")]
    certificate = ["-out", str(folder / "certificate.pem"), "-days", "30", "-subj", f"/CN={NAME}"]
    subprocess.run(["openssl", "req", "-x509", *key, *certificate], check=True, capture_output=True)
    shown = f"[{address}]" if ":" in address else address
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, address=shown, port=port))
    subprocess.run(["ip", "netns", "exec", namespace, "nginx", "-c", str(folder / "nginx.conf")], check=True, capture_output=True)


def stop(folder: Path) -> None:
    """End it."""
    subprocess.run(["nginx", "-c", str(folder / "nginx.conf"), "-s", "stop"], check=False, capture_output=True)


def fetch(line: Line, count: int) -> None:
    """GET the files one after the other on one connection."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    step = _Step(line, incoming, outgoing)
    step(tls.do_handshake)
    for number in range(count):
        tls.write(f"GET /{number} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        body = b""
        while b"\r\n\r\n" not in body:
            body += _data(step(lambda: tls.read(65536)))
        head, rest = body.split(b"\r\n\r\n", 1)
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        left = int(lengths[0]) - len(rest)
        while left > 0:
            left -= len(_data(step(lambda: tls.read(65536))))


def _data(answer: object) -> bytes:
    if not isinstance(answer, bytes) or not answer:
        raise OSError("the server ended the connection")
    return answer


class _Step:
    """Repeat a TLS operation until it has what it needs, moving bytes between it and the socket."""

    def __init__(self, line: Line, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._line, self._incoming, self._outgoing = line, incoming, outgoing

    def __call__(self, operation: object) -> object:
        while True:
            try:
                answer = operation()  # type: ignore[operator]
            except ssl.SSLWantReadError:
                self._flush()
                data = self._line.read()
                if not data:
                    raise OSError("the server ended the connection") from None
                self._incoming.write(data)
            else:
                self._flush()
                return answer

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._line.write(data)
