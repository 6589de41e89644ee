"""Sentences: what each kind of finding means to a person, and the display filter that shows it. All of them are here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from analyzer.finding import Finding, Severity
from analyzer.report.text import duration, listed, shortened, size

from . import capture, certificates, connections, dns, http, network, streams, tcp, tls, transport, websocket
from .hint import LAYERS as LAYERS
from .hint import Hint

MAX_FILTER_FRAMES: Final = 20  #: frame numbers in a filter
MAX_FILTER_STREAMS: Final = 10  #: stream numbers in a filter
NAME_WIDTH: Final = 48  #: characters of the name of a server

SEVERITIES: Final = {Severity.PROBLEM: "problem", Severity.WARNING: "warning", Severity.NOTE: "note"}

LINKS: Final = {
    0: "loopback", 1: "Ethernet", 9: "PPP", 12: "raw IP", 14: "raw IP", 101: "raw IP", 105: "802.11",
    108: "loopback", 113: "Linux cooked", 119: "802.11 Prism", 127: "802.11 radiotap", 192: "802.11 PPI", 228: "raw IPv4",
    229: "raw IPv6", 276: "Linux cooked v2",
}  # fmt: skip

Resolve = Callable[[str], str]  #: address -> name


#: kind -> its sentence
TEXTS: Final[Mapping[str, Callable[[Finding], str]]] = {
    **transport.TEXTS, **network.TEXTS, **connections.TEXTS, **tcp.TEXTS, **capture.TEXTS, **streams.TEXTS, **dns.TEXTS,
    **tls.TEXTS, **certificates.TEXTS, **http.TEXTS, **websocket.TEXTS,
}  # fmt: skip
#: kind -> its layer, what to do about it, and what to read
HINTS: Final[Mapping[str, Hint]] = {
    **transport.HINTS, **network.HINTS, **connections.HINTS, **tcp.HINTS, **capture.HINTS, **streams.HINTS, **dns.HINTS,
    **tls.HINTS, **certificates.HINTS, **http.HINTS, **websocket.HINTS,
}  # fmt: skip
#: kinds of which the advice depends on what they hold
ADVICE: Final[Mapping[str, Callable[[Finding], str]]] = {"tls_alert": tls.advice, "dns_rcode": dns.advice}
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
    return server if name == address else f"{shortened(name, NAME_WIDTH)}{colon}{port}"


def layer(finding: Finding) -> str:
    """Key of LAYERS: where to look for its cause. Of a malformed header that of its protocol."""
    if finding.kind == "malformed":
        return network.MALFORMED_LAYERS.get(str(finding.values.get("protocol", "")), HINTS[finding.kind].layer)
    return HINTS[finding.kind].layer


def cost(finding: Finding) -> str:
    """1.02 s; 14.6 kB; 1.02 s and 14.6 kB; empty where it is unknown or nothing."""
    parts = [duration(finding.cost_ns)] if finding.cost_ns else []
    parts += [size(finding.cost_bytes)] if finding.cost_bytes else []
    return listed(parts)


def advice(finding: Finding) -> str:
    """What to do about it."""
    special = ADVICE.get(finding.kind)
    return (special(finding) if special is not None else "") or HINTS[finding.kind].advice


def learn(finding: Finding) -> str:
    """The RFC or concept behind it."""
    return HINTS[finding.kind].learn


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
