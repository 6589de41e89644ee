"""pcaps/stream/: what happens to bytes on their way into a stream, told with HTTP, TLS and WebSocket inside."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

from large.hello import APPLICATION, CHANGE_CIPHER, CLIENTS, HANDSHAKE, TLS13, client_hello, record, server_hello

from captures import stream_hello
from captures.files import Capture, Frame
from captures.talk import MS, SYN_OPTIONS, Talk

Story = Callable[[Talk], None]

CAPTURES: list[Capture] = [*stream_hello.CAPTURES]
COOKIE = (34, b"\x01\x02\x03\x04\x05\x06\x07\x08")  #: TCP Fast Open (RFC 7413)
WAIT = 200 * MS
TEXT_FRAME, BINARY_FRAME, PING, PONG, CLOSE = 0x81, 0x82, 0x89, 0x8A, 0x88
MASK = b"\x11\x22\x33\x44"


def told(
    name: str, shows: str, finds: dict[str, str], port: int = 80, isn: tuple[int, int] = (1000, 500_000)
) -> Callable[[Story], Story]:
    """Register a story: a function that makes a fresh connection talk."""

    def register(story: Story) -> Story:
        def make() -> list[Frame]:
            talk = Talk(ports=(40_000, port))
            story(talk)
            return talk.frames

        CAPTURES.append(Capture(f"stream/{name}.pcap", shows, make, finds))
        return story

    return register


def request(path: str, host: str = "shop.example", more: str = "") -> bytes:
    """A GET."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def response(body: bytes, more: str = "", status: str = "200 OK") -> bytes:
    """With its length."""
    return f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def text(size: int, mark: str) -> bytes:
    """Lines that say where they are."""
    return "".join(f"{mark} {n:06}\n" for n in range(0, size, len(mark) + 8)).encode()[:size]


def said(
    t: Talk, who: str, data: bytes, sizes: Sequence[int] = (), order: Sequence[int] = (), hidden: Sequence[int] = ()
) -> None:
    """Data in segments of these sizes (the last takes the rest), in this order; the `hidden` ones are lost for good."""
    begin, pieces = t.next[who], []
    for size in (*sizes, len(data)):
        pieces.append((begin, data[:size]))
        begin, data = begin + len(data[:size]), data[size:]
    pieces = [piece for piece in pieces if piece[1]]
    for which in order or range(len(pieces)):
        at, part = pieces[which]
        t.send(who, 0, "PA", data=part, seq=at, hidden=which in hidden)


def frame(opcode: int, data: bytes, masked: bool) -> bytes:
    """RFC 6455, section 5.2; short lengths only."""
    length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
    if not masked:
        return bytes([opcode]) + length + data
    length = bytes([length[0] | 0x80]) + length[1:]
    return bytes([opcode]) + length + MASK + bytes(byte ^ MASK[n % 4] for n, byte in enumerate(data))


@told(
    "conflict",
    "the same bytes twice with another content: the first copy wins (GET /first, 200), the second is a conflict; "
    "then one that differs inside a piece held behind a hole",
    {"tcp.len > 0": "4 5 7 9-11"},
)
def conflict(t: Talk) -> None:
    t.open()
    begin = t.next["c"]
    t.send("c", 0, "PA", data=request("/first"))
    t.send("c", 0, "PA", data=request("/other"), seq=begin)
    t.send("s")
    said(t, "s", response(b"first\n"))
    t.send("c")
    data = request("/held/for/a/while")
    begin = t.next["c"]
    t.send("c", 0, "PA", data=data[20:], seq=begin + 20)
    t.send("c", 0, "PA", data=data[20:].replace(b"shop", b"shoq"), seq=begin + 20)
    t.send("c", 0, "PA", data=data[:20], seq=begin)
    t.close()


@told(
    "fast_open_http",
    "the request lies in the SYN (RFC 7413), the answer follows the SYN-ACK",
    {"tcp.flags.syn == 1 && tcp.len > 0": "1", "http.request": "1", "http.response": "3"},
)
def fast_open_http(t: Talk) -> None:
    t.send("c", 0, "S", data=request("/early"), options=[*SYN_OPTIONS, COOKIE])
    t.send("s", flags="SA", options=SYN_OPTIONS, after=10 * MS)
    said(t, "s", response(b"early\n"))
    t.send("c")
    t.close()


@told(
    "fast_open_hello",
    "the first 600 bytes of a ClientHello lie in the SYN, the server takes only the SYN: all is sent again; SNI "
    "frames-001-004.fast-open.example",
    {"tcp.flags.syn == 1 && tcp.len > 0": "1"},
    port=443,
)
def fast_open_hello(t: Talk) -> None:
    data, _ = client_hello("frames-001-004.fast-open.example", CLIENTS[0], random.Random(5))
    t.send("c", 0, "S", data=data[:600], options=[*SYN_OPTIONS, COOKIE], lost=True)
    t.receive("c", 0, 1)
    t.send("s", flags="SA", options=SYN_OPTIONS, after=10 * MS)
    t.send("c", data=data[:1400], seq=1)
    t.send("c", 0, "PA", data=data[1400:])
    t.send("s")


@told(
    "middle_http",
    "the capture begins in the body of a response: the first request seen is /second, its response the first whole one",
    {'http.request.uri == "/second"': "4", 'http.request.uri == "/third"': "7"},
)
def middle_http(t: Talk) -> None:
    t.next.update(c=301, s=90_001)
    t.expected.update(c=301, s=90_001)
    body = text(2000, "the first body, whose head nobody saw")
    said(t, "s", body, [1000])
    t.send("c")
    said(t, "c", request("/second"))
    said(t, "s", response(text(600, "second")))
    t.send("c")
    said(t, "c", request("/third"))
    said(t, "s", response(b"third\n"))
    t.close()


@told(
    "middle_tls",
    "the capture begins inside a record; then whole records of application data, then an alert: no hello",
    {"tcp.flags.syn == 1": "", "tls.handshake": ""},
    port=443,
)
def middle_tls(t: Talk) -> None:
    chance = random.Random(6)
    t.next.update(c=5001, s=70_001)
    t.expected.update(c=5001, s=70_001)
    t.send("s", 0, "PA", data=chance.randbytes(777))
    t.send("c")
    said(t, "c", record(APPLICATION, chance.randbytes(300)))
    said(t, "s", record(APPLICATION, chance.randbytes(1200)) + record(APPLICATION, chance.randbytes(100)))
    said(t, "c", record(21, chance.randbytes(19)))
    t.close()


@told(
    "middle_server_hello",
    "the capture begins with the ServerHello (TLS 1.3): the ClientHello is not there",
    {"tls.handshake.type == 2": "1", "tls.handshake.type == 1": ""},
    port=443,
)
def middle_server_hello(t: Talk) -> None:
    chance = random.Random(7)
    t.next.update(c=1_701, s=1)
    t.expected.update(c=1_701, s=1)
    hello = record(HANDSHAKE, server_hello(TLS13, b"", chance))
    said(t, "s", hello + record(CHANGE_CIPHER, b"\1") + record(APPLICATION, chance.randbytes(700)))
    said(t, "c", record(CHANGE_CIPHER, b"\1") + record(APPLICATION, chance.randbytes(53)))
    t.close()


@told(
    "http_pipelined",
    "three requests in one segment, a fourth cut in its first line; four responses in three segments (RFC 9112, section 9.3.2)",
    {"tcp.len > 0 && tcp.srcport == 40000": "4-6", "tcp.len > 0 && tcp.srcport == 80": "7-9"},
)
def http_pipelined(t: Talk) -> None:
    t.open()
    said(t, "c", b"".join(request(path) for path in ("/one", "/two", "/three")))
    said(t, "c", request("/four"), [7])
    answers = b"".join(response(f"{n}\n".encode() * 10) for n in (1, 2, 3, 4))
    said(t, "s", answers, [130, 150])
    t.send("c")
    t.close()


@told(
    "http_head_lost",
    "heads in pieces: the request's second segment comes before its first, the first segment of the response's head is lost and "
    "repeated after its body",
    {"tcp.analysis.out_of_order || tcp.analysis.retransmission": "some"},
)
def http_head_lost(t: Talk) -> None:
    t.open()
    said(t, "c", request("/heads", more="Accept: text/plain\r\n"), [20], order=[1, 0])
    data = response(text(3000, "body"), 'ETag: "heads"\r\n')
    begin = t.next["s"]
    t.send("s", data=data[:40], hidden=True, lost=True)
    for at in range(40, len(data), 1400):
        t.send("s", data=data[at : at + 1400])
        t.send("c")
    t.send("s", data=data[:40], seq=begin, after=WAIT)
    t.send("c")
    t.close()


@told(
    "http_hole",
    "500 bytes of a body with Content-Length are not in the capture, though the client has them; what follows is",
    {"tcp.analysis.lost_segment": "some", 'http.request.uri == "/behind"': "some"},
)
def http_hole(t: Talk) -> None:
    t.open()
    said(t, "c", request("/hole"))
    said(t, "s", response(text(2500, "holed")), [1000, 500], hidden=[1])
    t.send("c")
    said(t, "c", request("/behind"))
    said(t, "s", response(b"behind\n"))
    t.send("c")
    t.close()


@told(
    "http_hole_chunked",
    "the same in a chunked body, and the size of a chunk with it: where the body ends cannot be known; the next response is "
    "found again at the beginning of a segment",
    {"tcp.analysis.lost_segment": "some"},
)
def http_hole_chunked(t: Talk) -> None:
    t.open()
    said(t, "c", request("/hole"))
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (text(700, "a"), text(900, "b"), text(800, "c"))) + b"0\r\n\r\n"
    )
    said(t, "s", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, [600, 500], hidden=[1])
    t.send("c")
    said(t, "c", request("/behind"))
    said(t, "s", response(b"behind\n"))
    t.send("c")
    t.close()


@told(
    "http_closed_early",
    "FIN in the middle of a body of 5,000 bytes: the response is not complete",
    {"http.request": "4"},
)
def http_closed_early(t: Talk) -> None:
    t.open()
    said(t, "c", request("/cut"))
    data = response(text(5000, "cut"))[:2000]
    said(t, "s", data, [1200])
    t.send("s", flags="FA")
    t.send("c")
    t.send("c", flags="FA")
    t.send("s")


@told(
    "websocket_loss",
    "frames over segments: one lost and repeated inside a masked text, others swapped, then a hole inside a frame that never "
    "fills; the ping behind it can be found as the hole's frame has told its length",
    {"http.response.code == 101": "some", "tcp.analysis.lost_segment": "some"},
)
def websocket_loss(t: Talk) -> None:
    t.open()
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    said(t, "c", request("/chat", more=f"Upgrade: websocket\r\nConnection: Upgrade\r\n{key}"))
    accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    said(t, "s", f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{accept}\r\n\r\n".encode())
    said(t, "c", frame(TEXT_FRAME, text(300, "client"), True) + frame(PING, b"one", True), [1, 100, 100], order=[0, 2, 3, 1])
    said(t, "s", frame(PONG, b"one", False))
    said(t, "s", frame(BINARY_FRAME, text(2000, "server"), False), [500, 700], hidden=[1])
    said(t, "s", frame(PING, b"two", False))
    said(t, "c", frame(PONG, b"two", True))
    said(t, "c", frame(CLOSE, struct.pack(">H", 1001) + b"going away", True))
    said(t, "s", frame(CLOSE, struct.pack(">H", 1001), False))
    t.close()


@told(
    "one_byte_segments",
    "a request and its response in segments of one byte, each pair swapped",
    {"tcp.len == 1": "some", "tcp.len > 1": ""},
)
def one_byte_segments(t: Talk) -> None:
    t.open()
    for who, data in (("c", request("/b")), ("s", response(b"bytes\n"))):
        order = [place for n in range(0, len(data), 2) for place in (n + 1, n) if place < len(data)]
        said(t, who, data, [1] * len(data), order)
    t.send("c")
    t.close()
