"""The messages of TLS that are read, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analyzer.dissect.application.stream import Message

from .ech import NONE

Words = tuple[int, ...]  #: code points in the order of the bytes


@dataclass(slots=True, kw_only=True, eq=False)
class TlsMessage(Message):
    """Any of them. It begins with its record, or inside of one, and ends with the record that its last byte came in.

    A receiver must have all of a record before it can use any of it.
    """

    PROTOCOL: ClassVar[str] = "tls"
    MESSAGE: ClassVar[str] = ""  #: its name in rows

    datagram: bool = False  #: DTLS
    client: int = -1  #: direction of the client; -1: unknown
    client_hello: ClientHello | None = None  #: the one before it on this connection; of a ClientHello: the one that was retried
    server_hello: ServerHello | None = None  #: the one before it
    malformed: bool = False  #: a length in it cannot be right; what stands before that is known
    limit: str = ""  #: why it, or what follows, was not read: "length" of the message, "count" of messages


@dataclass(slots=True, kw_only=True, eq=False)
class ClientHello(TlsMessage):
    """RFC 8446 section 4.1.2. A tuple is None where the list is not there, or cut."""

    MESSAGE: ClassVar[str] = "client_hello"

    version: int | None = None  #: legacy_version; None: cut before
    random: bytes = b""
    session_id: bytes = b""
    cookie: bytes = b""  #: of DTLS
    cipher_suites: Words | None = None
    extensions: Words = ()  #: types, in their order
    sni: str | None = None  #: the host name in server_name
    alpn: tuple[str, ...] | None = None
    first_protocol: bytes = b""  #: the first of them, as it was sent
    supported_versions: Words | None = None
    groups: Words | None = None
    key_shares: Words | None = None  #: groups for which a key was sent
    signature_algorithms: Words | None = None
    point_formats: bytes = b""
    ticket: int | None = None  #: bytes of the session ticket offered (RFC 5077); 0: asks for one
    pre_shared_key: bool = False
    early_data: bool = False
    ech: str = NONE  #: see ech.py
    sslv2: bool = False  #: in the format of SSL 2.0


@dataclass(slots=True, kw_only=True, eq=False)
class ServerHello(TlsMessage):
    """RFC 8446 section 4.1.3."""

    MESSAGE: ClassVar[str] = "server_hello"

    legacy_version: int | None = None
    version: int | None = None  #: the one negotiated
    random: bytes = b""
    session_id: bytes = b""
    cipher_suite: int | None = None
    compression: int = 0
    extensions: Words = ()
    alpn: str | None = None  #: before TLS 1.3, where it is encrypted
    group: int | None = None  #: of the key share; of a HelloRetryRequest: the one asked for
    pre_shared_key: bool = False
    hello_retry_request: bool = False
    resumed: bool | None = None  #: None: the ClientHello is missing
    forward_secrecy: bool | None = None  #: None: an unknown cipher suite


@dataclass(slots=True, kw_only=True, eq=False)
class HelloVerifyRequest(TlsMessage):
    """DTLS: the server asks for the ClientHello again, with a cookie (RFC 6347 section 4.2.1)."""

    MESSAGE: ClassVar[str] = "hello_verify_request"


@dataclass(slots=True, kw_only=True, eq=False)
class Certificate(TlsMessage):
    """RFC 5246 section 7.4.2."""

    MESSAGE: ClassVar[str] = "certificate"

    chain: tuple[bytes, ...] = ()  #: DER, as sent: the leaf first


@dataclass(slots=True, kw_only=True, eq=False)
class CertificateRequest(TlsMessage):
    """The server asks the client for a certificate (RFC 5246 section 7.4.4): mutual TLS."""

    MESSAGE: ClassVar[str] = "certificate_request"

    certificate_types: bytes = b""
    authorities: int = 0  #: how many names of certificate authorities it sent


@dataclass(slots=True, kw_only=True, eq=False)
class CertificateStatus(TlsMessage):
    """A stapled OCSP response (RFC 6066 section 8)."""

    MESSAGE: ClassVar[str] = "certificate_status"

    size: int = 0  #: bytes of the response


@dataclass(slots=True, kw_only=True, eq=False)
class ServerKeyExchange(TlsMessage):
    """RFC 8422 section 5.4: the group of an ephemeral key. Other kinds of it name none."""

    MESSAGE: ClassVar[str] = "server_key_exchange"

    group: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class NewSessionTicket(TlsMessage):
    """RFC 5077 section 3.3."""

    MESSAGE: ClassVar[str] = "new_session_ticket"

    lifetime: int = 0  #: s
    size: int = 0  #: bytes of the ticket


@dataclass(slots=True, kw_only=True, eq=False)
class Alert(TlsMessage):
    """RFC 8446 section 6, while it is not encrypted."""

    MESSAGE: ClassVar[str] = "alert"

    level: int = 0
    description: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Finished(TlsMessage):
    """The encrypted record that ends a side's part of the handshake.

    Before TLS 1.3 the first one after its ChangeCipherSpec. Of TLS 1.3 only the client's can be told: its first encrypted record
    after the ServerHello, where it sent no early data (with a client certificate, its Certificate begins there).
    """

    MESSAGE: ClassVar[str] = "finished"
