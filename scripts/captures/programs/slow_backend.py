"""An HTTP server that thinks before it answers: GET /MILLISECONDS/BYTES."""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Thinking(BaseHTTPRequestHandler):
    """One connection."""

    def do_GET(self) -> None:
        """Sleep, then answer."""
        wait, size = map(int, self.path.split("?")[0].strip("/").split("/")[:2])
        time.sleep(wait / 1000)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write((b"<p>thought about it</p>\n" * (size // 24 + 1))[:size])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Thinking).serve_forever()
