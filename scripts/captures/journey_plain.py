"""pcaps/journey: lookups, connections and HTTP in the clear, every moment told in nanoseconds."""

from __future__ import annotations

from captures.application import address
from captures.files import Frame
from captures.journey_scene import AAAA, MS, NO_SUCH_NAME, SECOND, US, WEB, WEB2, WEB6, Scene
from captures.talk import SYN_OPTIONS

HOST = "shop.example"
CHAIN = ("edge.shop.example", "pool.cdn.example")
ADDRESS6 = bytes.fromhex("20010db8000000000000000000000080")
SERVER_FAILED = 0x8182


def get(target: str, host: str = HOST, more: str = "") -> bytes:
    """A request."""
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: told/1\r\n{more}\r\n".encode()


def ok(size: int, status: str = "200 OK", more: str = "") -> bytes:
    """An answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{more}Content-Length: {size}\r\n\r\n"
    return head.encode() + bytes(97 + n % 26 for n in range(size))


def lookup_and_reuse() -> list[Frame]:
    """A and AAAA, both with a chain of aliases; two requests on that connection, then another connection without a lookup."""
    scene = Scene()
    four, six = scene.ask(1_000_000, HOST), scene.ask(1_050_000, HOST, AAAA)
    scene.answer(24_000_007, six, HOST, [], AAAA, CHAIN)
    scene.answer(25_000_003, four, HOST, [address(WEB)], chain=CHAIN)
    first = scene.talk().connect(25_300_000, 40_000_011, 20_000)
    first.tell("c", 65_500_001, get("/first")).tell("s", 105_500_002)
    first.pour("s", 225_500_013, ok(4000), 10_000)
    first.tell("c", 225_540_000)
    first.tell("c", 400_000_000, get("/second")).tell("s", 440_000_009, ok(300)).tell("c", 440_020_000)
    second = scene.talk().connect(500_000_000, 40_000_000, 20_000)
    second.tell("c", 540_100_000, get("/third")).tell("s", 590_100_077, ok(200)).tell("c", 590_120_000)
    first.end(700 * MS, 40 * MS)
    second.end(701 * MS, 40 * MS)
    return scene.frames()


def lost_syns() -> list[Frame]:
    """A SYN sent again after 1 s; on another connection the SYN/ACK is lost behind us, and both are sent again."""
    scene = Scene()
    lost = scene.talk()
    lost.tell("c", 0, flags="S", window=64240, options=SYN_OPTIONS, lost=True)
    lost.next["c"] = 0
    lost.connect(1_000_000_500, 30_000_000, 10_000)
    lost.tell("c", 1_030_100_000, get("/lost")).tell("s", 1_060_100_000).tell("s", 1_070_100_000, ok(100)).tell(
        "c", 1_070_110_000
    )
    lost.end(1_100 * MS, 30 * MS)
    answered = scene.talk()
    answered.tell("c", 2 * SECOND, flags="S", window=64240, options=SYN_OPTIONS)
    answered.tell("s", 2 * SECOND + 20_000_000, flags="SA", window=65160, options=SYN_OPTIONS, lost=True)
    answered.next["c"] = answered.next["s"] = 0
    answered.connect(3 * SECOND + 1_000, 20_000_000, 10_000_000)
    answered.tell("c", 3_030_500_000, get("/answered")).tell("s", 3_050_500_000).tell("s", 3_060_500_000, ok(100))
    answered.tell("c", 3_070_500_000).end(3_100 * MS, 20 * MS, 10 * MS)
    return scene.frames()


def refused_then_fallback() -> list[Frame]:
    """A name with two addresses: the first refuses, the second answers."""
    scene = Scene()
    four = scene.ask(0, HOST)
    scene.answer(15_000_000, four, HOST, [address(WEB), address(WEB2)])
    refused = scene.talk(WEB)
    refused.tell("c", 15_200_000, flags="S", window=64240, options=SYN_OPTIONS).tell("s", 45_200_000, flags="RA", window=0)
    talk = scene.talk(WEB2).connect(45_400_000, 30_000_000, 10_000)
    talk.tell("c", 75_500_000, get("/fallback")).tell("s", 105_500_000).tell("s", 110_500_000, ok(100)).tell("c", 110_510_000)
    talk.end(150 * MS, 30 * MS)
    return scene.frames()


def happy_eyeballs() -> list[Frame]:
    """RFC 8305: IPv6 does not answer, IPv4 starts 250 ms later and wins; IPv6 answers too late and is reset."""
    scene = Scene()
    six, four = scene.ask(0, HOST, AAAA), scene.ask(100_000, HOST)
    scene.answer(20_000_000, six, HOST, [ADDRESS6], AAAA)
    scene.answer(21_000_000, four, HOST, [address(WEB)])
    loser = scene.talk(WEB6)
    loser.tell("c", 21_500_000, flags="S", window=64240, options=SYN_OPTIONS)
    talk = scene.talk(WEB).connect(271_500_000, 30_000_000, 10_000)
    talk.tell("c", 301_600_000, get("/race")).tell("s", 331_600_000).tell("s", 351_600_000, ok(100)).tell("c", 351_610_000)
    loser.tell("s", 321_500_000, flags="SA", window=65160, options=SYN_OPTIONS)
    loser.tell("c", 321_510_000, flags="R", ack=0, window=0)
    talk.end(400 * MS, 30 * MS)
    return scene.frames()


def slow_server_in_the_middle() -> list[Frame]:
    """Captured 16 ms (there and back) from the client, 24 ms from the server, which takes exactly 300 ms, then none."""
    scene = Scene()
    talk = scene.talk().connect(0, 24_000_000, 16_000_000)
    talk.tell("c", 40_100_000, get("/slow")).tell("s", 64_100_000)
    last = talk.pour("s", 40_100_000 + 24_000_000 + 300_000_000, ok(20_000), 10_000, 1000)
    for number in range(10):
        talk.tell("c", 364_100_000 + 16_000_000 + number * 20_000, ack=1 + 2000 * (number + 1))
    talk.tell("c", last + 16_000_000)
    talk.tell("c", 600 * MS, get("/quick")).tell("s", 624 * MS, ok(100)).tell("c", 640 * MS)
    talk.end(700 * MS, 24 * MS, 16 * MS)
    return scene.frames()


def server_speaks_first() -> list[Frame]:
    """SMTP: the greeting comes 80 ms behind the handshake, the client waits for it."""
    scene = Scene()
    talk = scene.talk(port=25).connect(0, 20_000_000, 10_000)
    talk.tell("s", 100_000_000, b"220 mail.shop.example ESMTP\r\n").tell("c", 100_010_000)
    talk.tell("c", 101_000_000, b"EHLO told\r\n").tell("s", 121_000_000, b"250 mail.shop.example\r\n")
    talk.tell("c", 121_500_000, b"QUIT\r\n").tell("s", 141_500_000, b"221 bye\r\n")
    talk.end(142 * MS, 20 * MS)
    return scene.frames()


def upload_with_continue() -> list[Frame]:
    """PUT with Expect: 100-continue: the head, the server's 100 after 50 ms, the body over three round trips, then the answer."""
    scene = Scene()
    body = bytes(97 + n % 26 for n in range(8 * 1460))
    talk = scene.talk().connect(0, 20_000_000, 10_000)
    head = f"PUT /upload HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    talk.tell("c", 20_100_000, head.encode())
    talk.tell("s", 70_100_000, b"HTTP/1.1 100 Continue\r\n\r\n")
    talk.pour("c", 70_200_000, body[:2920])
    talk.tell("s", 90_200_000)
    talk.pour("c", 90_210_000, body[2920:])
    talk.tell("s", 110_250_000).tell("s", 150_250_000, ok(50, "201 Created")).tell("c", 150_260_000)
    talk.end(200 * MS, 20 * MS)
    return scene.frames()


def failed_lookups() -> list[Frame]:
    """NXDOMAIN for A and AAAA; a server that fails; a name that nobody answers for, asked three times."""
    scene = Scene()
    four, six = scene.ask(0, "missing.example"), scene.ask(40_000, "missing.example", AAAA)
    scene.answer(30_000_000, four, "missing.example", [], flags=NO_SUCH_NAME)
    scene.answer(31_000_000, six, "missing.example", [], AAAA, flags=NO_SUCH_NAME)
    broken = scene.ask(1 * SECOND, "broken.example")
    scene.answer(1 * SECOND + 400_000_000, broken, "broken.example", [], flags=SERVER_FAILED)
    silent = scene.ask(2 * SECOND, "silent.example")
    scene.repeat(7 * SECOND, silent, "silent.example")
    scene.repeat(12 * SECOND, silent, "silent.example")
    late = scene.talk().connect(20 * SECOND, 20_000_000, 10_000)  # the capture goes on long after the last query
    late.tell("c", 20 * SECOND + 20_100_000, get("/late")).tell("s", 20 * SECOND + 50_100_000, ok(10))
    late.end(20 * SECOND + 60 * MS, 20 * MS)
    return scene.frames()


def failed_connections() -> list[Frame]:
    """Refused; never answered; reset before a request; reset in the middle of the answer; an answer that never comes."""
    scene = Scene()
    scene.talk(port=81).tell("c", 0, flags="S", window=64240, options=SYN_OPTIONS).tell("s", 20_000_000, flags="RA", window=0)
    silent = scene.talk(port=82)
    for at in (100 * MS, 1_100 * MS, 3_100 * MS, 7_100 * MS):
        silent.next["c"] = 0
        silent.tell("c", at, flags="S", window=64240, options=SYN_OPTIONS, lost=True)
    reset = scene.talk(port=83).connect(200 * MS, 20_000_000, 10_000)
    reset.tell("s", 250 * MS, flags="RA", window=0)
    cut = scene.talk().connect(300 * MS, 20_000_000, 10_000)
    cut.tell("c", 320_100_000, get("/cut")).tell("s", 340_100_000)
    cut.tell("s", 350_100_000, ok(5000)[:1460], "A").tell("c", 350_110_000).tell("s", 360_100_000, flags="RA", window=0)
    mute = scene.talk().connect(400 * MS, 20_000_000, 10_000)
    mute.tell("c", 420_100_000, get("/mute")).tell("s", 440_100_000)
    mute.end(5_420 * MS, 20 * MS)
    later = scene.talk().connect(15 * SECOND, 20_000_000, 10_000)
    later.tell("c", 15 * SECOND + 20_100_000, get("/later")).tell("s", 15 * SECOND + 50_100_000, ok(10))
    later.end(15 * SECOND + 60 * MS, 20 * MS)
    return scene.frames()


def lost_request() -> list[Frame]:
    """The request is lost behind us and sent again after 220 ms; the server takes 50 ms from then on."""
    scene = Scene()
    talk = scene.talk().connect(0, 20_000_000, 10_000)
    begin = talk.next["c"]
    talk.tell("c", 20_100_000, get("/again"), lost=True).tell("c", 240_100_000, get("/again"), seq=begin)
    talk.tell("s", 260_100_000).tell("s", 310_100_000, ok(100)).tell("c", 310_110_000)
    talk.end(400 * MS, 20 * MS)
    return scene.frames()


def one_lookup_for_two() -> list[Frame]:
    """Two connections at once for one name, and a third one 8 ms later, when the name was known."""
    scene = Scene()
    four = scene.ask(0, HOST)
    scene.answer(5_000_000, four, HOST, [address(WEB)])
    for at in (5_100_000, 5_200_000, 13_000_000):
        talk = scene.talk().connect(at, 2_000_000, 10_000)
        talk.tell("c", at + 2_100_000, get("/shared")).tell("s", at + 4_200_000, ok(100)).tell("c", at + 4_210_000)
        talk.end(at + 5 * MS, 2 * MS)
    return scene.frames()


def answer_with_losses() -> list[Frame]:
    """One segment of the answer is lost before us and comes 240 ms later; twelve behind it wait for it."""
    scene = Scene()
    talk = scene.talk().connect(0, 20_000_000, 10_000)
    talk.tell("c", 20_100_000, get("/loss")).tell("s", 40_100_000)
    data = ok(20_000)
    begin = talk.next["s"]
    pieces = [data[place : place + 1460] for place in range(0, len(data), 1460)]
    at = 50_100_000
    for number, piece in enumerate(pieces):
        gone = number == 1
        talk.tell("s", at + number * 10 * US, piece, "A", hidden=gone, lost=gone)
        if not gone:
            talk.tell("c", at + number * 10 * US + US)
    talk.tell("s", 290_100_000, pieces[1], "A", seq=begin + 1460).tell("c", 290_110_000)
    talk.end(400 * MS, 20 * MS)
    return scene.frames()
