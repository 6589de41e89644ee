"""Sentences about certificates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.flow.findings.certificates import SHOWN_SUBJECTS
from analyzer.report.text import duration, plural, shortened

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
