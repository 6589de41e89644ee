"""Sentences about connections that did not come about, took long to open, or were torn down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import duration, plural

from .hint import Hint
from .phrases import number, of_all, was


def _refused(f: Finding) -> str:
    return f"{plural(f.count, 'connection')}{_servers(f)} {was(f)} refused: the SYN was answered with RST."


def _unanswered(f: Finding) -> str:
    waited = f", waited up to {duration(number(f, 'longest_ns'))}" if number(f, "longest_ns") else ""
    return f"{plural(f.count, 'connection')}{_servers(f)} got no answer at all ({plural(number(f, 'syns'), 'SYN')}{waited})."


def _told(f: Finding, what: str) -> str:
    return f"{plural(f.count, 'connection')}{_servers(f)} failed: {what} (ICMP)."


def _half_open(f: Finding) -> str:
    return f"{plural(f.count, 'connection')}{_servers(f)} stayed half open: the SYN/ACK was never acknowledged."


def _connect_repeated(f: Finding) -> str:
    longest = duration(number(f, "longest_ns"))
    most = "up to " if f.count > 1 else ""
    return f"{plural(f.count, 'connection')}{_servers(f)} opened only after several attempts, in {most}{longest}."


def _stale(f: Finding) -> str:
    text = f"{plural(f.count, 'connection')}{_servers(f)} {was(f)} open for one side alone"
    return f"{text}: its data was answered with RST."


def _foreign_reset(f: Finding) -> str:
    resets = "1 RST was" if f.count == 1 else f"{f.count:,} RSTs were"
    text = f"{resets} probably not sent by the end whose address {'it bears' if f.count == 1 else 'they bear'}"
    first = "" if f.count == 1 else "the first with "
    counted = f", and IP IDs are out of its order in {number(f, 'by_id'):,}" if number(f, "by_id") else ""
    return f"{text}: {first}TTL {number(f, 'ttl')}, where that end's packets have {number(f, 'usual_ttl')}{counted}."


def _failing(f: Finding) -> str:
    of = number(f, "of")
    return f"{f.count:,} of {plural(of, 'connection')}{_servers(f)} failed ({of_all(f)}), while others opened."


def _servers(f: Finding) -> str:
    if not f.values.get("servers"):
        return ""
    others = number(f, "other_servers")
    least = "at least " if f.values.get("not_asked") else ""
    more = f" and {least}{plural(others, 'other server')}" if others else " and maybe others" if least else ""
    return f" to {f.values['servers']}{more}"


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "refused": _refused,
    "connect_no_route": lambda f: _told(f, "a router knows no way to the network"),
    "connect_host_unreachable": lambda f: _told(f, "the last router did not find the host"),
    "connect_port_unreachable": lambda f: _told(f, "nobody takes TCP or this port there"),
    "connect_prohibited": lambda f: _told(f, "a filter on the way prohibits it"),
    "connect_time_exceeded": lambda f: _told(f, "the SYN went in a circle or too far"),
    "unanswered": _unanswered,
    "half_open": _half_open,
    "server_failing": _failing,
    "connect_repeated": _connect_repeated,
    "stale": _stale,
    "aborted": lambda f: f"{plural(f.count, 'connection')}{_servers(f)} {was(f)} aborted by RST without a FIN.",
    "foreign_reset": _foreign_reset,
    "one_sided": lambda f: (
        f"{plural(f.count, 'connection')} in one direction only: the other was not captured, so losses cannot be judged."
    ),
    "mid_capture": lambda f: (
        f"{plural(f.count, 'connection')} {was(f)} open already: without the handshake, window sizes may be wrong."
    ),
}

HINTS: Final[dict[str, Hint]] = {
    "refused": Hint(
        "connection",
        "The host is up: see whether the service runs there and listens there, then whether a firewall rejects.",
        "A closed port answers a SYN with RST (RFC 9293 section 3.5.2).",
    ),
    "connect_no_route": Hint(
        "connection",
        "Compare the routes at the router that sent the error: its address is the source of the ICMP frame.",
        "ICMP network unreachable, ICMPv6 no route (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).",
    ),
    "connect_host_unreachable": Hint(
        "connection",
        "See whether the host is on: the router on its link asked for its MAC address and got no answer.",
        "ICMP host unreachable, ICMPv6 address unreachable (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).",
    ),
    "connect_port_unreachable": Hint(
        "connection",
        "A TCP stack would send RST, so look for a firewall that rejects with ICMP at the address that sent the error.",
        "Port and protocol unreachable are hard errors: the attempt ends at once (RFC 1122 section 4.2.3.9).",
    ),
    "connect_prohibited": Hint(
        "connection",
        "Ask for a rule in the firewall that sent the ICMP error; no repeat will help.",
        "Communication administratively prohibited (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).",
    ),
    "connect_time_exceeded": Hint(
        "connection",
        "Look for a routing loop with traceroute, unless these SYNs are those of a traceroute over TCP.",
        "Time to live and ICMP time exceeded (RFC 792, RFC 1812 section 5.3.1).",
    ),
    "unanswered": Hint(
        "connection",
        "See whether the SYN arrives at the server (capture there): if not, a firewall drops it or the route is wrong; if it"
        " does, the way back is, or the backlog is full.",
        "A SYN is repeated after 1 s, then 2, 4, ... (RFC 6298 section 2); filters that drop leave no trace.",
    ),
    "half_open": Hint(
        "connection",
        "See whether the SYN/ACK reaches the client: an asymmetric route or a firewall loses it, or the SYN came from a scan or a"
        " forged address (then SYN cookies).",
        "SYN-RECEIVED without the third segment (RFC 9293 section 3.5; SYN floods: RFC 4987).",
    ),
    "server_failing": Hint(
        "connection",
        "Look at the listen backlog and limits of the server, and at each machine behind the load balancer.",
        "A full accept queue drops SYNs or answers RST (Linux: nstat TcpExtListenOverflows, tcp_abort_on_overflow).",
    ),
    "connect_repeated": Hint(
        "connection",
        "Find where SYN or SYN/ACK gets lost: a full listen backlog, a firewall with state, or loss on the way.",
        "The first timeout is 1 s without any measured round trip (RFC 6298 section 2.1): one lost SYN costs that second.",
    ),
    "stale": Hint(
        "connection",
        "See whether the server was restarted, or a NAT or load balancer forgot an idle connection: send keep-alives more often"
        " than its idle timeout.",
        "Half-open connections are found by RST when data is sent (RFC 9293 section 3.5.1; NAT timeouts: RFC 5382 REQ-5).",
    ),
    "aborted": Hint(
        "connection",
        "See who sent the RST: a program that closed with unread data or SO_LINGER 0, crashed, or timed out.",
        "RST aborts and discards what was not delivered; FIN ends in order (RFC 9293 section 3.6, RFC 2525 section 2.17).",
    ),
    "foreign_reset": Hint(
        "connection",
        "Look for a firewall, proxy or load balancer between capture point and that end, and its idle timeout or filter; a second"
        " capture at the end tells who sent it.",
        "Middleboxes forge resets (RFC 3360); each hop lowers the TTL by one, so another distance means another sender.",
    ),
    "one_sided": Hint(
        "capture",
        "Capture where both directions pass: both ports of a mirror, or on one of the hosts.",
        "Asymmetric routing: the two directions may take different ways, so one link may carry one of them only.",
    ),
    "mid_capture": Hint(
        "capture",
        "Start the capture before the connection, to see its window scale and first round trip.",
        "Window scale stands in SYN and SYN/ACK only (RFC 7323 section 2.2).",
    ),
}
