"""One TCP connection as journeys see it: when it opened, how it was secured, what was asked and answered on it.

These are facts about one connection, made when it is over (gather.py); rows are made of them in handshakes.py and journeys.py.
Times are those of the capture, in ns. Of a frame that was captured twice only the first copy counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.batch import Int64
from analyzer.dissect.application.stream import Place
from analyzer.flow.table import Ends
from analyzer.flow.tcp.ledger.position import Position
from analyzer.flow.tcp.ledger.waits import Wait


@dataclass(slots=True, eq=False)
class Opened:
    """How the connection was opened (RFC 9293 section 3.5). None: it was not captured, or never came."""

    syn: Place | None = None  #: the first SYN
    synack: Place | None = None  #: the first SYN/ACK
    ack: Place | None = None  #: the client's segment that completes the handshake
    syn_count: int = 0
    synack_count: int = 0
    syn_ns: int = 0  #: time of the latest segment with SYN
    initial_rtt_ns: int | None = None  #: as Wireshark's tcp.analysis.initial_rtt
    server_side_rtt_ns: int | None = None  #: the answered SYN to the SYN/ACK: from the capture point to the server and back
    client_side_rtt_ns: int | None = None  #: the answered SYN/ACK to the ACK: from the capture point to the client and back
    reset: Place | None = None  #: the first RST before both FINs
    reset_by: str | None = None  #: "client" or "server": whose address it bears
    refused: bool = False  #: RST instead of a SYN/ACK

    @property
    def connect_ns(self) -> int | None:
        """From the first SYN to the ACK that completes the handshake."""
        return None if self.syn is None or self.ack is None else self.ack.time - self.syn.time


@dataclass(slots=True, eq=False)
class Secured:
    """The TLS handshake. Places are those of the first handshake of the connection."""

    begin: Place  #: the frame with the first byte of the first ClientHello
    client_hello: Place | None = None  #: the frame that completes it
    server_hello: Place | None = None  #: the same of the ServerHello that is no HelloRetryRequest
    finished: Place | None = None  #: the later side's Finished; in TLS 1.3 the client's
    sni: str | None = None
    offered_alpn: tuple[str, ...] = ()
    alpn: str | None = None  #: the one chosen, where it is readable (before TLS 1.3)
    version: int | None = None  #: the one negotiated
    cipher_suite: int | None = None
    hello_retry: Place | None = None  #: the HelloRetryRequest
    resumed: bool | None = None
    early_data: bool = False  #: the client sent data before the server answered (0-RTT)
    client_certificate: bool = False  #: the client sent one
    alert: tuple[str, int] | None = None  #: a fatal alert in the clear: who sent it, and its description
    alert_place: Place | None = None


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and its answer. In the clear one of HTTP; encrypted, or of another protocol, what was sent and what came back."""

    request_first: Place  #: the frame with its first byte
    request_last: Place  #: the frame that completes it
    response_first: Place | None = None  #: the frame with the first byte of the final answer; None: none, or it cannot be told
    response_last: Place | None = None  #: the frame that completes it
    certain: bool = True  #: False: encryption hides which bytes are the answer
    complete: bool = True  #: the whole answer came
    request_bytes: int = 0
    response_bytes: int = 0
    method: str | None = None  #: this and the following of HTTP in the clear
    host: str | None = None
    target: str | None = None
    status: int | None = None
    reason: str | None = None
    request_head_bytes: int = 0  #: start line and fields
    response_head_bytes: int = 0
    request_headers: list[list[str]] = field(default_factory=list)  #: with secrets masked
    response_headers: list[list[str]] = field(default_factory=list)
    http_version: str | None = None
    content_type: str | None = None
    redirect: str | None = None  #: Location of the answer
    turns: int = 1  #: how often the direction changed from client to server in it: maybe the requests of an encrypted connection


@dataclass(slots=True, eq=False)
class Connection:
    """All of it."""

    stream: int
    ends: Ends  #: the client is the first of them
    client: int  #: direction of the client
    first: Place
    last: Place
    opened: Opened
    outcome: str  #: see outcome.py: established, refused, timeout, reset, tls_alert, tls_incomplete, mid_capture
    application: str | None  #: what it speaks, as in the rows of flows
    position: Position  #: of the capture point
    waits: list[Wait]  #: why it stood still: all phases, from the first packet to the last
    exchanges: list[Exchange]  #: in their order; of an encrypted connection at most one
    secured: Secured | None = None
    before_tls: Place | None = None  #: the first payload, where something was said before the ClientHello (CONNECT, STARTTLS)
    proxy: bool = False  #: that was a CONNECT
    data_client: int = 0  #: bytes of payload, each counted once
    data_server: int = 0
    fin: Place | None = None  #: the first FIN
    rtt_time: Int64 | None = None  #: when each round trip from the capture point to the server and back was measured; ascending
    rtt_ns: Int64 | None = None  #: those round trips, without delayed-ack suspects, thinned where there are many
    needed_again: list[int] = field(default_factory=list)  #: when the client sent again what the server had not got; ascending
    round_trips: int | None = None  #: how often the client had to wait for the server before its request (rounds.py); None: none
    first_server: Place | None = None  #: the first payload of the server; of some protocols before anything of the client
    until_ns: int | None = None  #: the end of the capture, if it was open then and all the server's data was captured; else None
    heard: bool = False  #: the server has acknowledged all that the client sent
    server_spoke: int = 0  #: the latest frame with payload of the server
    again: bool = False  #: a later part of a connection that was given before, when there was no room to wait for its end
    forgotten: int = 0  #: exchanges that there was no room for
    forgotten_waits: int = 0  #: the same of waits, and of what the client sent again
