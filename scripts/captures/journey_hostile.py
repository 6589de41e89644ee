"""pcaps/journey/hostile_names.pcap: names and headers that an attacker would choose for the one who reads a report of them.

Every text stands in the name looked up, in Host, User-Agent, target, Location and Content-Type of a request, in the SNI, the
ALPN and the certificate of a TLS connection, and in the banner of a server that speaks first. A page on which one of them runs
has `window.owned` set.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from large.hello import TLS12

from captures.application import A, address
from captures.files import Frame
from captures.journey_scene import MS, NO_SUCH_NAME, US, Scene, Told
from captures.journey_tls import OLDER_TAG, Secrets, alert
from captures.talk import SYN_OPTIONS

LABEL = 63  #: bytes of the longest label of a name
COMMON = 64  #: characters of the longest common name of a certificate
BEGIN = datetime.datetime(2020, 8, 1, tzinfo=datetime.UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PERIOD = 800 * MS  #: from text to text
LOST_SYN, LOST_DATA, REFUSED, REJECTED = 3, 4, 5, 6  #: which of every seven texts goes wrong how

TEXTS = (
    "<script>window.owned=1</script>",
    "</script><script>window.owned=2</script>",
    '"><img src=x onerror=window.owned=3>',
    "' onmouseover='window.owned=4' x='",
    "<svg/onload=window.owned=5>",
    "</title></style></textarea><script>window.owned=6</script>",
    "--><script>window.owned=7</script><!--",
    "]]><script>window.owned=8</script>",
    "\\u003cscript\\u003ewindow.owned=9\\u003c/script\\u003e",
    "&lt;script&gt;window.owned=10&lt;/script&gt;",
    '<a href="javascript:window.owned=11">click</a>',
    "<b>bold</b><br>%{x}<extra>%{y}</extra><sub>1</sub>",
    "[click](javascript:window.owned=12) **bold** `code` | cell",
    "![picture](http://tracker.example/x.png)\n# heading\n---",
    "$x^2$ $\\frac{1}{0}$ \\href{javascript:window.owned=13}{x}",
    "{{7*7}} ${7*7} {% raw %} #{7*7}",
    '=HYPERLINK("http://evil.example";"x")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\x1b[2J\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\ \x9b31m \x90q\x9c",
    "\u202egnp.exe\u202c \u2066isolated\u2069 \u200b\u200f\ufeff",
    "line\u2028separator\u2029paragraph\x85next\x0bvertical",
    "one\r\ttab\btwo\x7f\x00nul",
    "%s%n%x {0} {name!r} %(name)s",
    "__proto__",
    "constructor",
    "[bold red]rich[/bold red] [link=http://evil.example]x[/link]",
    "\U0001f4a9\u0301\u0489 z\u0351\u036b\u0343a\u030al\u0334go",
    "../../../../etc/passwd",
    "quote\" apostrophe' back\\slash `tick` ; & | < > ^",
)


def certificate(text: str) -> bytes:
    """DER; subject, issuer and DNS names are the text, as far as the format takes it."""
    plain = "".join(character if character.isascii() and character.isprintable() else "?" for character in text)
    common = text.replace("\0", "?")[:COMMON]
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, common), x509.NameAttribute(NameOID.COMMON_NAME, common)])
    builder = (
        x509.CertificateBuilder(name, name, KEY.public_key(), int.from_bytes(plain.encode()[:16], "big") | 1)
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + datetime.timedelta(30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(plain), x509.DNSName(f"*.{plain}")]), critical=False)
    )
    return builder.sign(KEY, None).public_bytes(serialization.Encoding.DER)


def head(text: str) -> str:
    """Fit for a header: no line ends."""
    return text.replace("\r", "").replace("\n", "").replace("\0", "")


def target(text: str) -> str:
    """Fit for the target of a request: no blanks either."""
    return "/" + "".join("+" if character.isspace() else character for character in head(text))


def label(text: str) -> str:
    """Fit for one label of a name: dots would end it."""
    return text.replace(".", "\u2024").encode()[:LABEL].decode(errors="ignore")


def request(text: str) -> bytes:
    """GET."""
    fields = f"Host: {head(text)}\r\nUser-Agent: {head(text)}\r\nReferer: http://{head(text)}/\r\n"
    return f"GET {target(text)} HTTP/1.1\r\n{fields}\r\n".encode()


def response(text: str) -> bytes:
    """With a reason, a type, a server and a place elsewhere."""
    body = f"<title>{text}</title>\n".encode() * 40
    fields = f"Server: {head(text)}\r\nContent-Type: text/html; {head(text)}\r\nLocation: http://{head(text)}{target(text)}\r\n"
    return f"HTTP/1.1 302 {head(text)}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


def asked(scene: Scene, at: int, text: str, number: int) -> str:
    """A lookup with an alias; gives the address."""
    server = f"203.0.113.{number + 1}"
    name = f"{label(text)}.example"
    identifier = scene.ask(at, name)
    scene.answer(at + 12 * MS, identifier, name, [address(server)], A, [f"{label(text)}.cdn.example"])
    return server


def plain(scene: Scene, at: int, text: str, server: str, kind: int) -> None:
    """HTTP; of some the SYN or a segment of the answer is lost."""
    talk = scene.talk(server)
    if kind == REFUSED:
        talk.tell("c", at, flags="S", options=SYN_OPTIONS).tell("s", at + 20 * MS, flags="RA")
        return
    if kind == LOST_SYN:
        talk.tell("c", at, flags="S", options=SYN_OPTIONS, lost=True)
        talk.next["c"], at = 0, at + 1000 * MS
    talk.connect(at, 20 * MS, 50 * US).tell("c", at + 21 * MS, request(text)).tell("s", at + 41 * MS)
    answered(talk, at + 340 * MS, response(text), kind == LOST_DATA)
    talk.end(at + 600 * MS, 20 * MS)


def answered(talk: Told, at: int, data: bytes, lost: bool) -> None:
    """An answer of some segments, whose first comes at last if it was lost."""
    first, rest = data[:1000], data[1000:]
    begin = talk.next["s"]
    talk.tell("s", at, first, "A", hidden=lost, lost=lost)
    for number in range(0, len(rest), 1000):
        at += MS
        talk.tell("s", at, rest[number : number + 1000]).tell("c", at + 10 * US)
    if lost:
        talk.tell("s", at + 200 * MS, first, "A", seq=begin).tell("c", at + 200 * MS + 10 * US)


def secured(scene: Scene, at: int, text: str, server: str, secrets: Secrets, rejected: bool) -> None:
    """TLS 1.2, its certificate in the clear."""
    talk = scene.talk(server, 443)
    name = text.encode()
    talk.connect(at, 20 * MS, 50 * US).tell(
        "c", at + 21 * MS, secrets.client_hello(name, (name, b"h2"), version=TLS12, session=b"")
    )
    shown = certificate(text)
    done = talk.pour("s", at + 42 * MS, secrets.older_flight([shown, shown], secrets.bytes(32), name))
    if rejected:
        talk.tell("c", done + MS, alert(42)).end(done + 2 * MS, 20 * MS)
        return
    talk.tell("c", done + MS, secrets.older_keys()).tell("s", done + 22 * MS, secrets.older_finished())
    talk.tell("c", done + 23 * MS, secrets.sealed(400 + OLDER_TAG)).tell("s", done + 90 * MS, secrets.sealed(700 + OLDER_TAG))
    talk.end(done + 100 * MS, 20 * MS)


def spoken(scene: Scene, at: int, text: str, server: str) -> None:
    """A server that speaks first; the client says the same."""
    talk = scene.talk(server, 25)
    talk.connect(at, 20 * MS, 50 * US).tell("s", at + 45 * MS, f"220 {head(text)} ESMTP\r\n".encode())
    talk.tell("c", at + 46 * MS, f"EHLO {head(text)}\r\n".encode()).tell("s", at + 66 * MS, f"250 {head(text)}\r\n".encode())
    talk.tell("c", at + 67 * MS, b"QUIT\r\n").end(at + 88 * MS, 20 * MS)


def hostile_names() -> list[Frame]:
    """Every text in every place."""
    scene, secrets = Scene(), Secrets(11)
    for number, text in enumerate(TEXTS):
        at, kind = number * PERIOD, number % 7
        server = asked(scene, at, text, number)
        plain(scene, at + 13 * MS, text, server, kind)
        secured(scene, at + 100 * MS, text, server, secrets, kind == REJECTED)
        spoken(scene, at + 200 * MS, text, server)
        missing = scene.ask(at + 300 * MS, f"{label(text)}.missing.example")
        if kind:
            scene.answer(at + 320 * MS, missing, f"{label(text)}.missing.example", [], flags=NO_SUCH_NAME)
    return scene.frames()
