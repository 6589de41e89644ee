"""The name lookup of a connection: what it acted upon, by what its client calls the server."""

from __future__ import annotations

from analyzer.journey.connection import Connection
from analyzer.journey.exchanges import TUNNEL
from analyzer.journey.lookup import Lookup, Lookups


def looked_up(connection: Connection, lookups: Lookups) -> Lookup | None:
    """The lookup; None: the capture has none, or not the begin of the connection."""
    syn, synack = connection.opened.syn, connection.opened.synack
    if syn is None:
        return None
    client, server = connection.ends.addresses
    return lookups.of(client, server, syn.time, names(connection), None if synack is None else synack.time)


def names(connection: Connection) -> tuple[str, ...]:
    """What the client itself calls the server: SNI, or Host of its first request. Of a proxy it says nothing."""
    asked = connection.exchanges[0] if connection.exchanges else None
    if connection.proxy or (asked is not None and (asked.method == TUNNEL or absolute(asked.target))):
        return ()
    said = (connection.secured and connection.secured.sni, asked and asked.host and host_of(asked.host))
    return tuple(name for name in said if name)


def host_of(authority: str) -> str:
    """The host of a Host field, without its port and brackets."""
    host, colon, port = authority.rpartition(":")
    return (host if colon and port.isdecimal() and not host.endswith(":") else authority).strip("[]")


def absolute(target: str | None) -> bool:
    """Whether a request target is a URL, as proxies get it (RFC 9112 section 3.2.2)."""
    return target is not None and target.lower().startswith(("http://", "https://"))
