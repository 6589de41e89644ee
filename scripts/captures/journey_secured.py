"""pcaps/journey: TLS in its forms, every moment told in nanoseconds."""

from __future__ import annotations

from large.hello import P256, TLS12

from captures.files import Frame
from captures.journey_hostile import certificate
from captures.journey_plain import HOST, get, ok
from captures.journey_scene import FULL, MS, US, WEB2, Scene, Told
from captures.journey_tls import CHANGE, CLOSE, FINISHED, OLDER_TAG, TAG, Secrets, alert

REQUEST, ANSWER = 200 + TAG, 700 + TAG
TICKET = 233 + TAG
RTT = 30 * MS


def answered(talk: Told, secrets: Secrets, at: int, server: int, sizes: tuple[int, ...] = (ANSWER,)) -> int:
    """A request, its answer `server` ns after it reached the server, and both ends; when the answer's last byte came."""
    talk.tell("c", at, secrets.sealed(REQUEST)).tell("s", at + RTT)
    last = talk.pour("s", at + RTT + server, secrets.sealed(*sizes))
    talk.tell("c", last + 10 * US)
    talk.tell("c", last + MS, secrets.sealed(CLOSE)).end(last + 2 * MS, RTT)
    return last


def finished(talk: Told, secrets: Secrets, at: int) -> None:
    """TLS 1.3: the client's Finished alone, and what the server sends for it: two tickets."""
    talk.tell("c", at, CHANGE + secrets.sealed(FINISHED))
    talk.tell("s", at + RTT, secrets.sealed(TICKET)).tell("s", at + RTT + 5 * US, secrets.sealed(TICKET))


def split_hello() -> list[Frame]:
    """A ClientHello in two segments: in order, and the second before the first, which comes 12 ms later."""
    scene, secrets = Scene(), Secrets(21)
    for at, late in ((0, False), (500 * MS, True)):
        talk = scene.talk(port=443).connect(at, RTT, 10 * US)
        hello = secrets.client_hello(HOST, padding=1500)
        first, second = hello[:FULL], hello[FULL:]
        begin = at + RTT + 1_000_001
        if late:
            talk.tell("c", begin, second, seq=1 + FULL).tell("c", begin + 12_000_000, first, "A", seq=1)
        else:
            talk.tell("c", begin, first, "A").tell("c", begin + 10_000, second)
        done = begin + (12_000_000 if late else 10_000)
        shown = talk.pour("s", done + RTT, secrets.server_hello(session=hello[44:76]) + secrets.flight())
        talk.tell("c", shown + 1_000_000, CHANGE + secrets.sealed(FINISHED))
        answered(talk, secrets, shown + 1_100_000, 80 * MS)
    return scene.frames()


def hello_retry() -> list[Frame]:
    """The server asks for another key share: one round trip more."""
    scene, secrets = Scene(), Secrets(22)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    session = secrets.bytes(32)
    talk.tell("c", 31_000_000, secrets.client_hello(HOST, session=session))
    talk.tell("s", 61_000_003, secrets.server_hello(session=session, retry=P256) + CHANGE)
    talk.tell("c", 62_000_000, CHANGE + secrets.client_hello(HOST, session=session, group=P256))
    shown = talk.pour("s", 92_000_000, secrets.server_hello(session=session) + secrets.flight())
    talk.tell("c", shown + 1_000_000, CHANGE + secrets.sealed(FINISHED))
    answered(talk, secrets, shown + 1_200_000, 50 * MS)
    return scene.frames()


def resumed() -> list[Frame]:
    """TLS 1.3 with a pre-shared key: no certificate; the request together with the Finished, and the answer after 25 ms."""
    scene, secrets = Scene(), Secrets(30)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    session = secrets.bytes(32)
    talk.tell("c", 31_000_000, secrets.client_hello(HOST, (b"http/1.1",), session=session, pre_shared=True))
    talk.tell("s", 61_000_000, secrets.server_hello(session=session, pre_shared=True) + secrets.flight(resumed=True))
    talk.tell("c", 61_400_000, CHANGE + secrets.sealed(FINISHED) + secrets.sealed(REQUEST))
    talk.tell("s", 91_400_000).tell("s", 116_400_000, secrets.sealed(ANSWER)).tell("c", 116_410_000)
    talk.tell("c", 117_000_000, secrets.sealed(CLOSE)).end(118 * MS, RTT)
    return scene.frames()


def tickets_before_the_answer() -> list[Frame]:
    """TLS 1.3: the request leaves right behind the Finished; two tickets come first, then, 60 ms later, the answer."""
    scene, secrets = Scene(), Secrets(23)
    for start, together in ((0, True), (500 * MS, False)):
        talk = scene.talk(port=443).connect(start, RTT, 10 * US)
        session = secrets.bytes(32)
        talk.tell("c", start + 31 * MS, secrets.client_hello(HOST, (b"http/1.1",), session=session))
        shown = talk.pour("s", start + 61 * MS, secrets.server_hello(session=session) + secrets.flight())
        end = secrets.sealed(FINISHED)
        if together:  # in one segment
            talk.tell("c", shown + 1_000_000, CHANGE + end + secrets.sealed(REQUEST))
        else:
            talk.tell("c", shown + 1_000_000, CHANGE + end).tell("c", shown + 1_050_000, secrets.sealed(REQUEST))
        back = shown + 1_000_000 + RTT
        talk.tell("s", back, secrets.sealed(TICKET)).tell("s", back + 5_000, secrets.sealed(TICKET)).tell("c", back + 10_000)
        last = talk.pour("s", back + 60_000_000, secrets.sealed(ANSWER, 3000, 800))
        talk.tell("c", last + 10_000).tell("c", last + MS, secrets.sealed(CLOSE)).end(last + 2 * MS, RTT)
    return scene.frames()


def older() -> list[Frame]:
    """TLS 1.2: a full handshake (two round trips), then one resumed by its ticket (one round trip)."""
    scene, secrets = Scene(), Secrets(24)
    chain = [certificate(HOST)] * 2
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    talk.tell("c", 31_000_000, secrets.client_hello(HOST, (b"http/1.1",), version=TLS12, session=b""))
    shown = talk.pour("s", 61_000_001, secrets.older_flight(chain, b"", b"http/1.1"))
    talk.tell("c", shown + 2_000_000, secrets.older_keys())
    talk.tell("s", shown + 32_000_005, secrets.older_ticket() + secrets.older_finished())
    at = shown + 33_000_000
    talk.tell("c", at, secrets.sealed(200 + OLDER_TAG)).tell("s", at + 75_000_000, secrets.sealed(700 + OLDER_TAG))
    talk.tell("c", at + 75_010_000).end(at + 76 * MS, RTT)
    again = scene.talk(port=443).connect(500 * MS, RTT, 10 * US)
    session = secrets.bytes(32)
    offered = secrets.client_hello(HOST, (b"http/1.1",), version=TLS12, session=session, ticket=secrets.bytes(192))
    again.tell("c", 531_000_000, offered)
    hello = secrets.server_hello(session=session, alpn=b"http/1.1", version=TLS12)
    again.tell("s", 561_000_000, hello + secrets.older_finished())
    again.tell("c", 561_500_009, secrets.older_finished()).tell("c", 561_600_000, secrets.sealed(200 + OLDER_TAG))
    again.tell("s", 600_000_000, secrets.sealed(700 + OLDER_TAG)).tell("c", 600_010_000).end(601 * MS, RTT)
    return scene.frames()


def mutual() -> list[Frame]:
    """The client shows a certificate: TLS 1.3 (three records in its last flight), TLS 1.2 (in the clear)."""
    scene, secrets = Scene(), Secrets(25)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    session = secrets.bytes(32)
    talk.tell("c", 31 * MS, secrets.client_hello(HOST, (b"http/1.1",), session=session))
    shown = talk.pour("s", 61 * MS, secrets.server_hello(session=session) + secrets.flight(asks=True))
    talk.tell("c", shown + 3_000_000, CHANGE + secrets.sealed(1400 + TAG, 264 + TAG, FINISHED))
    talk.tell("s", shown + 33_000_000, secrets.sealed(TICKET)).tell("s", shown + 33_005_000, secrets.sealed(TICKET))
    answered(talk, secrets, shown + 100_000_000, 20 * MS)
    chain = [certificate(HOST)] * 2
    clear = scene.talk(port=443).connect(500 * MS, RTT, 10 * US)
    clear.tell("c", 531 * MS, secrets.client_hello(HOST, (b"http/1.1",), version=TLS12, session=b""))
    shown = clear.pour("s", 561 * MS, secrets.older_flight(chain, b"", b"http/1.1", asks=True))
    clear.tell("c", shown + 2_000_000, secrets.older_keys([certificate("Carla Client")]))
    clear.tell("s", shown + 32_000_000, secrets.older_finished())
    at = shown + 33_000_000
    clear.tell("c", at, secrets.sealed(200 + OLDER_TAG)).tell("s", at + 45_000_000, secrets.sealed(700 + OLDER_TAG))
    clear.tell("c", at + 45_010_000).end(at + 46 * MS, RTT)
    return scene.frames()


def large_flight() -> list[Frame]:
    """The server's flight has 20 kB: ten segments, an acknowledgment, the rest; one round trip more."""
    scene, secrets = Scene(), Secrets(26)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    session = secrets.bytes(32)
    talk.tell("c", 31_000_000, secrets.client_hello(HOST, session=session))
    data = secrets.server_hello(session=session) + CHANGE + secrets.sealed(44, 15_000, 4_500, 281, FINISHED)
    first, rest = data[: 10 * FULL], data[10 * FULL :]
    last = talk.pour("s", 61_000_000, first)
    for number in range(5):
        talk.tell("c", 61_010_000 + number * 20_000 + 1_000, ack=1 + 2 * FULL * (number + 1))
    assert last == 61_090_000
    shown = talk.pour("s", 91_011_000, rest)
    talk.tell("c", shown + 2_000_000, CHANGE + secrets.sealed(FINISHED))
    answered(talk, secrets, shown + 2_100_000, 10 * MS)
    return scene.frames()


def alerts() -> list[Frame]:
    """The server knows no version in common; on another connection the client does not believe the certificate (TLS 1.2)."""
    scene, secrets = Scene(), Secrets(27)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    talk.tell("c", 31 * MS, secrets.client_hello(HOST, version=TLS12, session=b"")).tell("s", 61_000_007, alert(70))
    talk.tell("s", 61_010_000, flags="FA").tell("c", 61_020_000, flags="FA").tell("s", 91_020_000)
    other = scene.talk(port=443).connect(500 * MS, RTT, 10 * US)
    other.tell("c", 531 * MS, secrets.client_hello(HOST, version=TLS12, session=b""))
    shown = other.pour("s", 561 * MS, secrets.older_flight([certificate("other.example")], b""))
    other.tell("c", shown + 3_000_000, alert(42)).end(shown + 3_100_000, RTT)
    return scene.frames()


def through_proxy() -> list[Frame]:
    """CONNECT, whose answer takes 70 ms, then TLS 1.3 inside; then SMTP that turns to TLS (STARTTLS)."""
    scene, secrets = Scene(), Secrets(28)
    talk = scene.talk(WEB2, 3128).connect(0, RTT, 10 * US)
    talk.tell("c", 30_100_000, f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
    talk.tell("s", 60_100_000).tell("s", 100_100_000, b"HTTP/1.1 200 Connection established\r\n\r\n").tell("c", 100_110_000)
    session = secrets.bytes(32)
    talk.tell("c", 101_000_000, secrets.client_hello(HOST, (b"http/1.1",), session=session))
    shown = talk.pour("s", 161_000_000, secrets.server_hello(session=session) + secrets.flight())
    talk.tell("c", shown + 1_000_000, CHANGE + secrets.sealed(FINISHED))
    answered(talk, secrets, shown + 1_100_000, 50 * MS)
    mail = scene.talk(WEB2, 25).connect(500 * MS, RTT, 10 * US)
    mail.tell("s", 575_000_000, b"220 mail.example ESMTP\r\n").tell("c", 575_100_000, b"EHLO told\r\n")
    mail.tell("s", 605_100_000, b"250-mail.example\r\n250 STARTTLS\r\n").tell("c", 605_200_000, b"STARTTLS\r\n")
    mail.tell("s", 635_200_000, b"220 go ahead\r\n")
    mail.tell("c", 636_000_000, secrets.client_hello("mail.example", (), session=session))
    shown = mail.pour("s", 666_000_000, secrets.server_hello(session=session) + secrets.flight())
    mail.tell("c", shown + 1_000_000, CHANGE + secrets.sealed(FINISHED))
    answered(mail, secrets, shown + 1_100_000, 5 * MS)
    return scene.frames()


def records_of_one_size() -> list[Frame]:
    """No tickets; the request rides with the Finished, the answer, 20 ms later, is six records of one size and a small one."""
    scene, secrets = Scene(), Secrets(31)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    session = secrets.bytes(32)
    talk.tell("c", 31_000_000, secrets.client_hello(HOST, (b"http/1.1",), session=session))
    shown = talk.pour("s", 61_000_000, secrets.server_hello(session=session) + secrets.flight())
    talk.tell("c", shown + 1_000_000, CHANGE + secrets.sealed(FINISHED) + secrets.sealed(REQUEST))
    at = shown + 1_000_000 + RTT
    talk.tell("s", at)
    for number in range(6):
        talk.tell("s", at + 20_000_000 + number * 10_000, secrets.sealed(1369 + TAG))
    talk.tell("s", at + 20_060_000, secrets.sealed(300)).tell("c", at + 20_070_000)
    talk.tell("c", at + 21_000_000, secrets.sealed(CLOSE)).end(at + 22_000_000, RTT)
    return scene.frames()


def hole_before_the_last_record() -> list[Frame]:
    """An answer of four records: the second is lost before us and comes 90 ms behind the last one, which completes it."""
    scene, secrets = Scene(), Secrets(32)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    session = secrets.bytes(32)
    talk.tell("c", 31_000_000, secrets.client_hello(HOST, (b"http/1.1",), session=session))
    shown = talk.pour("s", 61_000_000, secrets.server_hello(session=session) + secrets.flight())
    finished(talk, secrets, shown + 1_000_000)
    at = shown + 101_000_000
    talk.tell("c", at, secrets.sealed(REQUEST)).tell("s", at + RTT)
    pieces = [secrets.sealed(1000 + TAG) for _ in range(4)]
    begin = talk.next["s"]
    for number, piece in enumerate(pieces):
        gone = number == 1
        talk.tell("s", at + 70_000_000 + number * 10_000, piece, hidden=gone, lost=gone)
        if not gone:
            talk.tell("c", at + 70_000_000 + number * 10_000 + 1_000)
    talk.tell("s", at + 160_030_000, pieces[1], "A", seq=begin + len(pieces[0])).tell("c", at + 160_040_000)
    talk.tell("c", at + 161_000_000, secrets.sealed(CLOSE)).end(at + 162_000_000, RTT)
    return scene.frames()


def lost_finished() -> list[Frame]:
    """The client's Finished is lost behind us, the request behind it is not; the Finished comes again 40 ms later, then 60 ms."""
    scene, secrets = Scene(), Secrets(33)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    session = secrets.bytes(32)
    talk.tell("c", 31_000_000, secrets.client_hello(HOST, (b"http/1.1",), session=session))
    shown = talk.pour("s", 61_000_000, secrets.server_hello(session=session) + secrets.flight())
    end = CHANGE + secrets.sealed(FINISHED)
    begin = talk.next["c"]
    talk.tell("c", shown + 1_000_000, end, lost=True).tell("c", shown + 1_100_000, secrets.sealed(REQUEST))
    talk.tell("s", shown + 31_100_000)
    talk.tell("c", shown + 41_000_000, end, seq=begin)
    back = shown + 41_000_000 + RTT
    talk.tell("s", back).tell("s", back + 60_000_000, secrets.sealed(ANSWER)).tell("c", back + 60_010_000)
    talk.tell("c", back + 61_000_000, secrets.sealed(CLOSE)).end(back + 62_000_000, RTT)
    return scene.frames()


def unfinished() -> list[Frame]:
    """The server never answers the ClientHello; the client gives up after 10 s."""
    scene, secrets = Scene(), Secrets(29)
    talk = scene.talk(port=443).connect(0, RTT, 10 * US)
    talk.tell("c", 31 * MS, secrets.client_hello(HOST)).tell("s", 61 * MS)
    talk.end(10_031 * MS, RTT)
    plain = scene.talk().connect(11_000 * MS, RTT, 10 * US)
    plain.tell("c", 11_031 * MS, get("/plain")).tell("s", 11_061 * MS, ok(10)).end(11_100 * MS, RTT)
    return scene.frames()
