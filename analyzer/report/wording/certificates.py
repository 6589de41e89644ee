"""Sentences about certificates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.flow.findings.certificates import SHOWN_SUBJECTS
from analyzer.report.text import duration, plural, shortened

from .hint import Hint
from .phrases import number

WIDTH: Final = 90  #: characters of each name


def _sent(f: Finding, what: str) -> str:
    """2 server certificate messages with ...: how often, by whom."""
    sender = "client" if f.values.get("sender") == "client" else "server"
    return f"{plural(f.count, f'{sender} certificate message')} {what}"


def _whose(f: Finding) -> str:
    """(CN=a; CN=b and 2 more)"""
    names = []
    for n in range(SHOWN_SUBJECTS):
        subject, asked = f.values.get(f"subject_{n}"), f.values.get(f"asked_{n}")
        if asked:
            names.append(f"{shortened(str(asked), WIDTH)}: {shortened(str(subject or 'no subject'), WIDTH)}")
        elif subject:
            names.append(shortened(str(subject), WIDTH))
    more = number(f, "more")
    if more:
        names.append(f"{more:,} more")
    return f" ({'; '.join(names)})" if names else ""


def _period(f: Finding) -> str:
    return duration(number(f, "ns"))


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "certificate_expired": lambda f: f"{_sent(f, 'with an expired certificate')}, by up to {_period(f)}{_whose(f)}.",
    "certificate_not_yet_valid": lambda f: (
        f"{_sent(f, 'with a certificate that was not valid yet')}, by up to {_period(f)}{_whose(f)}: is a clock wrong?"
    ),
    "certificate_name_mismatch": lambda f: f"{_sent(f, 'without the name that the client asked for')}{_whose(f)}.",
    "certificate_wrong_issuer": lambda f: (
        f"{_sent(f, 'with an issuer of the right name whose key did not sign')}{_whose(f)}: a renewed CA, and an old file?"
    ),
    "certificate_missing_intermediate": lambda f: (
        f"{_sent(f, 'without the issuer of the certificate')}{_whose(f)}: an intermediate is missing,"
        " unless the clients know that issuer."
    ),
    "certificate_self_signed": lambda f: f"{_sent(f, 'with a self-signed certificate')}{_whose(f)}.",
    "certificate_wrong_order": lambda f: (
        f"{_sent(f, 'with certificates in the wrong order')}{_whose(f)}: some clients cannot follow."
    ),
    "certificate_expiring": lambda f: (
        f"{_sent(f, 'with a certificate that expires soon')}, the first in {_period(f)}{_whose(f)}."
    ),
    "certificate_weak_key": lambda f: f"{_sent(f, 'with a key that is too short')}{_whose(f)}.",
    "certificate_weak_signature": lambda f: f"{_sent(f, 'with a signature over a broken hash (MD5, SHA-1)')}{_whose(f)}.",
    "certificate_common_name_only": lambda f: (
        f"{_sent(f, 'with the name in the common name only')}{_whose(f)}: browsers since 2017 do not look there."
    ),
    "certificate_superfluous": lambda f: f"{_sent(f, 'with certificates that nobody needs')}{_whose(f)}.",
    "certificate_malformed": lambda f: f"{_sent(f, 'with a certificate that breaks the rules')}{_whose(f)}.",
    "certificate_long_chain": lambda f: f"{_sent(f, 'with more certificates than were judged')}{_whose(f)}.",
    "client_certificate": lambda f: f"{plural(f.count, 'time')} a client showed a certificate (mutual TLS){_whose(f)}.",
    "client_certificate_missing": lambda f: f"{plural(f.count, 'time')} a client was asked for a certificate and had none.",
}

HINTS: Final[dict[str, Hint]] = {
    "certificate_expired": Hint(
        "tls",
        "Renew the certificate, and let the renewal run by itself (ACME, RFC 8555); see that the server was reloaded.",
        "Validity (RFC 5280 section 4.1.2.5).",
    ),
    "certificate_not_yet_valid": Hint(
        "tls",
        "Compare the clocks of both sides with the validity: mostly one of them is wrong.",
        "Validity (RFC 5280 section 4.1.2.5).",
    ),
    "certificate_name_mismatch": Hint(
        "tls",
        "Get a certificate with this name in subjectAltName, or ask for a name that it has; see whether the server picks by SNI.",
        "Names are compared with subjectAltName (RFC 9525 section 6).",
    ),
    "certificate_wrong_issuer": Hint(
        "tls",
        "Install the chain that belongs to the certificate: the intermediate in the file is another one of the same name.",
        "The issuer's key must have signed (RFC 5280 section 6.1.3).",
    ),
    "certificate_missing_intermediate": Hint(
        "tls",
        "Add the intermediate to the server's file (fullchain): browsers may fetch it, programs do not.",
        "The server sends the chain, the root excepted (RFC 8446 section 4.4.2).",
    ),
    "certificate_self_signed": Hint(
        "tls",
        "Sign it with a CA that the clients know, or hand its root to them.",
        "Trust begins with a configured root (RFC 5280 section 6.1).",
    ),
    "certificate_wrong_order": Hint(
        "tls",
        "Put the file in order: the server's own, then each one's issuer.",
        "TLS 1.2 demands the order (RFC 5246 section 7.4.2), TLS 1.3 wants it (RFC 8446 section 4.4.2).",
    ),
    "certificate_expiring": Hint(
        "tls",
        "Renew it now, and see why that has not happened by itself.",
        "Validity (RFC 5280 section 4.1.2.5).",
    ),
    "certificate_weak_key": Hint(
        "tls",
        "Make a new key: RSA with 2048 bits and more, or ECDSA P-256.",
        "Key sizes (RFC 9325 section 4.5).",
    ),
    "certificate_weak_signature": Hint(
        "tls",
        "Get a certificate that is signed with SHA-256.",
        "MD5 and SHA-1 signatures can be forged (RFC 9155, RFC 9325 section 4.5).",
    ),
    "certificate_common_name_only": Hint(
        "tls",
        "Get a certificate with the name in subjectAltName.",
        "The common name is not looked at any more (RFC 9525 section 2).",
    ),
    "certificate_superfluous": Hint(
        "tls",
        "Leave the root and strangers out of the server's file: they cost bytes, at worst a round trip.",
        "The root may be omitted (RFC 8446 section 4.4.2).",
    ),
    "certificate_malformed": Hint(
        "tls",
        "Get a new certificate; strict clients refuse this one.",
        "Certificates are DER (RFC 5280 section 4.1).",
    ),
    "certificate_long_chain": Hint(
        "tls",
        "Send the chain alone: two or three certificates.",
        "A flight beyond the initial window of some 14 kB costs a round trip (RFC 6928).",
    ),
    "client_certificate": Hint(
        "tls",
        "Nothing: both sides are known to each other.",
        "Mutual TLS (RFC 8446 section 4.3.2).",
    ),
    "client_certificate_missing": Hint(
        "tls",
        "Configure the client's certificate, or see why none fits the authorities that the server names.",
        "An empty Certificate message says: I have none (RFC 8446 section 4.4.2).",
    ),
}
