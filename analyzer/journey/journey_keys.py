"""What the keys of journeys mean, in the order in which every format has them."""

from __future__ import annotations

from typing import Final

from analyzer.flow.meaning import EPOCH, Key, boolean, frame, integer, listing, text, time
from analyzer.journey.phase import BETWEEN, CONNECT, LOOKUP, PHASES, PROXY, RACE, RECEIVE, REQUEST, STARTTLS, TLS, WAIT
from analyzer.journey.who import CLIENT, HEAD_OF_LINE, LOSS_REPAIR, NAME_SERVER, NETWORK, SERVER, UNKNOWN, WHO

OUTCOMES: Final = (
    "complete: the whole answer came, or nothing was asked; incomplete, as far as the capture goes; refused; timeout; reset; "
    "tls_alert; tls_incomplete; lookup_failed; mid_capture: its begin was not captured; race_lost: not needed, since another "
    "attempt was used"
)
SPENT: Final = {  #: by phase
    LOOKUP: "waiting for the name lookup: from its first query to its last answer",
    RACE: "from the first attempt to connect to the one that was used",
    CONNECT: "from the first SYN to the ACK that completes the handshake, or to the failure",
    PROXY: "asking a proxy to connect (CONNECT)",
    STARTTLS: "talking in the clear before TLS",
    TLS: "from the first byte of the ClientHello to the later side's Finished",
    BETWEEN: "in between: the client's own time, unless waited says otherwise",
    REQUEST: "from the first to the last byte of the request",
    WAIT: "from there to the first byte of the answer; to its last one, where it cannot be told which is the first; "
    "where none came, as long as the capture shows that nobody gave up",
    RECEIVE: "from the first to the last byte of the answer",
}
COST: Final = {  #: by who was waited for
    NETWORK: "packets were on their way, or waited for acknowledgments of others",
    SERVER: "the server's own time",
    CLIENT: "the client's own time",
    NAME_SERVER: "the name lookup",
    LOSS_REPAIR: "until what was lost was sent again, or given up",
    HEAD_OF_LINE: "data was there, but waited for earlier data that was missing",
    UNKNOWN: "the capture does not tell",
}
PHASE: Final = {  #: keys of the objects in `phases`
    "phase": text(f"what was done: {', '.join(PHASES)}"),
    "start_ns": time(f"when it begins, {EPOCH}: when the one before it ends"),
    "end_ns": time("when it ends"),
    "duration_ns": time("how long it is"),
    "first_frame": frame("the frame with which it begins"),
    "last_frame": frame("the frame that ends it"),
    "round_trips": integer("times that the client had to wait for the server in it; null: not counted"),
    "who": text(f"who was waited for most: {', '.join(WHO)}; null: it took no time"),
    "waited": Key("object", "ns", "all of them with their time, which adds up to the duration"),
    "frames": listing("numbers of the frames that prove it"),
}
JOURNEY: Final[dict[str, Key]] = {
    "number": integer("of the journey in this output, from 1, in the order of their begin"),
    "kind": text("request: an HTTP request; connection: all of one whose content cannot be read; lookup: one that failed"),
    "stream": integer("number of the conversation, as in tcp.stream; null: a lookup"),
    "transport": text("tcp; null: a lookup"),
    "client": text("address of the client"),
    "client_port": integer("its port"),
    "server": text("address of the server; of a lookup that of the name server"),
    "server_port": integer("its port"),
    "application": text("what the connection speaks"),
    "encrypted": boolean("by TLS"),
    "method": text("of the request"),
    "host": text("the field Host, else the server name (SNI), else the name that was looked up"),
    "target": text("of the request, as it was sent"),
    "url": text("of the request; of an encrypted connection that of the server"),
    "status": integer("status code of the answer"),
    "reason": text("reason phrase of the answer"),
    "http_version": text("of the answer: 1.0 or 1.1"),
    "content_type": text("of the answer"),
    "redirect": text("where the answer sends the client: Location"),
    "start_ns": time(f"when it begins, {EPOCH}: with the lookup, the first attempt to connect, or its request"),
    "end_ns": time("when it ends"),
    "duration_ns": time("how long it is: the sum of its phases"),
    "outcome": text(OUTCOMES),
    "reused": boolean("an earlier exchange was on the same connection"),
    "exchange": integer("which one of its connection it is, from 1; null: none"),
    "turns": integer("how often the client spoke after the server in it: as many requests may be in an encrypted connection"),
    "dns_state": text("waited: for a lookup; cached: the name was known; failed; none: the capture has no lookup of it"),
    "dns_name": text("the name that was looked up"),
    "dns_tried": listing("names that were asked for in vain before it, since the host has a search list"),
    "dns_chain": listing("names that it is an alias of"),
    "dns_frame": frame("the answer that gave the server's address"),
    "dns_server": text("address of the name server that was asked first"),
    "dns_queries": integer("queries, with those for other types and repeated ones"),
    "dns_error": text("why a lookup failed: NXDOMAIN, SERVFAIL ..., NO_ADDRESS, NO_ANSWER"),
    "phases": listing("objects: see analyzer.journey.journey_keys.PHASE"),
    **{f"{name}_ns": time(f"{SPENT[name]}; null: there is no such phase") for name in PHASES},
    **{f"waited_{who}_ns": time(f"in all phases: {COST[who]}") for who in WHO},
    "server_ns": time("the server's own time within wait_ns, as far as the round trips of that moment tell"),
    "server_least_ns": time("the same at least"),
    "server_most_ns": time("the same at most"),
    "first_byte_ns": time("from the start to the first byte of the answer; null: none, or it cannot be told"),
    "first_byte_likely_ns": time("the same, also where it is only likely that it is the first byte; null: none"),
    "first_byte_certain": boolean("false: it cannot be told which byte that is (encryption hides it), or there was none"),
    "round_trips": integer("times that the client had to wait for the server before it could send its request; null: reused"),
    "syn_count": integer("SYNs of the connection"),
    "synack_count": integer("SYN/ACKs of the connection"),
    "hello_retry_request": boolean("the server wanted another ClientHello (HelloRetryRequest); null: no TLS"),
    "resumed": boolean("an earlier TLS session was resumed; null: unknown, or no TLS"),
    "tls_version": integer("that was negotiated"),
    "sni": text("the server name that the client asked for in TLS"),
    "alpn": text("the application protocol of TLS: the one chosen, or the only one offered"),
    "certificate_rounds": integer("further congestion windows that the server's part of the TLS handshake took"),
    "slow_start_rounds": integer("further congestion windows that the answer took, in slow start"),
    "race": text("won: other attempts to connect were not needed; lost: this one was not; null: there was one attempt"),
    "race_streams": listing("numbers of the conversations of the other attempts"),
    "request_frame": frame("the frame that completes the request"),
    "first_byte_frame": frame("the frame with the first byte of the answer; null: none, or it cannot be told"),
    "first_byte_likely_frame": frame("the same, also where that is only likely: with it the phase wait ends"),
    "response_frame": frame("the frame that completes the answer"),
    "request_bytes": integer("of the request", "bytes"),
    "response_bytes": integer("of the answer", "bytes"),
    "request_head_bytes": integer("of them: request line and fields; null: encrypted, or no HTTP", "bytes"),
    "response_head_bytes": integer("the same of the answer: status line and fields", "bytes"),
    "filter": text("a Wireshark display filter that shows it"),
}
JOURNEY_KEYS: Final = tuple(JOURNEY)
HEADERS: Final = {  #: only where they were asked for
    "request_headers": listing("[name, value] of each field of the request; secrets are masked"),
    "response_headers": listing("the same of the answer"),
}
