"""Sentences about HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding
from analyzer.report.text import count, duration, listed, plural, size, times

from .hint import Hint
from .phrases import number, of_all, was

#: flaw -> what it means to a person
FLAWS: Final = {
    "field": "lines that are no header fields",
    "length": "a Content-Length that is no number, or two that differ",
    "coding": "a transfer coding where none is allowed, or without chunked at its end",
    "chunk": "something else where a chunk should begin",
    "long_head": "a head too long to be read",
}


def _server_error(f: Finding) -> str:
    return f"{plural(f.count, 'HTTP response')} ({of_all(f)}) {was(f)} a server error: {_statuses(f)}."


def _client_error(f: Finding) -> str:
    return f"{plural(f.count, 'HTTP request')} {was(f)} refused as a client error: {_statuses(f)}."


def _statuses(f: Finding) -> str:
    return str(f.values.get("statuses", ""))


def _slow(f: Finding) -> str:
    server = f"The server took {duration(number(f, 'least_ns'))} or more to begin with {plural(f.count, 'HTTP response')}"
    return f"{server} ({of_all(f)}), at most {duration(number(f, 'longest_ns'))}."


def _unanswered(f: Finding) -> str:
    return f"{plural(f.count, 'HTTP request')} {'has' if f.count == 1 else 'have'} no response in the capture."


def _retried(f: Finding) -> str:
    shortest, longest = duration(number(f, "shortest_ns")), duration(number(f, "longest_ns"))
    after = f"after {longest}" if shortest == longest else f"after {shortest} to {longest}"
    unsafe = number(f, "unsafe")
    warning = f" {count(unsafe)} of them may have been carried out twice: not idempotent, no Idempotency-Key." if unsafe else ""
    said = f"HTTP requests were repeated on a new connection {times(f.count)}, since there was no answer or an error, {after}"
    return f"{said} (up to {plural(number(f, 'attempts'), 'attempt')}).{warning}"


def _cut(f: Finding) -> str:
    return f"{plural(f.count, 'HTTP message')} {was(f)} cut: the connection was closed before the announced end."


def _ambiguous(f: Finding) -> str:
    verb = "has" if f.count == 1 else "have"
    return f"{plural(f.count, 'HTTP message')} {verb} both Content-Length and Transfer-Encoding, as in request smuggling."


def _malformed(f: Finding) -> str:
    flaws = [FLAWS.get(flaw, flaw) for flaw in str(f.values.get("flaws", "")).split(", ") if flaw]
    return f"{plural(f.count, 'HTTP message')} against the rules: {listed(flaws)}."


def _no_vary(f: Finding) -> str:
    what = plural(f.count, "compressed HTTP response")
    return f"{what} may be kept by shared caches, but without Vary: Accept-Encoding: others may get what they cannot read."


def _uncompressed(f: Finding) -> str:
    what = plural(f.count, "HTTP response")
    return f"{what} with text ({size(number(f, 'bytes'))}) {was(f)} not compressed, although the client would take it."


def _not_modified(f: Finding) -> str:
    known = number(f, "known")
    saved = f": {size(number(f, 'bytes'))} not sent again" if known else ""
    part = f" (known for {count(known)} of them)" if known and known < f.count else ""
    return f"{plural(f.count, 'HTTP response')} said that nothing had changed (304){saved}{part}."


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "http_server_error": _server_error,
    "http_client_error": _client_error,
    "http_slow": _slow,
    "http_unanswered": _unanswered,
    "http_retried": _retried,
    "http_cut": _cut,
    "http_ambiguous": _ambiguous,
    "http_malformed": _malformed,
    "http_no_vary": _no_vary,
    "http_uncompressed": _uncompressed,
    "http_not_modified": _not_modified,
}

HINTS: Final[dict[str, Hint]] = {
    "http_server_error": Hint(
        "application",
        "Look into the server's log at the time of the frames; 502 to 504 come from a proxy: look at what is behind it.",
        "Server errors (RFC 9110 section 15.6).",
    ),
    "http_client_error": Hint(
        "application",
        "See which request it was (analyzer http): a wrong URL, a missing right, or too many requests (429).",
        "Client errors (RFC 9110 section 15.5); 429: RFC 6585.",
    ),
    "http_slow": Hint(
        "application",
        "Measure in the server what it did meanwhile: the network had brought the request already.",
        "The time from the request to the first byte is the server's, and a round trip (analyzer journeys divides them).",
    ),
    "http_unanswered": Hint(
        "application",
        "See how the connection ended: a crash of the server, a timeout of either side, or a capture that ended too soon.",
        "A request without a response may have been carried out: only idempotent ones may be repeated (RFC 9110 section 9.2.2).",
    ),
    "http_retried": Hint(
        "application",
        "Remove the cause of the first failure; give requests that must not happen twice an Idempotency-Key.",
        "Automatic retries (RFC 9110 section 9.2.2); Retry-After (section 10.2.3).",
    ),
    "http_cut": Hint(
        "application",
        "Look into the server's log: the program died or gave up inside the response; a proxy may have a limit.",
        "A message shorter than Content-Length is incomplete (RFC 9112 section 8).",
    ),
    "http_ambiguous": Hint(
        "application",
        "Let the proxy refuse such messages, and see who sends them.",
        "Request smuggling (RFC 9112 sections 6.3 and 11.2).",
    ),
    "http_malformed": Hint(
        "application",
        "See which program sent it; proxies may read it in another way than the server does.",
        "Message syntax (RFC 9112 sections 2 to 7).",
    ),
    "http_no_vary": Hint(
        "application",
        "Add Vary: Accept-Encoding to compressed responses, or Cache-Control: private.",
        "Vary names what the choice depended on (RFC 9110 section 12.5.5, RFC 9111 section 4.1).",
    ),
    "http_uncompressed": Hint(
        "application",
        "Turn on compression for text at the server (gzip, br, zstd): it mostly saves two thirds.",
        "Accept-Encoding and Content-Encoding (RFC 9110 sections 12.5.3 and 8.4).",
    ),
    "http_not_modified": Hint(
        "application",
        "Nothing: the cache works; a longer max-age would save the question, too.",
        "Conditional requests (RFC 9110 section 13, RFC 9111 section 4.3).",
    ),
}
