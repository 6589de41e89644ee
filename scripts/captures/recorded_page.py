"""pcaps/recorded/slow_page.pcap: a page and what belongs to it, fetched slowly for as many reasons as one capture can hold."""

from __future__ import annotations

from captures.recorded_http import HEAD, NGINX
from captures.recording import NAME, SERVER, Recording, program, python

CDN, API = "10.99.0.3", "10.99.0.4"
SIZES = {"style.css": 9_000, "app.js": 31_000, "hero.jpg": 120_000}
BACKEND, UPSTREAM = 9001, 5300  #: ports behind nginx and behind dnsmasq
RESOLVED = 260  #: ms that the name server of the CDN takes
CONF = f"""{HEAD}
  types {{ text/css css; application/javascript js; image/jpeg jpg; }}
  ssl_certificate server.pem; ssl_certificate_key server.key;
  server {{ listen {SERVER}:80; return 301 https://www.{NAME}$request_uri; }}
  server {{
    listen {SERVER}:443 ssl; ssl_ecdh_curve prime256v1;
    location / {{ proxy_pass http://127.0.0.1:{BACKEND}/120/14000; }}
  }}
  server {{ listen {CDN}:80; root .; }}
  server {{
    listen {API}:443 ssl;
    location /search {{ proxy_pass http://127.0.0.1:{BACKEND}/300/4000; }}
    location /cart {{ return 200 "empty\\n"; }}
  }}
}}
"""
DNSMASQ = (
    f"dnsmasq --no-daemon --no-resolv --no-hosts --listen-address={SERVER} --bind-interfaces --host-record={NAME},{SERVER} "
    f"--host-record=edge.{NAME},{SERVER} --cname=www.{NAME},edge.{NAME} --host-record=api.{NAME},{API} "
    f"--server=/cdn.{NAME}/127.0.0.1#{UPSTREAM} --local=/{NAME}/"
)
FETCH = "curl --silent --max-time 20 --cacert root.pem"
PAGE = f"""
ping -c 1 {CDN} >/dev/null; ping -c 1 {API} >/dev/null; sleep 1
{FETCH} --location --curves X25519:P-256 --output /dev/null http://{NAME}/
{FETCH} --tls-max 1.2 --remote-name-all "https://api.{NAME}/search?q=shoes" https://api.{NAME}/cart &
{FETCH} --output /dev/null http://metrics.{NAME}/collect &
{FETCH} {" ".join(f"--output got http://cdn.{NAME}/{name}" for name in SIZES)}
wait
"""
FILES = (
    f"from pathlib import Path\nfor name, size in {SIZES}.items(): Path(name).write_bytes(bytes(n % 251 for n in range(size)))"
)
ADDRESSES = f"ip address add {CDN}/24 dev eth0; ip address add {API}/24 dev eth0; exec"

RECORDINGS = [
    Recording(
        "slow_page",
        f"curl fetches a page and its parts, 40 ms round trip: a redirect to HTTPS, HelloRetryRequest, an alias; a name "
        f"that takes {RESOLVED} ms, its SYN lost, an image with losses; an answer that takes 300 ms; a name that does not exist",
        ["sh", "-c", PAGE],
        [
            ["sh", "-c", f"{ADDRESSES} {' '.join(NGINX)}"],
            program("slow_backend", "127.0.0.1", str(BACKEND)),
            program("slow_resolver", "127.0.0.1", str(UPSTREAM), CDN, str(RESOLVED)),
            DNSMASQ.split(),
        ],
        before=[program("authority"), python(FILES)],
        files={"nginx.conf": CONF},
        needs=("nginx", "ping"),
        modules=("cryptography",),
        delay=0.02,
        spared=1400,
        spared_syns=3,
        lost_syns=1,
        lost=(40, 41, 55),
        finds={
            "tcp.analysis.retransmission && tcp.flags.syn == 1": "some",
            "tcp.analysis.fast_retransmission || tcp.analysis.out_of_order || tcp.analysis.retransmission": "some",
            "dns.flags.rcode == 3": "some",
            "tls.handshake.random == cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c": "some",
            "http.response.code == 301": "some",
            "http.response.code == 200": "some",
        },
        verdicts={
            "retransmission syn_timer needed lost_downstream": "92",
            "gap_open lost_upstream": "140 163",
            "retransmission rto needed lost_upstream": "142",
            "retransmission fast_retransmit needed lost_upstream": "224",
            "stall rto": "142",
            "stall fast_retransmit": "224",
        },
    ),
]
