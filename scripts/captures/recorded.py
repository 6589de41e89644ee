"""pcaps/recorded/: what real programs on a real stack do; scripts/record_pcaps.py records it. `some`: at least one frame."""

from __future__ import annotations

from captures import recorded_dns, recorded_http, recorded_page, recorded_starttls, recorded_tls, recorded_websocket
from captures.files import Capture
from captures.recording import NAME, SERVER, Recording, curl, python

HTTP_SERVER = f"python3 -m http.server 8080 --bind {SERVER}"
DNS_SERVER = f"dnsmasq --no-daemon --no-resolv --no-hosts --listen-address={SERVER} --bind-interfaces --address=/{NAME}/{SERVER}"

SLOW_READER = f"""
import socket, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
listener.bind(("{SERVER}", 9000))
listener.listen()
peer, _ = listener.accept()
time.sleep(2)
while peer.recv(65536):
    pass
"""
SENDER = f"""
import socket
peer = socket.create_connection(("{SERVER}", 9000))
peer.sendall(bytes(60000))
peer.shutdown(socket.SHUT_WR)
peer.recv(1)
"""
IDLE_SERVER = f"""
import socket
listener = socket.create_server(("{SERVER}", 9000))
peer, _ = listener.accept()
while peer.recv(65536):
    pass
"""
IDLE_CLIENT = f"""
import socket, time
peer = socket.socket()
peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
peer.connect(("{SERVER}", 9000))
peer.sendall(b"hello")
time.sleep(3.5)
peer.close()
"""


RECORDINGS = [
    Recording(
        "http_loss",
        "curl fetches 400 KB from Python's http.server; 2 % of the data frames are lost, 10 ms round trip, 128 bytes kept",
        curl(f"http://{SERVER}:8080/file"),
        [HTTP_SERVER.split()],
        loss=0.02,
        snap=128,
        finds={
            "tcp.analysis.lost_segment": "some",
            "tcp.analysis.duplicate_ack": "some",
            "tcp.analysis.fast_retransmission || tcp.analysis.out_of_order || tcp.analysis.retransmission": "some",
        },
        verdicts={
            "gap_open lost_upstream": "197 227 336 372 374",
            "retransmission fast_retransmit needed lost_upstream": "318 419",
            "retransmission fast_recovery needed lost_upstream": "340 379 421",
            "stall fast_recovery": "421",
        },
    ),
    Recording(
        "refused",
        "curl to a port where nobody listens",
        curl(f"http://{SERVER}:81/"),
        finds={"tcp.flags.reset == 1": "2"},
    ),
    Recording(
        "name_lookup",
        f"curl asks dnsmasq for {NAME}, then fetches from it: the capture itself knows the server's name",
        curl(f"http://{NAME}:8080/small"),
        [HTTP_SERVER.split(), DNS_SERVER.split()],
        finds={f'dns.a == {SERVER} && dns.qry.name == "{NAME}"': "some", "http.response.code == 200": "some"},
    ),
    Recording(
        "zero_window",
        "the receiver sleeps two seconds with a small buffer: the window closes, is probed, and opens",
        python(SENDER),
        [python(SLOW_READER)],
        snap=128,
        finds={"tcp.analysis.zero_window": "some", "tcp.analysis.window_update": "some"},
        verdicts={
            "retransmission tlp needless": "23",
            "duplicate_data_received": "24",
            "window_probe": "25 27 28",
            "wait zero_window": "some",
        },
    ),
    Recording(
        "keep_alive",
        "an idle connection with TCP keep-alive after one second",
        python(IDLE_CLIENT),
        [python(IDLE_SERVER)],
        finds={"tcp.analysis.keep_alive": "some", "tcp.analysis.keep_alive_ack": "some"},
    ),
    Recording(
        "syn_lost",
        "the first SYN is lost: the user waits a second, the initial round trip time is 10 ms",
        curl(f"http://{SERVER}:8080/small"),
        [HTTP_SERVER.split()],
        lost_syns=1,
        finds={"tcp.analysis.retransmission && tcp.flags.syn == 1": "2"},
    ),
    *recorded_dns.RECORDINGS,
    *recorded_http.RECORDINGS,
    *recorded_tls.RECORDINGS,
    *recorded_starttls.RECORDINGS,
    *recorded_websocket.RECORDINGS,
    *recorded_page.RECORDINGS,
]

CAPTURES = [Capture(f"recorded/{r.name}.pcap", r.shows, bytes, r.finds, verdicts=r.verdicts) for r in RECORDINGS]
