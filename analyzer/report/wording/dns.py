"""Sentences about how names were resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.machine import terminal_safe
from analyzer.report.text import duration, plural

from .hint import Hint
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


def _said(f: Finding) -> tuple[str, str]:
    """The name, and what each server said of it."""
    said = []
    for place in range(number(f, "servers_asked")):
        addresses = str(f.values.get(f"addresses_{place}", ""))
        said.append(f"{f.values.get(f'server_{place}')} says {addresses or 'that it does not exist'}")
    return terminal_safe(str(f.values.get("names", ""))), terminal_safe("; ".join(said))


def _split_horizon(f: Finding) -> str:
    name, said = _said(f)
    return f"What {name or 'a name'} means depends on whom one asks (split horizon){': ' if said else ''}{said}."


def _private_and_public(f: Finding) -> str:
    name, said = _said(f)
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

RCODE_ADVICE: Final = {  #: what to do about a response code, where it is known better than of all
    "NXDOMAIN": "Check the name and the search list of the host; if both are right, the record is missing in its zone.",
    "SERVFAIL": "Ask along the delegation (dig +trace), and without validation (dig +cd): if that answers, DNSSEC is broken.",
    "REFUSED": "Ask another server, or let this one serve the client: its access list or its zones exclude the question.",
}


def advice(f: Finding) -> str:
    """What to do about the response code that it is; empty where there is nothing better to say than of all."""
    return RCODE_ADVICE.get(str(f.values.get("rcode", "")), "")


HINTS: Final[dict[str, Hint]] = {
    "dns_no_answer": Hint(
        "name",
        "Ask the server yourself (dig @server name): if it answers, look for a filter on UDP port 53; else use another resolver.",
        "Resolvers repeat after seconds (Linux: 5 s, then the next server; resolv.conf options timeout and attempts).",
    ),
    "dns_unsolicited": Hint(
        "name",
        "Nothing, if the query was only not captured; else see whether the sender is a resolver of yours (spoofing).",
        "A response must match address, port, identifier and question (RFC 5452 section 9.1).",
    ),
    "dns_rcode": Hint(
        "name",
        "Ask the authoritative servers for the name (dig +trace): NXDOMAIN is a wrong name or search list; SERVFAIL and"
        " REFUSED lie at the server.",
        "Response codes (RFC 1035 section 4.1.1, RFC 2136, RFC 6895).",
    ),
    "dns_slow": Hint(
        "name",
        "Use a resolver that is nearer or caches more; see which of its upstream servers is slow (dig +trace +stats).",
        "A miss in the cache costs a walk from the root down (RFC 1034 section 5.3.3).",
    ),
    "dns_repeated": Hint(
        "name",
        "Find where query or answer was lost: a busy resolver, a filter on large answers, or loss on the way.",
        "UDP has no repair of its own: the client's timer repeats, mostly after 1 to 5 s (RFC 1035 section 4.2.1).",
    ),
    "dns_truncated": Hint(
        "name",
        "Make answers smaller (fewer records, ECDSA instead of RSA), or let TCP port 53 pass.",
        "TC asks for a repeat over TCP (RFC 1035 section 4.2.1, RFC 7766); EDNS says how much fits (RFC 6891).",
    ),
    "dns_not_cached": Hint(
        "name",
        "Run a cache on the host (systemd-resolved, nscd, dnsmasq), or let the program keep its connections.",
        "The TTL says how long an answer may be kept (RFC 1035 section 3.2.1).",
    ),
    "dns_short_ttl": Hint(
        "name",
        "Ask the owner of the zone for a longer TTL; below 30 s it costs more than it steers.",
        "Low TTLs make clients ask again and again (RFC 1034 section 3.6 has days in mind).",
    ),
    "dns_split_horizon": Hint(
        "name",
        "See which resolver the program asks (VPN, second interface, DNS over HTTPS); all of them should know the name.",
        "Views: one name, other answers for other askers (RFC 9499, split DNS).",
    ),
    "dns_private_and_public": Hint(
        "name",
        "Publish private addresses inside only: who is outside waits for one that leads nowhere.",
        "Private addresses mean something within one network only (RFC 1918, RFC 4193).",
    ),
    "dns_differs": Hint(
        "name",
        "Nothing, if a content network answers by place; else compare the zones of these servers (SOA serial).",
        "Answers may depend on the asker's network (RFC 7871).",
    ),
    "dns_malformed": Hint(
        "name",
        "See which program sent it; a middlebox that rewrites DNS is another suspect.",
        "Messages and name compression (RFC 1035 section 4.1).",
    ),
}
