"""The servers of the two laboratories, each on ports of its own, in the server's namespace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .network import SERVER, Network

PROGRAMS = Path(__file__).resolve().parent / "programs"
RECORDED = Path(__file__).resolve().parents[1] / "captures" / "programs"
BACKEND = 9001  #: port of the server behind nginx
NAMES = ("shop.example", "www.shop.example", "api.shop.example")
PLAIN, NGINX, NGINX_NO_TICKETS, NGINX_H2, NGINX_H2_NO_TICKETS, NGINX_MUTUAL = 8080, 8441, 8442, 8443, 8444, 8445
PYTHON, PYTHON_NO_TICKETS, OPENSSL, OPENSSL_NO_TICKETS = 8451, 8452, 8461, 8462
HEAD = """
daemon off; worker_processes 2; pid nginx.pid; error_log stderr; user root;
events { worker_connections 512; }
http {
  access_log off; keepalive_timeout 60; default_type text/html;
  ssl_certificate server.pem; ssl_certificate_key server.key; ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
"""
NO_TICKETS = "ssl_session_tickets off;"
CACHE = "ssl_session_cache shared:lab:1m;"  #: curl resumes TLS 1.2 by session id only
MUTUAL = "ssl_verify_client on; ssl_client_certificate root.pem; ssl_verify_depth 2;"


def nginx_configuration() -> str:
    """Every variant."""
    variants = {
        PLAIN: ";",
        NGINX: f"ssl; {CACHE}",
        NGINX_NO_TICKETS: f"ssl; {NO_TICKETS}",
        NGINX_H2: "ssl http2;",
        NGINX_H2_NO_TICKETS: f"ssl http2; {NO_TICKETS}",
        NGINX_MUTUAL: f"ssl; {MUTUAL}",
    }
    place = f"location / {{ proxy_pass http://127.0.0.1:{BACKEND}; }}"
    servers = [f"server {{ listen {SERVER}:{port} {options} {place} }}" for port, options in variants.items()]
    return f"{HEAD}{chr(10).join(servers)}\n}}\n"


def start(running: Network) -> None:
    """All of them."""
    subprocess.run([sys.executable, str(RECORDED / "authority.py")], cwd=running.folder, check=True)
    (running.folder / "nginx.conf").write_text(nginx_configuration())
    running.start("server", "nginx", "-p", "./", "-e", "stderr", "-c", "nginx.conf")
    running.start("server", sys.executable, str(RECORDED / "slow_backend.py"), "127.0.0.1", str(BACKEND))
    for port, tickets in ((PYTHON, 2), (PYTHON_NO_TICKETS, 0)):
        program = [sys.executable, str(PROGRAMS / "tls_server.py"), SERVER, str(port), "server.pem", "server.key", str(tickets)]
        running.start("server", *program)
    for port, tickets in ((OPENSSL, 2), (OPENSSL_NO_TICKETS, 0)):
        where = ["-accept", f"{SERVER}:{port}", "-cert", "server.pem", "-key", "server.key"]
        running.start("server", "openssl", "s_server", *where, "-www", "-quiet", "-num_tickets", str(tickets))
    hosts = [f"--host-record={name},{SERVER}" for name in NAMES]
    local = ["--no-daemon", "--no-resolv", "--no-hosts", f"--listen-address={SERVER}", "--bind-interfaces", "--local=/example/"]
    running.start("server", "dnsmasq", *local, *hosts)
