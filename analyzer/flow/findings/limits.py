"""Caps that were reached: what could not be remembered, so that answers which depend on it are incomplete.

- *conversations evicted*: they exceeded the memory budget; a later packet of one begins a new conversation.
- *forgotten*: everything else that has a cap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from analyzer.dissect.walk import Walk
from analyzer.finding import Finding, Severity
from analyzer.flow.fragments import Reassembler
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.udp import UdpConversations

#: what a capture file says besides its frames
DROPPED: Final = {
    "names": "address name", "secrets": "decryption secret", "comments": "comment", "places": "frame number of a file",
}  # fmt: skip


def evictions(tcp: TcpAnalysis, udp: UdpConversations, unknown: int) -> Iterator[Finding]:
    """Conversations that the memory budget did not keep; of `unknown` ones nobody can tell whether they got an answer."""
    evicted = tcp.slots.evicted + udp.slots.evicted
    if evicted:
        values = {"of": tcp.slots.count + udp.slots.count}
        if unknown:
            values["unknown"] = unknown
        yield Finding("conversations_evicted", Severity.WARNING, evicted, values=values)


def forgotten(
    walk: Walk, fragments: Reassembler, tcp: TcpAnalysis, dropped: Mapping[str, int], more: Mapping[str, int]
) -> Iterator[Finding]:
    """One finding for each cap; `dropped` is the reader's, `more` has what the findings themselves could not hold."""
    counts = {
        "unacknowledged segment": tcp.forgotten,
        "incomplete IP datagram": fragments.forgotten,
        "protocol path": walk.paths.not_told_apart,
        **{DROPPED[kind]: times for kind, times in dropped.items()},
        **more,
    }
    for what, times in counts.items():
        if times:
            yield Finding("forgotten", Severity.NOTE, times, values={"what": what})
