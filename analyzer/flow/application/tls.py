"""Rows of TLS messages: hellos, certificates, alerts, and where each side's handshake ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from analyzer.dissect.application.stream import Message
from analyzer.dissect.application.tls import ja3, ja4, names
from analyzer.dissect.application.tls.cipher_suites import WEAKNESS
from analyzer.dissect.application.tls.message import (
    Alert,
    Certificate,
    CertificateRequest,
    CertificateStatus,
    ClientHello,
    NewSessionTicket,
    ServerHello,
    ServerKeyExchange,
    TlsMessage,
    Words,
)
from analyzer.flow.meaning import Key, boolean, frame, integer, listing, text, time

from . import certificates
from .rows import PLACED, Row, placed

KEYS: Final[Mapping[str, Key]] = {
    **PLACED,
    "transport": text("tls (over TCP) or dtls (over UDP)"),
    "message": text(
        "client_hello, server_hello (also a HelloRetryRequest), hello_verify_request, certificate, server_key_exchange, "
        "certificate_request, certificate_status, new_session_ticket, alert; finished: a side's encrypted record that ends its "
        "part of the handshake (in TLS 1.3 the client's only, and not where it sent early data)"
    ),
    "malformed": boolean("a length inside the message cannot be right; what comes before is known"),
    "limit": text("why the message (length) or what follows it (count) was not read; absent: no limit was reached"),
    "client_hello_frame": frame("the frame that completed the ClientHello of this handshake; null: not captured"),
    "response_time_ns": time("of a server's first answer: from the last byte of the ClientHello to its own first byte"),
    "sni": text("server name that the client asked for; of other messages than its own: in the ClientHello"),
    "alpn": Key("list or text", "", "client_hello: protocols offered; server_hello: the one chosen (null in TLS 1.3: encrypted)"),
    "version": integer("client_hello: the legacy version; server_hello: the version negotiated"),
    "version_name": text("its name"),
    "supported_versions": listing("versions offered in the extension, GREASE included; null: no such extension"),
    "supported_version_names": listing("their names"),
    "cipher_suites": listing("cipher suites offered, GREASE included"),
    "cipher_suite_names": listing("their names"),
    "groups": listing("groups (curves) supported, GREASE included; null: no such extension"),
    "group_names": listing("their names"),
    "key_shares": listing("groups that a key was sent for; null: no such extension"),
    "key_share_names": listing("their names"),
    "post_quantum": listing("names of the post-quantum groups among the groups"),
    "signature_algorithms": listing("signature algorithms supported; null: no such extension"),
    "signature_algorithm_names": listing("their names"),
    "extensions": listing("types of the extensions in their order, GREASE included"),
    "extension_names": listing("their names"),
    "ja3": text("MD5 of ja3_text; null: the message is cut"),
    "ja3_text": text("JA3 fingerprint of the client"),
    "ja4": text("JA4 fingerprint of the client; null: the message is cut"),
    "ech": text(
        "Encrypted Client Hello: none; offered: it surely hides another server name; grease: nothing proves that, which is what "
        "nearly all are, but a true offer looks the same"
    ),
    "session_id_length": integer("session id", "bytes"),
    "ticket_length": integer("session ticket offered (RFC 5077); 0: asks for one; null: neither", "bytes"),
    "pre_shared_key": boolean("client_hello: offers to resume a session (TLS 1.3); server_hello: the server agrees"),
    "early_data": boolean("the client sends data before the server answers (0-RTT)"),
    "sslv2": boolean("the ClientHello has the format of SSL 2.0"),
    "retried": boolean("the client sends it for the second time, since a HelloRetryRequest asked for another key"),
    "cipher_suite": integer("cipher suite chosen"),
    "cipher_suite_name": text("its name"),
    "weak": text("why nobody should use this cipher suite; null: no reason known"),
    "group": integer("group of the key exchange; of a HelloRetryRequest: the one asked for; null: none, or not visible"),
    "group_name": text("its name"),
    "hello_retry_request": boolean("the server asks for another ClientHello, which costs a round trip"),
    "resumed": boolean("an earlier session goes on, without certificates; null: the ClientHello is missing"),
    "forward_secrecy": boolean("who gets the server's key later cannot decrypt this; null: an unknown cipher suite"),
    "compression": integer("compression method; 0: none"),
    **certificates.KEYS,
    "certificate_types": listing("types of certificates that the server accepts from the client"),
    "authorities": integer("names of certificate authorities that the server accepts"),
    "size": integer("certificate_status: the stapled OCSP response; new_session_ticket: the ticket", "bytes"),
    "lifetime_ns": time("for which the client may keep the session ticket; 0: not said"),
    "level": integer("of an alert: 1 warning, 2 fatal"),
    "level_name": text("its name"),
    "description": integer("what the alert says, as registered at IANA"),
    "description_name": text("its name"),
}

MAX_REMEMBERED: Final = 1_024  #: offers of clients, choices of servers, and lists of code points that are kept

_Fill = Callable[[Any, Row], None]
_Kept = TypeVar("_Kept")
_offers: dict[tuple[Any, ...], Row] = {}
_choices: dict[tuple[Any, ...], Row] = {}
_named: dict[tuple[Words, Callable[[int], str]], list[str]] = {}


class Rows:
    """One row for each message. Rows share their lists, which nobody may change."""

    def __init__(self, show_secrets: bool = False) -> None:
        pass

    def rows(self, message: Message) -> Iterable[Row]:
        """The row of a message of TLS."""
        assert isinstance(message, TlsMessage) and message.origin is not None
        client = message.client
        row = placed(message, client if client >= 0 else message.origin.client)
        row["transport"] = "dtls" if message.datagram else "tls"
        row["message"] = message.MESSAGE
        row["malformed"] = message.malformed
        if message.limit:
            row["limit"] = message.limit
        kind = type(message)
        if kind is not ClientHello:
            hello = message.client_hello
            row["client_hello_frame"] = None if hello is None or hello.last is None else hello.last.frame
            row["sni"] = None if hello is None else hello.sni
        fill = _FILL.get(kind)
        if fill is not None:
            fill(message, row)
        return (row,)


def _client_hello(message: ClientHello, row: Row) -> None:
    key = (
        message.alpn, message.first_protocol, message.version, message.supported_versions, message.cipher_suites, message.groups,
        message.key_shares, message.signature_algorithms, message.extensions, message.point_formats,
        message.complete, message.sslv2, message.datagram,
    )  # fmt: skip
    offer = _offers.get(key)
    if offer is None:
        offer = _keep(_offers, key, _offer(message))
    row |= {
        "sni": message.sni,
        **offer,
        "ech": message.ech,
        "session_id_length": len(message.session_id),
        "ticket_length": message.ticket,
        "pre_shared_key": message.pre_shared_key,
        "early_data": message.early_data,
        "sslv2": message.sslv2,
        "retried": message.client_hello is not None,
    }


def _offer(message: ClientHello) -> Row:
    """What a client offers, and its fingerprints: the same software sends the same, again and again."""
    fingerprints = message.complete and message.version is not None and not message.sslv2
    ja3_text = ja3.text(message) if fingerprints else None
    return {
        "alpn": _list(message.alpn),
        "version": message.version,
        "version_name": None if message.version is None else names.version_name(message.version),
        "supported_versions": _list(message.supported_versions),
        "supported_version_names": _names(message.supported_versions, names.version_name),
        "cipher_suites": _list(message.cipher_suites),
        "cipher_suite_names": _names(message.cipher_suites, names.cipher_suite_name),
        "groups": _list(message.groups),
        "group_names": _names(message.groups, names.group_name),
        "key_shares": _list(message.key_shares),
        "key_share_names": _names(message.key_shares, names.group_name),
        "post_quantum": [names.POST_QUANTUM[group] for group in message.groups or () if group in names.POST_QUANTUM],
        "signature_algorithms": _list(message.signature_algorithms),
        "signature_algorithm_names": _names(message.signature_algorithms, names.signature_scheme_name),
        "extensions": list(message.extensions),
        "extension_names": _names(message.extensions, names.extension_name),
        "ja3_text": ja3_text,
        "ja3": None if ja3_text is None else ja3.digest(ja3_text),
        "ja4": ja4.fingerprint(message) if fingerprints else None,
    }


def _server_hello(message: ServerHello, row: Row) -> None:
    key = message.alpn, message.version, message.cipher_suite, message.group, message.extensions
    choice = _choices.get(key)
    if choice is None:
        choice = _keep(_choices, key, _choice(message))
    row |= {
        "response_time_ns": _response_time(message),
        **choice,
        "hello_retry_request": message.hello_retry_request,
        "pre_shared_key": message.pre_shared_key,
        "resumed": message.resumed,
        "forward_secrecy": message.forward_secrecy,
        "compression": message.compression,
        "session_id_length": len(message.session_id),
    }


def _choice(message: ServerHello) -> Row:
    """What a server chooses."""
    suite = message.cipher_suite
    return {
        "alpn": message.alpn,
        "version": message.version,
        "version_name": None if message.version is None else names.version_name(message.version),
        "cipher_suite": suite,
        "cipher_suite_name": None if suite is None else names.cipher_suite_name(suite),
        "weak": None if suite is None else WEAKNESS.get(suite),
        "group": message.group,
        "group_name": None if message.group is None else names.group_name(message.group),
        "extensions": list(message.extensions),
        "extension_names": _names(message.extensions, names.extension_name),
    }


def _response_time(message: TlsMessage) -> int | None:
    asked, answered = message.client_hello, message.first
    return None if asked is None or asked.last is None or answered is None else answered.time - asked.last.time


def _certificate(message: Certificate, row: Row) -> None:
    from_server = row["direction"] == "server"
    row |= certificates.certificate_keys(message.chain, row["time_ns"], from_server, row["sni"])


def _certificate_request(message: CertificateRequest, row: Row) -> None:
    row["certificate_types"] = list(message.certificate_types)
    row["authorities"] = message.authorities


def _certificate_status(message: CertificateStatus, row: Row) -> None:
    row["size"] = message.size


def _server_key_exchange(message: ServerKeyExchange, row: Row) -> None:
    row["group"] = message.group
    row["group_name"] = None if message.group is None else names.group_name(message.group)


def _new_session_ticket(message: NewSessionTicket, row: Row) -> None:
    row["lifetime_ns"] = message.lifetime * 1_000_000_000
    row["size"] = message.size


def _alert(message: Alert, row: Row) -> None:
    row["level"] = message.level
    row["level_name"] = names.ALERT_LEVELS.get(message.level, str(message.level))
    row["description"] = message.description
    row["description_name"] = names.ALERTS.get(message.description, str(message.description))
    if row["direction"] == "server" and message.server_hello is None:
        row["response_time_ns"] = _response_time(message)


def _names(values: Words | None, name: Callable[[int], str]) -> list[str] | None:
    """The names of code points; the clients of a capture send the same few lists again and again."""
    if values is None:
        return None
    known = _named.get((values, name))
    return _keep(_named, (values, name), [name(value) for value in values]) if known is None else known


def _keep(among: dict[Any, _Kept], key: Any, value: _Kept) -> _Kept:
    """Remember a value, within MAX_REMEMBERED."""
    if len(among) >= MAX_REMEMBERED:
        among.clear()
    among[key] = value
    return value


def _list(values: tuple[Any, ...] | None) -> list[Any] | None:
    return None if values is None else list(values)


_FILL: Final[Mapping[type, _Fill]] = {
    ClientHello: _client_hello, ServerHello: _server_hello, Certificate: _certificate, CertificateRequest: _certificate_request,
    CertificateStatus: _certificate_status, ServerKeyExchange: _server_key_exchange, NewSessionTicket: _new_session_ticket,
    Alert: _alert,
}  # fmt: skip
