"""Sentences: what each kind of finding means to a person, and the display filter that shows it. All of them are here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from analyzer.finding import Finding, Severity

from . import capture, certificates, dns, http, streams, tcp, tls, transport, websocket

MAX_FILTER_FRAMES: Final = 20  #: frame numbers in a filter
MAX_FILTER_STREAMS: Final = 10  #: stream numbers in a filter

SEVERITIES: Final = {Severity.PROBLEM: "problem", Severity.WARNING: "warning", Severity.NOTE: "note"}

LINKS: Final = {
    0: "loopback", 1: "Ethernet", 9: "PPP", 12: "raw IP", 14: "raw IP", 101: "raw IP", 105: "802.11",
    108: "loopback", 113: "Linux cooked", 119: "802.11 Prism", 127: "802.11 radiotap", 192: "802.11 PPI", 228: "raw IPv4",
    229: "raw IPv6", 276: "Linux cooked v2",
}  # fmt: skip

Resolve = Callable[[str], str]  #: address -> name


#: kind -> its sentence
TEXTS: Final[Mapping[str, Callable[[Finding], str]]] = {
    **transport.TEXTS, **tcp.TEXTS, **capture.TEXTS, **streams.TEXTS, **dns.TEXTS, **tls.TEXTS, **certificates.TEXTS,
    **http.TEXTS, **websocket.TEXTS,
}  # fmt: skip
#: kinds that a field shows as such, with all of their frames; others are shown by stream or frame number
FILTERS: Final[Mapping[str, str]] = {**transport.FILTERS}
#: kinds that all packets of a connection show
BY_STREAM: Final = ("one_sided", "mid_capture")
#: kinds of which the field shows the same frames in each of several files, whatever the others hold
IN_EVERY_FILE: Final = ("cut_frames", "address_conflict")
#: nothing to filter
WHOLE: Final = (
    "damage", "interface_drops", "conversations_evicted", "forgotten", "too_deep", "stream_overflow", "streams_evicted",
)  # fmt: skip


def sentence(finding: Finding, resolve: Resolve = str, several: bool = False) -> str:
    """What was found, in a sentence; servers by name, where `resolve` knows one; the file where there are several."""
    servers = finding.values.get("servers")
    if servers:
        named = ", ".join(_named(server, resolve) for server in str(servers).split(", "))
        finding = replace(finding, values={**finding.values, "servers": named})
    if finding.kind == "damage" and not several:
        finding = replace(finding, values={**finding.values, "file": ""})
    return TEXTS[finding.kind](finding)


def _named(server: str, resolve: Resolve) -> str:
    host, colon, port = server.rpartition(":")
    address = host.strip("[]")
    name = resolve(address)
    return server if name == address else f"{name}{colon}{port}"


def display_filter(finding: Finding) -> str:
    """A Wireshark display filter that shows it in its only file; empty where there is nothing to show."""
    if finding.kind in WHOLE:
        return ""
    if finding.kind == "address_conflict":
        return f"arp.src.proto_ipv4 == {finding.values['address']}"
    if finding.kind in FILTERS:
        return FILTERS[finding.kind]
    if finding.kind in BY_STREAM and finding.streams:
        streams = sorted(finding.streams[:MAX_FILTER_STREAMS])
        return f"tcp.stream == {streams[0]}" if len(streams) == 1 else f"tcp.stream in {{{', '.join(map(str, streams))}}}"
    return frame_filter(finding.frames)


def frame_filter(frames: Sequence[int]) -> str:
    """A display filter that shows the first of these frames."""
    return f"frame.number in {{{', '.join(map(str, frames[:MAX_FILTER_FRAMES]))}}}" if frames else ""


def filters_of_files(finding: Finding, frames: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """The same where there are several files: file -> filter; `frames` are the finding's in each file, as numbered there.

    Numbers of streams, and verdicts, depend on the files that were read together; Wireshark reads one of them.
    """
    if finding.kind in WHOLE:
        return {}
    if finding.kind in IN_EVERY_FILE:
        return dict.fromkeys(frames, display_filter(finding))
    return {file: frame_filter(numbers) for file, numbers in frames.items()}
