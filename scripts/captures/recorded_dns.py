"""pcaps/recorded/dns_*: dig against unbound and dnsmasq."""

from __future__ import annotations

from captures.recording import NAME, SERVER, Recording, program, python, steps

#: an ECHConfigList (RFC 9849) whose public name is cover.example
ECH = "AED+DQA8AQAgACAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHwAEAAEAAQANY292ZXIuZXhhbXBsZQAA"
ZONE = f"""
$ORIGIN shop.example.
$TTL 300
@ IN SOA ns1 hostmaster 2020091301 7200 900 86400 60
@ IN NS ns1
@ IN NS ns2
@ IN A {SERVER}
@ IN MX 10 mail
@ IN MX 20 mail.backup.example.
@ IN TXT "v=spf1 mx -all" "second string"
@ IN CAA 0 issue "ca.example; policy=ev"
@ IN CAA 128 iodef "mailto:security@shop.example"
@ IN HTTPS 1 . alpn=h3,h2 port=8443 ipv4hint={SERVER} ipv6hint=2001:db8::2 ech={ECH}
ns1 IN A {SERVER}
ns2 IN A 10.99.0.3
mail IN A 10.99.0.4
www 60 IN CNAME edge
edge 20 IN CNAME pool.cdn
pool.cdn IN A 10.99.0.5
pool.cdn IN A 10.99.0.6
pool.cdn IN AAAA 2001:db8::5
_http._tcp IN SRV 0 5 8080 pool.cdn
_443._tcp IN TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971
_dns IN SVCB 1 ns1 alpn=dot,h2 port=853
phone IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@shop.example!" .
*.wild IN TXT "from a wildcard"
big IN TXT {" ".join(f'"{n:03} {"x" * 200}"' for n in range(12))}
"""
REVERSE = """
$ORIGIN 99.10.in-addr.arpa.
$TTL 300
@ IN SOA ns1.shop.example. hostmaster.shop.example. 1 7200 900 86400 60
@ IN NS ns1.shop.example.
2.0 IN PTR shop.example.
"""
UNBOUND = f"""
server:
  username: ""
  chroot: ""
  directory: "."
  pidfile: ""
  use-syslog: no
  interface: {SERVER}
  access-control: 10.99.0.0/24 allow
  do-not-query-localhost: no
  ede: yes
  module-config: "iterator"
  local-zone: "refused.example." always_refuse
  local-zone: "10.in-addr.arpa." nodefault
  tcp-idle-timeout: 2000
remote-control:
  control-enable: no
forward-zone:
  name: "broken.example."
  forward-addr: 127.0.0.1@5300
auth-zone:
  name: "shop.example."
  zonefile: "ZONEFILE"
  for-downstream: yes
  for-upstream: no
auth-zone:
  name: "99.10.in-addr.arpa."
  zonefile: "reverse"
  for-downstream: yes
  for-upstream: no
"""
FILES = {"zone": ZONE, "reverse": REVERSE, "unbound.conf": UNBOUND.replace("ZONEFILE", "zone")}
SIGNED = FILES | {"unbound.conf": UNBOUND.replace("ZONEFILE", "zone.signed")}
KEYS = "dnssec-keygen -q -a ECDSAP256SHA256 -f KSK shop.example && dnssec-keygen -q -a ECDSAP256SHA256 shop.example"
SIGN = steps(f"{KEYS} && dnssec-signzone -S -o shop.example -f zone.signed zone")
SERVERS = [["unbound", "-d", "-c", "unbound.conf"]]
DNSMASQ = (
    f"dnsmasq --no-daemon --no-resolv --no-hosts --listen-address={SERVER} --bind-interfaces --address=/shop.example/{SERVER}"
)
FAILING = """
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 5300))
while True:
    query, peer = receiver.recvfrom(512)
    receiver.sendto(query[:2] + b"\\x81\\x82" + query[4:], peer)
"""
SILENT = f"""
import socket, time
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("{SERVER}", 53))
time.sleep(60)
"""
PIPELINED = " ".join(program("pipelined_dns", SERVER, NAME))
DIG = f"dig @{SERVER} +tries=1 +time=2"


def asked(*questions: str) -> list[str]:
    """dig for each question, one after the other."""
    return ["sh", "-c", "\n".join(f"{DIG} {question}" for question in questions)]


RECORDINGS = [
    Recording(
        "dns_types",
        "dig asks unbound for every type that people meet: A, AAAA, CNAME chain, MX, TXT, SRV, CAA, NAPTR, TLSA, HTTPS, "
        "SVCB, PTR, NS, SOA, a wildcard, EDNS client subnet",
        asked(
            *("shop.example A", "www.shop.example A", "www.shop.example AAAA", "shop.example MX", "shop.example TXT"),
            *("_http._tcp.shop.example SRV", "shop.example CAA", "phone.shop.example NAPTR", "_443._tcp.shop.example TLSA"),
            *("shop.example HTTPS", "_dns.shop.example SVCB", "-x 10.99.0.2", "shop.example NS", "shop.example SOA"),
            *("any.wild.shop.example TXT", "+subnet=192.0.2.0/24 shop.example A", "+noedns +norecurse sHoP.eXaMpLe A"),
        ),
        SERVERS,
        files=FILES,
        needs=("dig", "unbound"),
        finds={"dns.flags.response == 0": "some", "dns.qry.type == 65 && dns.flags.response == 1": "some"},
    ),
    Recording(
        "dns_failures",
        "NXDOMAIN, a name without that type, REFUSED, SERVFAIL with an extended error",
        asked("missing.shop.example A", "mail.shop.example AAAA", "www.refused.example A", "www.broken.example A +time=25"),
        [*SERVERS, python(FAILING)],
        files=FILES,
        needs=("dig", "unbound"),
        finds={"dns.flags.rcode == 3": "some", "dns.flags.rcode == 5": "some", "dns.flags.rcode == 2": "some"},
    ),
    Recording(
        "dns_signed",
        "a signed zone: DNSKEY, DS, RRSIG, NSEC for what does not exist",
        asked(
            *("+dnssec shop.example A", "+dnssec +bufsize=4096 shop.example DNSKEY", "+dnssec missing.shop.example A"),
            *("+dnssec mail.shop.example AAAA", "shop.example NSEC"),
        ),
        SERVERS,
        before=[SIGN],
        files=SIGNED,
        needs=("dig", "unbound", "dnssec-signzone"),
        finds={"dns.resp.type == 46": "some", "dns.resp.type == 47": "some", "dns.resp.type == 48": "some"},
    ),
    Recording(
        "dns_truncated",
        "an answer of 2.5 KB: truncated over UDP, then asked again over TCP",
        asked("+noedns big.shop.example TXT"),
        SERVERS,
        files=FILES,
        needs=("dig", "unbound"),
        finds={"dns.flags.truncated == 1": "some", "dns && tcp": "some"},
    ),
    Recording(
        "dns_unanswered",
        "three queries of dig with the same id, a second apart, that nobody answers",
        ["dig", f"@{SERVER}", "+tries=3", "+time=1", "silent.example", "A"],
        [python(SILENT)],
        needs=("dig",),
        finds={"dns.flags.response == 0": "1-3", "dns.flags.response == 1": ""},
    ),
    Recording(
        "dns_tcp",
        "DNS over TCP: dig keeps a connection open for three queries; then five queries on one connection, three in one segment "
        "and one cut in three; unbound answers each for itself",
        steps(
            f"{DIG} +tcp +keepopen shop.example A shop.example MX shop.example TXT",
            PIPELINED,
        ),
        SERVERS,
        files=FILES,
        needs=("dig", "unbound"),
        finds={"dns && tcp": "some", "tcp.stream == 1 && dns.flags.response == 1": "some"},
    ),
    Recording(
        "dns_dnsmasq",
        "dig asks dnsmasq: an answer without EDNS, one with it, a name that it refuses to know",
        asked("+noedns shop.example A", "shop.example A", "shop.example AAAA", "elsewhere.example A"),
        [DNSMASQ.split()],
        needs=("dig",),
        finds={"dns.flags.rcode == 5": "some", f"dns.a == {SERVER}": "some"},
    ),
]
