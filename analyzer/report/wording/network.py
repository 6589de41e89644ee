"""Sentences about the link and the network: addresses, ICMP, fragments, sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.fault import Fault
from analyzer.finding import Finding
from analyzer.report.text import duration, plural

from .hint import Hint
from .phrases import number, of_all, streams_in_words

FAULTS: Final = {
    Fault.SHORT: "cut off by the layer around it",
    Fault.HEADER_LENGTH: "its own length cannot be right",
    Fault.TOTAL_LENGTH: "the length of what follows does not fit",
    Fault.VERSION: "the version is wrong",
    Fault.OPTIONS: "its options end in the middle of one",
    Fault.DEPTH: "nested too deeply",
    Fault.CHAIN: "too many headers in a chain",
    Fault.FIELD: "a value is forbidden",
}
REASONS: Final = {
    "no_route": "a router knows no way to the destination",
    "host": "the destination host was not found",
    "port": "nobody listens on the port",
    "prohibited": "a filter prohibits it",
}


def _unreachable(f: Finding) -> str:
    why = REASONS.get(str(f.values.get("reason", "")), "the destination is unreachable")
    return f"{plural(f.count, 'ICMP message')}: {why}.{_quoted(f)}"


def _too_big(f: Finding) -> str:
    mtu = f" (at most {number(f, 'mtu'):,} bytes)" if number(f, "mtu") else ""
    return f"{plural(f.count, 'packet was', 'packets were')} too big for a link on the way{mtu}.{_quoted(f)}"


def _quoted(f: Finding) -> str:
    verb = "It concerns" if f.count == 1 else "They concern"
    return f" {verb} {f.protocol.upper()} {streams_in_words(f)}." if f.streams else ""


def _hosts(f: Finding) -> str:
    more = number(f, "more_hosts")
    return f"{f.values.get('hosts', '')}{f' and {more:,} more' if more else ''}"


def _echo(f: Finding) -> str:
    requests = plural(f.count, "echo request")
    text = f"{requests} (ping) to {_hosts(f)} got no reply: {of_all(f)} of all {number(f, 'of'):,}."
    if not number(f, "longest_ns"):
        return text
    return f"{text} The others took {duration(number(f, 'median_ns'))} (median), at most {duration(number(f, 'longest_ns'))}."


def _arp(f: Finding) -> str:
    return f"{plural(f.count, 'address', 'addresses')} on the link did not answer ARP, asked again and again: {_hosts(f)}."


def _mtu(f: Finding, told: bool) -> str:
    directions = "1 connection" if f.count == 1 else f"{f.count:,} directions of connections"
    passed = number(f, "passed")
    smaller = f", until {passed:,} bytes got through" if passed else ", smaller ones pass"
    icmp = "although an ICMP message had said that they are too big" if told else "and no ICMP message says why"
    return (
        f"In {directions}, segments of {number(f, 'payload'):,} bytes were sent up to {number(f, 'copies')} times and did not get"
        f" through, {icmp}{smaller}."
    )


def _address_conflict(f: Finding) -> str:
    least = "more than " if f.values.get("more") else ""
    return f"{f.values['address']} is claimed by {least}{plural(f.count, 'MAC address', 'MAC addresses')}: {f.values['macs']}."


def _malformed(f: Finding) -> str:
    why = FAULTS.get(Fault[str(f.values["fault"]).upper()], "cannot be right")
    protocol = f.values["protocol"]
    return f"{plural(f.count, f'malformed {protocol} header')}: {why}."


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "unreachable": _unreachable,
    "time_exceeded": lambda f: f"{plural(f.count, 'packet')} went too far or in a circle (ICMP time exceeded).{_quoted(f)}",
    "packet_too_big": _too_big,
    "mtu_black_hole": lambda f: _mtu(f, told=False),
    "mtu_ignored": lambda f: _mtu(f, told=True),
    "redirected": lambda f: f"{plural(f.count, 'ICMP redirect')}: a router knows a better way.{_quoted(f)}",
    "echo_unanswered": _echo,
    "arp_unanswered": _arp,
    "address_conflict": _address_conflict,
    "fragments_missing": lambda f: f"{plural(f.count, 'IP datagram')} never became complete: fragments are missing.",
    "fragments_disagree": lambda f: f"{plural(f.count, 'IP fragment')} with other bytes than an overlapping one.",
    "malformed": _malformed,
    "too_deep": lambda f: f"{plural(f.count, 'header')} nested too deeply to be read.",
}

HINTS: Final[dict[str, Hint]] = {
    "unreachable": Hint(
        "network",
        "Look at the source of the ICMP frame: that router or host gave up; its reason says what to mend there.",
        "Destination unreachable and its codes (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).",
    ),
    "time_exceeded": Hint(
        "network",
        "Look for a routing loop with traceroute, unless traceroute itself made these packets.",
        "Each router lowers the TTL by one; at 0 it drops the packet (RFC 1812 section 5.3.1).",
    ),
    "packet_too_big": Hint(
        "network",
        "Nothing, if smaller packets follow; else set the MTU of the tunnel, or clamp the MSS to what the link takes.",
        "Path MTU discovery (RFC 1191, RFC 8201); each time costs a round trip.",
    ),
    "mtu_black_hole": Hint(
        "network",
        "Let ICMP 'fragmentation needed' and 'packet too big' pass the firewalls; at once: clamp the MSS, or turn on"
        " packetization layer discovery (Linux: net.ipv4.tcp_mtu_probing=1).",
        "Path MTU black holes (RFC 2923 section 2.1, RFC 4821).",
    ),
    "mtu_ignored": Hint(
        "network",
        "See whether the ICMP message reaches the sender, behind a load balancer the right one; clamp the MSS meanwhile.",
        "Senders check the quoted sequence number before they believe it (RFC 5927 section 4.1).",
    ),
    "redirected": Hint(
        "network",
        "Set the better gateway on the host; where redirects are not wanted, turn them off at the router.",
        "ICMP redirect (RFC 792, RFC 1812 section 5.2.7.2); hosts may ignore it.",
    ),
    "echo_unanswered": Hint(
        "network",
        "If TCP to the host works, a filter drops ping and nothing is wrong; else follow the way with traceroute.",
        "Hosts must answer echo requests (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2); filters often do not let them.",
    ),
    "arp_unanswered": Hint(
        "link",
        "See whether the host is on and in this VLAN, and whether the netmask of the asker is right: it believes the address"
        " to be on its link.",
        "Without the MAC address nothing can be sent on the link (RFC 826, RFC 1122 section 2.3.2).",
    ),
    "address_conflict": Hint(
        "link",
        "Find the ports of these MAC addresses in the switch and give one of the machines another address; with VRRP or a bond a"
        " move is wanted; else suspect ARP spoofing.",
        "Address conflict detection (RFC 5227 section 2.4).",
    ),
    "fragments_missing": Hint(
        "network",
        "Avoid fragments: send smaller datagrams (DNS: EDNS 1232). Many firewalls drop later fragments, which have no ports.",
        "IP fragmentation considered fragile (RFC 8900); one lost fragment loses the datagram (RFC 791 section 3.2).",
    ),
    "fragments_disagree": Hint(
        "network",
        "Look at both copies: an attack on a filter, a broken sender, or an identification that was used again too soon.",
        "Overlapping fragments (RFC 1858, RFC 5722: IPv6 forbids them); identifications that repeat (RFC 4963).",
    ),
    "malformed": Hint(
        "network",
        "Look at the bytes of the first frame: a broken sender or tunnel, or a capture that says the wrong link type.",
        "Postel: such packets are dropped in silence (RFC 1122 section 3.2.1).",
    ),
    "too_deep": Hint(
        "network",
        "See whether a tunnel is routed into itself.",
        "A tunnel whose end lies behind itself nests without end (RFC 2473 section 4).",
    ),
}

#: protocol of a malformed header -> its layer, where that is another than the network's
MALFORMED_LAYERS: Final = dict.fromkeys(("tcp", "udp", "udplite", "sctp", "dccp"), "transport")
