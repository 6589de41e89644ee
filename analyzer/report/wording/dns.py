"""Sentences about how names were resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.machine import terminal_safe
from analyzer.report.text import duration, plural

from .phrases import number, of_all, was

RCODES: Final = {  #: what a response code means to a person
    "NXDOMAIN": "the name does not exist",
    "SERVFAIL": "the server failed to find out",
    "REFUSED": "the server refused",
    "FORMERR": "the server did not understand the query",
    "NOTIMP": "the server cannot do what was asked",
    "NOTAUTH": "the server is not in charge of the zone",
    "BADVERS": "the server does not know this version of EDNS",
}


def _names(f: Finding) -> str:
    names = terminal_safe(str(f.values.get("names", "")))
    more = number(f, "more_names")
    others = f" and {plural(more, 'other name')}" if more else ""
    return f" ({names}{others})" if names else ""


def _no_answer(f: Finding) -> str:
    return f"{plural(f.count, 'DNS query', 'DNS queries')} got no answer{_names(f)}: {of_all(f)} of all."


def _rcode(f: Finding) -> str:
    rcode = str(f.values.get("rcode", ""))
    meaning = f": {RCODES[rcode]}" if rcode in RCODES else ""
    return f"{plural(f.count, 'DNS response')} {was(f)} {rcode}{meaning}{_names(f)}."


def _slow(f: Finding) -> str:
    most = "up to " if f.count > 1 else ""
    return f"{plural(f.count, 'DNS answer')} took long, {most}{duration(number(f, 'longest_ns'))}{_names(f)}."


def _repeated(f: Finding) -> str:
    return f"{plural(f.count, 'DNS query was', 'DNS queries were')} sent again for want of an answer{_names(f)}."


def _unsolicited(f: Finding) -> str:
    responses = plural(f.count, "DNS response answers", "DNS responses answer")
    return f"{responses} no query of the capture{_names(f)}: {of_all(f)} of all."


def _truncated(f: Finding) -> str:
    retries = number(f, "retries")
    cost = ", and nobody asked again over TCP"
    if retries:
        cost = f": {plural(retries, 'retry', 'retries')} over TCP took up to {duration(number(f, 'longest_ns'))} more"
    return f"{plural(f.count, 'DNS answer')} {was(f)} too big for UDP{_names(f)}{cost}."


def _not_cached(f: Finding) -> str:
    return f"{plural(f.count, 'DNS query', 'DNS queries')} asked for what the host knew already and could have kept{_names(f)}."


def _short_ttl(f: Finding) -> str:
    queries = plural(f.count, "DNS query", "DNS queries")
    return f"{queries} asked again because answers live for {number(f, 'ttl')} seconds at most{_names(f)}."


def _split_horizon(f: Finding) -> str:
    name, said = (terminal_safe(str(f.values.get(key, ""))) for key in ("names", "answers"))
    return f"What {name or 'a name'} means depends on whom one asks (split horizon){': ' if said else ''}{said}."


def _private_and_public(f: Finding) -> str:
    name, said = (terminal_safe(str(f.values.get(key, ""))) for key in ("names", "answers"))
    return f"{name or 'A name'} has private and public addresses at once{': ' if said else ''}{said}."


def _differs(f: Finding) -> str:
    verb = "has" if f.count == 1 else "have"
    return f"{plural(f.count, 'name')} {verb} other addresses for each server that was asked{_names(f)}."


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "dns_no_answer": _no_answer,
    "dns_unsolicited": _unsolicited,
    "dns_rcode": _rcode,
    "dns_slow": _slow,
    "dns_repeated": _repeated,
    "dns_truncated": _truncated,
    "dns_not_cached": _not_cached,
    "dns_short_ttl": _short_ttl,
    "dns_split_horizon": _split_horizon,
    "dns_private_and_public": _private_and_public,
    "dns_differs": _differs,
    "dns_malformed": lambda f: f"{plural(f.count, 'DNS message')} cannot be read in every part{_names(f)}.",
}
