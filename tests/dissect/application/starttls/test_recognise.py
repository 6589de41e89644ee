"""By content, from one byte on, and never two protocols at once."""

from __future__ import annotations

import random
from types import ModuleType

import pytest

from analyzer.dissect.application.starttls import ftp, imap, ldap, mysql, pop3, postgresql, smtp, xmpp
from tests.dissect.application.starttls.transcripts import HELLO, SERVER_HELLO, TRANSCRIPTS, C, S

ANY = 40_000, 50_000
PROTOCOLS = pytest.mark.parametrize("module", TRANSCRIPTS, ids=lambda module: module.NAME)
#: first bytes of a direction -> whose they are, on any port
FIRST = {
    b"220 mx.example ESMTP Postfix\r\n": smtp,
    b"220-ftp.example ESMTP\r\n220 x\r\n": smtp,
    b"EHLO [10.0.0.1]\r\n": smtp,
    b"lhlo me\r\n": smtp,
    b"* OK Dovecot ready.\r\n": imap,
    b"* PREAUTH hi\r\n": imap,
    b"A001 CAPABILITY\r\n": imap,
    b"1.7 login a b\r\n": imap,
    b"+OK POP3 ready\r\n": pop3,
    b"CAPA\r\n": pop3,
    b"220 ProFTPD Server ready\r\n": ftp,
    b"220-Welcome\r\n to my FTP\r\n220 go\r\n": ftp,
    b"AUTH TLS\r\n": ftp,
    TRANSCRIPTS[ldap][0][1]: ldap,
    bytes.fromhex("300c020101600702010304008000"): ldap,
    bytes.fromhex("308400000010020101618400000007 0a010004000400"): ldap,
    TRANSCRIPTS[xmpp][0][1]: xmpp,
    TRANSCRIPTS[postgresql][0][1]: postgresql,
    bytes.fromhex("0000001700030000") + b"user\0me\0": postgresql,
    TRANSCRIPTS[mysql][0][1]: mysql,
    TRANSCRIPTS[mysql][1][1]: mysql,
}
NOBODY = (
    b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 220 OK\r\n\r\n", b"+OK\r\n", b"+PONG\r\n", b"SSH-2.0-x\r\n", b"USER a b c :d\r\n",
    HELLO,
    SERVER_HELLO, b"220 hello\r\n", b"NICK x\r\n", b"<html>", b"a b c\r\n", b"\x30\x82\x01\x00\x30\x82",
    b"\0\x1d\x12\x34\1\0\0\1", bytes(64),
)  # fmt: skip


@pytest.mark.parametrize("head", FIRST)
def test_content_decides(head: bytes) -> None:
    for module in TRANSCRIPTS:
        verdict = module.recognise(head, ANY)
        assert verdict is (module is FIRST[head]), module.NAME
    mine = FIRST[head]
    verdicts = [mine.recognise(head[:size], ANY) for size in range(1, len(head) + 1)]
    first = verdicts.index(True)
    assert set(verdicts[first:]) == {True}
    if mine is not imap:
        assert set(verdicts[:first]) <= {None}
    for module in TRANSCRIPTS:
        if module is not mine:
            assert True not in [module.recognise(head[:size], ANY) for size in range(1, len(head) + 1)], module.NAME


@pytest.mark.parametrize("head", NOBODY)
def test_others(head: bytes) -> None:
    for module in TRANSCRIPTS:
        assert module.recognise(head, ANY) is False, module.NAME
        assert True not in [module.recognise(head[:size], ANY) for size in range(1, len(head) + 1)], module.NAME


@pytest.mark.parametrize(
    "module, port, head",
    [
        (smtp, 25, b"220 hello\r\n"),
        (ftp, 21, b"220 hello\r\n"),
        (ftp, 21, b"USER anonymous\r\n"),
        (pop3, 110, b"+OK\r\n"),
        (pop3, 110, b"USER me\r\n"),
    ],
)
def test_the_port_helps(module: ModuleType, port: int, head: bytes) -> None:
    assert module.recognise(head, (40_000, port)) is True
    assert module.recognise(head, ANY) is False


@PROTOCOLS
def test_every_transcript_is_recognised(module: ModuleType) -> None:
    who, data = TRANSCRIPTS[module][0]
    assert who in (C, S) and module.recognise(data, ANY) is True


@PROTOCOLS
def test_garbage(module: ModuleType) -> None:
    rng = random.Random(3)
    starts = [data for data in FIRST if FIRST[data] is module]
    for _ in range(3_000):
        head = bytearray(rng.choice(starts)[: rng.randint(1, 60)])
        head[rng.randrange(len(head))] = rng.randrange(256)
        assert module.recognise(bytes(head), rng.choice((ANY, (25, 1), (21, 110), (143, 2)))) in (True, False, None)
    assert module.recognise(bytes(10_000), ANY) is False
