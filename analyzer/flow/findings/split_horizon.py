"""Names that do not mean the same everywhere: split horizon, also known as split-brain DNS or views.

A name is *split* where, for the same type, one server gave only private addresses and another only public ones; or where one gave
addresses and another said, without ever giving one, that there is no such name. Which answer a program gets depends on whom it
asks: a VPN, a second network interface or a filter makes the difference.

A name is *private and public* where one server gives both kinds of addresses: who is not in the private network may try, and wait
for, an address that leads nowhere.

A name *differs* where servers gave addresses of which none is common to two of them. Networks that answer by the place of the
asker (content delivery) do that on purpose. Sets that overlap, and those of one server that change, are load balancing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Final

from analyzer.finding import Finding, Severity
from analyzer.flow.application.rows import Row

from .evidence import MAX_FRAMES

MAX_NAMES: Final = 16_384  #: (name, type) whose answers are remembered
MAX_SERVERS: Final = 8  #: of each
MAX_ADDRESSES: Final = 64  #: of each server
MAX_FINDINGS: Final = 20  #: split names that become findings of their own
SHOWN: Final = 4  #: addresses of a server that a finding names
TYPES: Final = (1, 28)  #: A, AAAA
NXDOMAIN: Final = 3
#: addresses that mean something within a network only: RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291, loopback, unspecified
PRIVATE: Final = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/32",
    "fc00::/7", "fe80::/10", "::1/128", "::/128",
)  # fmt: skip
#: version of IP -> (mask, what is behind it) of each of them
MASKED: Final = {
    version: [(int(net.netmask), int(net.network_address)) for net in map(ip_network, PRIVATE) if net.version == version]
    for version in (4, 6)
}


@dataclass(slots=True)
class _Said:
    """What a server said about a name."""

    frame: int  #: the first time
    addresses: set[str] = field(default_factory=set)


class SplitHorizon:
    """Remembers what was said about each name, in as much room as its caps allow; later names are not compared."""

    def __init__(self) -> None:
        self.forgotten = 0  #: answers for names and from servers that had no room
        self._names: dict[tuple[str, int], dict[str, _Said]] = {}

    def update(self, row: Row) -> None:
        """Look at a response to one question."""
        question = row["questions"][0]
        if question["type"] not in TYPES or ("addresses" not in row and row["rcode"] != NXDOMAIN):
            return
        key = (question["name"].lower(), question["type"])
        servers = self._names.get(key)
        if servers is None:
            if len(self._names) >= MAX_NAMES:
                self.forgotten += 1
                return
            servers = self._names[key] = {}
        said = servers.get(row["server"])
        if said is None:
            if len(servers) >= MAX_SERVERS:
                self.forgotten += 1
                return
            said = servers[row["server"]] = _Said(row["last_frame"])
        if len(said.addresses) < MAX_ADDRESSES and "addresses" in row:
            said.addresses.update(row["addresses"])

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        trouble: list[Finding] = []
        differing: list[tuple[str, dict[str, _Said]]] = []
        for (name, _), servers in self._names.items():
            given = [said for said in servers.values() if said.addresses]
            kinds = [{_is_private(address) for address in said.addresses} for said in given]
            if given and (len(given) < len(servers) or ({True} in kinds and {False} in kinds)):
                frames, values = _frames(servers), _values(name, servers)
                trouble.append(Finding("dns_split_horizon", Severity.WARNING, len(servers), frames, values=values))
            elif {True, False} in kinds:
                frames, values = _frames(servers), _values(name, servers)
                trouble.append(Finding("dns_private_and_public", Severity.WARNING, len(servers), frames, values=values))
            elif len(given) > 1 and sum(len(s.addresses) for s in given) == len(set().union(*(s.addresses for s in given))):
                differing.append((name, servers))
        yield from trouble[:MAX_FINDINGS]
        if differing:
            frames = tuple(sorted(said.frame for _, servers in differing for said in servers.values())[:MAX_FRAMES])
            names = sorted({name for name, _ in differing})
            values = {"names": ", ".join(names[:SHOWN]), "more_names": max(0, len(names) - SHOWN)}
            yield Finding("dns_differs", Severity.NOTE, len(names), frames, values=values)


def _is_private(address: str) -> bool:
    parsed = ip_address(address)
    number = int(parsed)
    return any(number & mask == network for mask, network in MASKED[parsed.version])


def _frames(servers: dict[str, _Said]) -> tuple[int, ...]:
    return tuple(sorted(said.frame for said in servers.values()))


def _values(name: str, servers: dict[str, _Said]) -> dict[str, int | str]:
    values: dict[str, int | str] = {"names": name, "servers_asked": len(servers)}
    for number, (server, said) in enumerate(servers.items()):
        values |= {f"server_{number}": server, f"addresses_{number}": ", ".join(sorted(said.addresses)[:SHOWN])}
    return values
