"""Echo requests ("ping", RFC 792 page 14, RFC 4443 section 4.1) that got no reply, and how long those took that got one.

A request is answered by a reply with its addresses turned round, its identifier and its sequence number. It is *unanswered*
where none came although the capture went on for PATIENCE_NS and longer; the same request in several frames (captured twice) is
one. Requests to multicast and broadcast addresses need no reply (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2), and those that
an ICMP error answered (traceroute asks for nothing else) are told of by findings of their own: both are not counted. The first
MAX_MESSAGES messages of the capture count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Int64, Table
from analyzer.finding import Finding, Severity
from analyzer.flow.table import address

from .evidence import Evidence

PATIENCE_NS: Final = 1_000_000_000  #: what ping itself waits between two requests
MAX_MESSAGES: Final = 65_536
SHOWN_HOSTS: Final = 3
REQUEST: Final = {"icmp": 8, "icmpv6": 128}
REPLY: Final = {"icmp": 0, "icmpv6": 129}
SOURCE: Final = {4: (12, 4), 6: (8, 16)}  #: where it stands in an IP header, and its length; the destination follows
WIDTH: Final = 16  #: bytes of an address here
MULTICAST_IPV4: Final = 224  #: first octet, from here to 239; 255 begins the broadcast address
MULTICAST_IPV6: Final = 0xFF


class Echoes:
    """Collects the messages; who answered whom is found out at the end."""

    def __init__(self) -> None:
        self.forgotten = 0
        self.latest_ns = 0
        self._messages = 0
        self._key: list[Column] = []  #: address of the asker, of the one asked, version, identifier, sequence number
        self._time: list[Int64] = []
        self._frame: list[Int64] = []
        self._reply: list[Column] = []
        self._quoted: list[Column] = []  #: requests that an ICMP error quotes

    def update(self, batch: Batch, protocol: str, table: Table) -> None:
        """Take the ICMP messages of a batch."""
        kind = table["type"]
        reply = kind == REPLY[protocol]
        own = reply & (table["quoted"] == 0) | (kind == REQUEST[protocol])
        rows = np.flatnonzero(own & (table["network"] >= 0))
        room = MAX_MESSAGES - self._messages
        self.forgotten += max(0, len(rows) - room)
        for version, (source, octets) in SOURCE.items():
            mine = rows[:room][table["version"][rows[:room]] == version]
            if len(mine):
                self._add(batch, table.take(mine), reply[mine], source, octets)

    def _add(self, batch: Batch, table: Table, reply: Column, source: int, octets: int) -> None:
        self._messages += len(table)
        at = table["network"].astype(np.int64)[:, None] + source + np.arange(2 * octets)
        both = batch.data[at]
        asker = np.where(reply[:, None], both[:, octets:], both[:, :octets])
        asked = np.where(reply[:, None], both[:, :octets], both[:, octets:])
        key = np.zeros((len(table), 2 * WIDTH + 5), np.uint8)
        key[:, :octets], key[:, WIDTH : WIDTH + octets] = asker, asked
        key[:, 2 * WIDTH] = table["version"]
        for place, name in ((2 * WIDTH + 1, "ident"), (2 * WIDTH + 3, "seq")):
            key[:, place], key[:, place + 1] = table[name] >> 8, table[name] & 0xFF
        self._key.append(key)
        self._time.append(batch.time[table["row"]])
        self._frame.append(batch.number[table["row"]])
        self._reply.append(reply)
        self._quoted.append(table["quoted"] != 0)

    def findings(self) -> Iterator[Finding]:
        """What they say."""
        if not self._messages:
            return
        key, time, frame, reply, quoted = map(
            np.concatenate, (self._key, self._time, self._frame, self._reply, self._quoted)
        )  # fmt: skip
        _, code = np.unique(np.ascontiguousarray(key).view(f"V{key.shape[1]}").ravel(), return_inverse=True)
        asked = np.full(int(code.max()) + 1, -1, np.int64)  #: row of the first request of each key
        requests = np.flatnonzero(~reply & ~quoted)
        asked[code[requests[::-1]]] = requests[::-1]
        answered = np.full(len(asked), -1, np.int64)
        replies = np.flatnonzero(reply)
        replies = replies[(asked[code[replies]] >= 0) & (frame[replies] > frame[asked[code[replies]]])]
        answered[code[replies[::-1]]] = replies[::-1]
        first = asked[asked >= 0]
        first = first[~_to_many(key[first]) & ~np.isin(code[first], code[quoted])]
        first = first[np.argsort(frame[first])]
        got = answered[code[first]]
        lost = first[(got < 0) & (self.latest_ns - time[first] >= PATIENCE_NS)]
        if not len(lost):
            return
        evidence = Evidence()
        evidence.add(frame[lost])
        hosts, often = np.unique(np.ascontiguousarray(key[lost, WIDTH : 2 * WIDTH + 1]), axis=0, return_counts=True)
        named = [_text(hosts[one]) for one in np.argsort(-often, kind="stable")[:SHOWN_HOSTS]]
        took = time[got[got >= 0]] - time[first[got >= 0]]
        of = len(lost) + len(took)
        values: dict[str, int | str] = {"of": of, "hosts": ", ".join(named), "more_hosts": len(hosts) - len(named)}
        if len(took):
            values |= {"median_ns": int(np.median(took)), "longest_ns": int(took.max())}
        yield evidence.finding("echo_unanswered", Severity.WARNING if len(took) else Severity.PROBLEM, values=values)


def _to_many(key: Column) -> Column:
    """Which of these requests went to a multicast or broadcast address."""
    octet, version = key[:, WIDTH], key[:, 2 * WIDTH]
    many: Column = np.where(version == 6, octet == MULTICAST_IPV6, (octet >= MULTICAST_IPV4) & ((octet < 240) | (octet == 255)))
    return many


def _text(host: Column) -> str:
    octets = host[:WIDTH].tobytes()
    if host[WIDTH] == 4:
        return address(4, 0, int.from_bytes(octets[:4]))
    return address(6, int.from_bytes(octets[:8]), int.from_bytes(octets[8:]))
