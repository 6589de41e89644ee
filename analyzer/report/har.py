"""Journeys as an HTTP archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/), which browsers and other tools import.

What the format asks for and a journey has:

    dns      lookup                            send     request
    connect  race, connect, proxy, STARTTLS,   wait     wait
             and TLS, as the format wants it   receive  receive
    ssl      TLS                               blocked  the client's own time in between

-1 is what does not apply; `send`, `wait` and `receive` are 0 then, as they must not be negative. The time of an entry is the sum
without ssl, exactly that of the journey: milliseconds with six digits are nanoseconds. What is ours begins with an underscore.

Not every journey is HTTP that can be read. An encrypted connection is one entry with the server as its URL, and says so in a
comment. Requests that failed (refused, no answer, no such name) have the status 0, as in browsers. Left out are connections of
other protocols, and attempts to connect that were not needed, whose time is in the entry of the attempt that was used; their
number is in a comment. Names and values of fields come from the capture; secrets in them are masked already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from analyzer.report.text import moment

VERSION: Final = "1.2"
NS_PER_MS: Final = 1_000_000
TIMINGS: Final = {  #: of the format: phases of journeys
    "blocked": ("client",),
    "dns": ("lookup",),
    "connect": ("race", "connect", "proxy", "starttls", "tls"),
    "send": ("request",),
    "wait": ("wait",),
    "receive": ("receive",),
    "ssl": ("tls",),
}
REQUIRED: Final = frozenset(("send", "wait", "receive"))
NOT_APPLICABLE: Final = -1
UNKNOWN: Final = -1  #: sizes
UNKNOWN_TYPE: Final = "x-unknown"
AUTHORITY: Final = ":[]@!$&'()*+,;=%-._~"  #: characters of the authority of a URL (RFC 3986 section 3.2)
PATH: Final = ":/?#@!$&'()*+,;=%-._~"  #: and of what follows; others are percent-encoded
MOST_PARAMETERS: Final = 1_000  #: of a URL that are told apart
WEB: Final = {80: "http", 8000: "http", 8080: "http", 443: "https", 8443: "https"}  #: what a connection that failed was for
#: keys of journeys that entries have with an underscore in front
OWN: Final = (
    "number", "kind", "stream", "outcome", "dns_state", "dns_name", "dns_tried", "dns_chain", "dns_error", "race", "round_trips",
    "server_ns", "server_least_ns", "server_most_ns", "first_byte_ns", "first_byte_likely_ns", "first_byte_certain",
    "tls_version", "resumed", "alpn", "filter",
)  # fmt: skip
ENCRYPTED: Final = "The content is encrypted: this is all of one connection, with its first request and the last byte."

Row = Mapping[str, Any]


class Archive:
    """Hand it journeys with headers, then write it."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._entries: list[dict[str, Any]] = []
        self._pages: dict[str, dict[str, Any]] = {}
        self._other = self._lost = 0

    def add(self, row: Row) -> None:
        """A journey."""
        if row["race"] == "lost":
            self._lost += 1
        elif row["kind"] == "connection" and not row["encrypted"] and not _failed(row):
            self._other += 1
        else:
            self._entries.append(_entry(row, self._page(row)))

    def text(self) -> Iterator[str]:
        """As JSON, in pieces: one line for each entry."""
        encode = json.JSONEncoder(allow_nan=False).encode
        log: dict[str, Any] = {
            "version": VERSION,
            "creator": {"name": "pcap-analyzer", "version": self._version},
            "pages": list(self._pages.values()),
        }
        comment = self._comment()
        if comment:
            log["comment"] = comment
        yield f'{{"log": {encode(log)[:-1]}, "entries": [\n'
        for i, entry in enumerate(self._entries):
            yield f"{encode(entry)}{',' if i + 1 < len(self._entries) else ''}\n"
        yield "]}}\n"

    def _page(self, row: Row) -> str:
        """One for each client."""
        client = row["client"]
        if client not in self._pages:
            self._pages[client] = {
                "startedDateTime": _time(row["start_ns"]),
                "id": f"page_{len(self._pages) + 1}",
                "title": f"requests of {client}",
                "pageTimings": {"onContentLoad": NOT_APPLICABLE, "onLoad": NOT_APPLICABLE},
            }
        page: str = self._pages[client]["id"]
        return page

    def _comment(self) -> str:
        said = []
        if self._other:
            said.append(f"{self._other} connections of other protocols are left out")
        if self._lost:
            said.append(f"{self._lost} attempts to connect that were not needed are left out")
        return "; ".join(said)


def archive(rows: Iterable[Row], version: str) -> Archive:
    """An archive of these journeys."""
    made = Archive(version)
    for row in rows:
        made.add(row)
    return made


def _failed(row: Row) -> bool:
    """A connection to a port of the web that never came to its request."""
    return row["exchange"] is None and row["outcome"] in ("refused", "timeout", "reset") and row["server_port"] in WEB


def _entry(row: Row, page: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "pageref": page,
        "startedDateTime": _time(row["start_ns"]),
        "time": milliseconds(row["duration_ns"]),
        "request": _request(row),
        "response": _response(row),
        "cache": {},
        "timings": timings(row),
    }
    if row["kind"] != "lookup":
        entry["serverIPAddress"] = row["server"]
        entry["connection"] = str(row["stream"])
    entry |= {f"_{key}": row[key] for key in OWN}
    if row["encrypted"]:
        entry["comment"] = ENCRYPTED
    return entry


def timings(row: Row) -> dict[str, float | int]:
    """Of an entry."""
    found: dict[str, float | int] = {}
    for name, phases in TIMINGS.items():
        lasted = [row[f"{phase}_ns"] for phase in phases if row[f"{phase}_ns"] is not None]
        found[name] = milliseconds(sum(lasted)) if lasted else 0 if name in REQUIRED else NOT_APPLICABLE
    return found


def milliseconds(nanoseconds: int) -> float | int:
    """With six digits behind the point at most: exact for times below 104 days (2^53 ns)."""
    whole, rest = divmod(nanoseconds, NS_PER_MS)
    return whole if not rest else nanoseconds / NS_PER_MS


def _time(nanoseconds: int) -> str:
    """ISO 8601 to the microsecond."""
    return moment(nanoseconds, 6).replace(" ", "T") + "Z"


def _request(row: Row) -> dict[str, Any]:
    url = _url(row)
    head = row["request_head_bytes"]
    return {
        "method": row["method"] or "",
        "url": url,
        "httpVersion": _version(row),
        "cookies": [],
        "headers": _headers(row["request_headers"]),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(url.partition("#")[0].partition("?")[2], keep_blank_values=True)[:MOST_PARAMETERS]
        ],
        "headersSize": UNKNOWN if head is None else head,
        "bodySize": UNKNOWN if head is None else max(0, row["request_bytes"] - head),
    }


def _response(row: Row) -> dict[str, Any]:
    head = row["response_head_bytes"]
    body = UNKNOWN if head is None else max(0, row["response_bytes"] - head)
    return {
        "status": row["status"] or 0,
        "statusText": row["reason"] or "",
        "httpVersion": _version(row),
        "cookies": [],
        "headers": _headers(row["response_headers"]),
        "content": {"size": max(0, body), "mimeType": row["content_type"] or UNKNOWN_TYPE},
        "redirectURL": row["redirect"] or "",
        "headersSize": UNKNOWN if head is None else head,
        "bodySize": body,
        "_transferSize": row["response_bytes"] or 0,
    }


def _headers(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _version(row: Row) -> str:
    return f"HTTP/{row['http_version']}" if row["http_version"] else ""


def _url(row: Row) -> str:
    """That of the request; of others what is known of it."""
    url: str | None = row["url"]
    if url is None:
        host = row["host"] or row["server"]
        host = f"[{host}]" if ":" in host else quote(host.encode("utf-8", "surrogatepass"), "")
        port = row["server_port"]
        scheme = "https" if row["encrypted"] else WEB.get(port, "http")
        shown = "" if port in (None, {"http": 80, "https": 443}[scheme]) or row["kind"] == "lookup" else f":{port}"
        url = f"{scheme}://{host}{shown}/"
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    quoted = (quote(part.encode("utf-8", "surrogatepass"), safe) for part, safe in ((authority, AUTHORITY), (path, PATH)))
    return f"{scheme}://{slash.join(quoted)}"
