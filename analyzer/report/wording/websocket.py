"""Sentences about WebSocket and server-sent events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import count, duration, plural, times

from .hint import Hint
from .phrases import number, was

#: what a frame must not have -> what it means to a person
ERRORS: Final = {
    "not_masked": "sent by a client without a mask",
    "masked": "sent by a server with a mask",
    "reserved_bits": "a reserved bit that no extension explains",
    "reserved_opcode": "an opcode that nobody defined",
    "length_not_minimal": "a length in more bytes than it needs",
    "length_impossible": "a length of 64 bits, behind which nothing can be read",
    "control_fragmented": "a control frame in fragments",
    "control_too_long": "a control frame longer than 125 bytes",
    "continuation_unexpected": "the continuation of a message that never began",
    "continuation_missing": "a message inside of another one",
    "close_length": "Close with half a code",
    "close_code": "Close with a code that must not be sent",
    "close_reason": "Close with a reason that is not UTF-8",
    "after_close": "sent after Close",
    "given_up": "so many doubtful ones that the rest of the direction was not read",
}


def _close(f: Finding) -> str:
    code, name = number(f, "code"), f.values.get("name", "")
    return f"{plural(f.count, 'WebSocket connection')} {was(f)} closed with code {code} ({name})."


def _error(f: Finding) -> str:
    why = ERRORS.get(str(f.values.get("error", "")), "forbidden")
    return f"{plural(f.count, 'WebSocket frame breaks', 'WebSocket frames break')} the rules: {why}."


def _slow_pong(f: Finding) -> str:
    most = "up to " if f.count > 1 else ""
    return f"{plural(f.count, 'WebSocket ping')} of {count(number(f, 'of'))} got the pong only after {most}{_longest(f)}."


def _longest(f: Finding) -> str:
    return duration(number(f, "longest_ns"))


def _unanswered_ping(f: Finding) -> str:
    return f"{plural(f.count, 'WebSocket ping')} got no pong, for {duration(number(f, 'least_ns'))} or longer."


def _reconnect(f: Finding) -> str:
    after = ""
    if "longest_ns" in f.values:
        shortest, longest = duration(number(f, "shortest_ns")), _longest(f)
        after = f", {longest} after its last bytes" if shortest == longest else f", {shortest} to {longest} after the last bytes"
    where = f" {times(number(f, 'with_id')).capitalize()} it said where to go on." if number(f, "with_id") else ""
    return f"A client asked again for an event stream {times(f.count)}{after}.{where}"


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "websocket_close": _close,
    "websocket_error": _error,
    "websocket_no_close": lambda f: f"{plural(f.count, 'WebSocket connection')} ended without a Close frame (code 1006).",
    "websocket_slow_pong": _slow_pong,
    "websocket_unanswered_ping": _unanswered_ping,
    "websocket_lost": lambda f: (
        f"WebSocket frames could not be read any more {times(f.count)}: bytes are missing that say where they begin."
    ),
    "sse_reconnect": _reconnect,
    "sse_dropped_event": lambda f: f"{plural(f.count, 'event')} of event streams {was(f)} dropped: the stream ended inside.",
    "sse_unread": lambda f: f"{plural(f.count, 'event stream')} compressed in a way that is not read here.",
}

HINTS: Final[dict[str, Hint]] = {
    "websocket_close": Hint(
        "application",
        "Look into the log of the side that closed first; the code says why.",
        "Close codes (RFC 6455 section 7.4.1).",
    ),
    "websocket_error": Hint(
        "application",
        "See which library sent it; a proxy that changes frames is another suspect.",
        "Frames (RFC 6455 section 5.2); their receiver must fail the connection (section 7.1.7).",
    ),
    "websocket_no_close": Hint(
        "application",
        "See who closed TCP: a crash, a proxy's timeout, or a lost network; let the client reconnect.",
        "Code 1006 stands for a connection without Close (RFC 6455 section 7.1.5).",
    ),
    "websocket_slow_pong": Hint(
        "application",
        "Look at the program that answers: its event loop was busy.",
        "Pings are answered as soon as possible (RFC 6455 section 5.5.2).",
    ),
    "websocket_unanswered_ping": Hint(
        "application",
        "See whether the other program still runs, and let a missing pong end the connection.",
        "Ping and pong (RFC 6455 sections 5.5.2 and 5.5.3).",
    ),
    "websocket_lost": Hint(
        "capture",
        "Capture without drops; messages behind the hole cannot be found again.",
        "A frame's length stands in its own header (RFC 6455 section 5.2): without it the next one is not found.",
    ),
    "sse_reconnect": Hint(
        "application",
        "See why the stream ended: a proxy's timeout (send comments as keep-alive) or the server; send ids, so that nothing"
        " is missed.",
        "Event streams reconnect by themselves and say Last-Event-ID (WHATWG HTML section 9.2).",
    ),
    "sse_dropped_event": Hint(
        "application",
        "Let the server end each event with an empty line before it closes.",
        "An event without its empty line is thrown away (WHATWG HTML section 9.2.6).",
    ),
    "sse_unread": Hint(
        "application",
        "Let the client ask for gzip or br to see the events here.",
        "Content codings (RFC 9110 section 8.4).",
    ),
}
