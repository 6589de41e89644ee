"""Speak a protocol as far as its STARTTLS, then TLS: what openssl s_client -starttls PROTOCOL expects.

python starttls_server.py ADDRESS PORT PROTOCOL [refuse]
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
from collections.abc import Callable

CRLF = b"\r\n"
MYSQL_SSL = 0x0800  #: CLIENT_SSL


def lines(*talk: bytes) -> Callable[[socket.socket], None]:
    """A protocol of lines: the first is the greeting, each other answers a line of the client."""

    def speak(peer: socket.socket) -> None:
        for number, text in enumerate(talk):
            if number:
                read_until(peer, CRLF)
            peer.sendall(text)

    return speak


def read_until(peer: socket.socket, end: bytes) -> bytes:
    """Byte by byte, so that nothing of what follows is read."""
    data = b""
    while not data.endswith(end):
        byte = peer.recv(1)
        if not byte:
            break
        data += byte
    return data


def xmpp(peer: socket.socket) -> None:
    """RFC 6120, section 5."""
    read_until(peer, b"version='1.0'>")
    peer.sendall(
        b"<?xml version='1.0'?><stream:stream from='shop.example' id='1' version='1.0' xmlns='jabber:client' "
        b"xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls "
        b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
    )
    read_until(peer, b"/>")
    peer.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")


def ldap(peer: socket.socket) -> None:
    """RFC 4511, section 4.14: ExtendedResponse, success."""
    head = peer.recv(2)
    peer.recv(head[1])
    peer.sendall(bytes([0x30, 0x0C, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0]))


def postgres(peer: socket.socket) -> None:
    """SSLRequest, answered with S."""
    peer.recv(8)
    peer.sendall(b"S")


def mysql(peer: socket.socket) -> None:
    """Initial handshake packet (protocol 10), answered with an SSLRequest of 32 bytes."""
    flags = (0xF7FF | MYSQL_SSL).to_bytes(2, "little")
    body = b"\x0a8.0.36\0" + (9).to_bytes(4, "little") + b"saltsalt\0" + flags + b"\xff\2\0\xff\xc7" + bytes([21]) + bytes(10)
    body += b"moresaltsalt\0caching_sha2_password\0"
    peer.sendall(len(body).to_bytes(3, "little") + b"\0" + body)
    length = int.from_bytes(peer.recv(4)[:3], "little")
    peer.recv(length)


SMTP_HELLO = b"250-shop.example\r\n250-SIZE 1000000\r\n250 STARTTLS\r\n"
IMAP_CAPABILITY = b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n. OK done\r\n"
PROTOCOLS: dict[str, Callable[[socket.socket], None]] = {
    "smtp": lines(b"220 shop.example ESMTP\r\n", SMTP_HELLO, b"220 go ahead\r\n"),
    "pop3": lines(b"+OK shop.example\r\n", b"+OK begin TLS\r\n"),
    "imap": lines(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", IMAP_CAPABILITY, b". OK begin TLS\r\n"),
    "ftp": lines(b"220-shop.example\r\n220 ready\r\n", b"234 AUTH TLS\r\n"),
    "xmpp": xmpp,
    "ldap": ldap,
    "postgres": postgres,
    "mysql": mysql,
}
REFUSED = lines(
    b"220 shop.example ESMTP\r\n", b"250-shop.example\r\n250 STARTTLS\r\n", b"454 TLS not available\r\n", b"221 bye\r\n"
)


def main() -> None:
    """One client after the other."""
    address, port, protocol, *refuse = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain("server.pem", "server.key")
    with socket.create_server((address, int(port))) as listener:
        while True:
            peer, _ = listener.accept()
            (REFUSED if refuse else PROTOCOLS[protocol])(peer)
            if not refuse:
                with contextlib.suppress(OSError), context.wrap_socket(peer, server_side=True) as inside:
                    while data := inside.recv(1000):
                        inside.sendall(data)
            peer.close()


if __name__ == "__main__":
    main()
