"""Sessions that begin TLS, or do not, as (who, bytes) in the order in which they were sent."""

from __future__ import annotations

from types import ModuleType

from analyzer.dissect.application.starttls import ftp, imap, ldap, mysql, pop3, postgresql, smtp, xmpp

C, S = 0, 1  #: who
Turn = tuple[int, bytes]

HELLO = b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03" + bytes(range(32)) + b"\0\0\2\x13\1\1\0\0"
SERVER_HELLO = b"\x16\x03\x03\x00\x2e\x02\x00\x00\x2a\x03\x03" + bytes(range(32)) + b"\0\x13\1\0\0\0\0"

SMTP = [
    (S, b"220-mx.example ESMTP\r\n220 no spam\r\n"), (C, b"EHLO me\r\n"),
    (S, b"250-mx.example\r\n250-STARTTLS\r\n250 SIZE\r\n"), (C, b"STARTTLS\r\n"), (S, b"220 2.0.0 Ready\r\n"),
]  # fmt: skip
IMAP = [
    (S, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"), (C, b"a1 CAPABILITY\r\n"),
    (S, b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n"), (C, b"a2 starttls\r\n"), (S, b"a2 OK begin\r\n"),
]  # fmt: skip
POP3 = [
    (S, b"+OK ready <1@x>\r\n"), (C, b"CAPA\r\n"), (S, b"+OK list\r\nSTLS\r\nUIDL\r\n.\r\n"), (C, b"AUTH XYZ\r\n"),
    (S, b"+ \r\n"), (C, b"*\r\n"), (S, b"-ERR cancelled\r\n"), (C, b"STLS\r\n"), (S, b"+OK begin\r\n"),
]  # fmt: skip
FTP = [(S, b"220 (vsFTPd 3.0.5)\r\n"), (C, b"FEAT\r\n"), (S, b"211-Features:\r\n AUTH TLS\r\n211 End\r\n")]
FTP += [(C, b"AUTH TLS\r\n"), (S, b"234 Proceed\r\n")]
LDAP = [
    (C, bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"),
    (S, bytes.fromhex("300c02010178070a010004000400")),
]  # fmt: skip
_STREAM = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
_TLS = b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
XMPP = [
    (C, _STREAM), (S, _STREAM + b"<stream:features><starttls " + _TLS + b"><required/></starttls></stream:features>"),
    (C, b"<starttls " + _TLS + b"/>"), (S, b"<proceed " + _TLS + b"/>"),
]  # fmt: skip
POSTGRESQL = [(C, bytes.fromhex("0000000804d21630")), (S, b"N"), (C, bytes.fromhex("0000000804d2162f")), (S, b"S")]
_GREETING = b"\x0a8.0.36\0" + bytes(4) + b"12345678\0" + b"\xff\xff\xff\2\0\xff\xdf\x15" + bytes(10) + b"123456789012\0"
_FIXED = b"\x85\xae\xff\x19" + b"\0\0\0\1" + b"\xff" + bytes(23)
MYSQL = [(S, len(_GREETING).to_bytes(3, "little") + b"\0" + _GREETING), (C, b"\x20\0\0\1" + _FIXED)]

TRANSCRIPTS: dict[ModuleType, list[Turn]] = {
    smtp: SMTP, imap: IMAP, pop3: POP3, ftp: FTP, ldap: LDAP, xmpp: XMPP, postgresql: POSTGRESQL, mysql: MYSQL,
}  # fmt: skip

_LOGIN = b"\x85\xa6\xff\x19" + b"\0\0\0\1" + b"\xff" + bytes(23) + b"root\0\0"
_STARTUP = b"\0\0\0\x17\0\3\0\0user\0me\0db\0x\0\0\0"
REFUSED: dict[ModuleType, list[Turn]] = {
    smtp: [*SMTP[:-1], (S, b"454 not now\r\n"), (C, b"MAIL FROM:<a@b>\r\n"), (S, b"250 ok\r\n")],
    imap: [*IMAP[:-1], (S, b"a2 NO\r\n"), (C, b"a3 LOGIN a b\r\n"), (S, b"a3 OK hi\r\n")],
    pop3: [*POP3[:-1], (S, b"-ERR no\r\n"), (C, b"USER a\r\n"), (S, b"+OK\r\n"), (C, b"PASS b\r\n"), (S, b"+OK\r\n")],
    ftp: [*FTP[:-1], (S, b"502 no\r\n"), (C, b"USER a\r\n"), (S, b"331 password\r\n")],
    ldap: [
        LDAP[0], (S, bytes.fromhex("300c02010178070a013504000400")), (C, bytes.fromhex("300c020102600702010304008000")),
        (S, bytes.fromhex("300c02010261070a010004000400")),
    ],
    xmpp: [*XMPP[:-1], (S, b"<failure/></stream:stream>"), (C, b"</stream:stream>")],
    postgresql: [*POSTGRESQL[:-1], (S, b"N"), (C, _STARTUP), (S, b"R\0\0\0\x08\0\0\0\0")],
    mysql: [MYSQL[0], (C, len(_LOGIN).to_bytes(3, "little") + b"\1" + _LOGIN), (S, b"\7\0\0\2\0\0\0\2\0\0\0")],
}  # fmt: skip
