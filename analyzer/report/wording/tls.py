"""Sentences about handshakes of TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.dissect.application.tls.names import ALERTS
from analyzer.finding import Finding
from analyzer.flow.findings.tls import SHOWN_WORDS
from analyzer.report.text import duration, plural, shortened

from .phrases import number, was

WIDTH: Final = 60  #: characters of each name

#: what an alert means to a person; the names of the others say it
ALERT_MEANINGS: Final = {
    10: "a message came that has no place there",
    20: "decryption failed",
    40: "they have no cipher suite or parameter in common",
    42: "the certificate is damaged or its signature is wrong",
    43: "it cannot use that kind of certificate",
    44: "the certificate was revoked",
    45: "the certificate has expired, or a clock is wrong",
    46: "it does not accept the certificate",
    47: "a value is not allowed",
    48: "it does not trust who issued the certificate",
    49: "the certificate is valid, but its owner has no access",
    50: "a message could not be read",
    51: "a signature or key check failed",
    70: "they have no version in common",
    71: "the ciphers on offer are too weak for it",
    80: "something failed inside of it",
    86: "the client tried an older version although both know a newer one",
    109: "an extension is missing",
    112: "it does not know the server name that the client asked for",
    116: "it wants a certificate of the client",
    120: "they have no application protocol (ALPN) in common",
    121: "the server did not take the Encrypted Client Hello",
}


def _words(f: Finding) -> str:
    """a, b and 3 more; empty where there are none"""
    shown = [str(f.values[f"word_{n}"]) for n in range(SHOWN_WORDS) if f.values.get(f"word_{n}")]
    more = number(f, "more")
    return ", ".join(shortened(word, WIDTH) for word in shown) + (f" and {more:,} more" if more else "")


def _named(f: Finding) -> str:
    words = _words(f)
    return f" ({words})" if words else ""


def _longest(f: Finding) -> str:
    return f"{'up to ' if f.count > 1 else ''}{duration(number(f, 'longest_ns'))}"


def _alert(f: Finding) -> str:
    description = number(f, "description")
    name = ALERTS.get(description, str(description)).replace("_", " ")
    meaning = ALERT_MEANINGS.get(description)
    why = f": {meaning}" if meaning else ""
    sender = "client" if f.values.get("sender") == "client" else "server"
    return f"{plural(f.count, 'TLS handshake')}{_named(f)} {was(f)} ended by the {sender} with the alert {name}{why}."


def _hello_retry(f: Finding) -> str:
    handshakes = plural(f.count, "TLS handshake")
    return f"{handshakes} took one more round trip ({_longest(f)}): no key share of the group that the server wants{_named(f)}."


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "tls_alert": _alert,
    "tls_unanswered": lambda f: (
        f"{plural(f.count, 'ClientHello')}{_named(f)} got no answer in the capture, neither a ServerHello nor an alert."
    ),
    "tls_old_version": lambda f: f"{plural(f.count, 'TLS connection')} with a version that nobody should use{_named(f)}.",
    "tls_weak_cipher": lambda f: f"{plural(f.count, 'TLS connection')} with a weak cipher suite{_named(f)}.",
    "tls_no_forward_secrecy": lambda f: (
        f"{plural(f.count, 'TLS connection')} without forward secrecy{_named(f)}:"
        " who gets the server's key later can decrypt what was captured."
    ),
    "tls_hello_retry": _hello_retry,
    "tls_slow_hello": lambda f: (
        f"{plural(f.count, 'ClientHello')}{_named(f)} took {_longest(f)} from first to last byte: a part was lost or held up."
    ),
    "tls_cut_hello": lambda f: f"{plural(f.count, 'hello')} of TLS{_named(f)} never came whole.",
    "tls_limit": lambda f: f"{plural(f.count, 'TLS handshake')} with messages that are too long or too many, and were not read.",
}
