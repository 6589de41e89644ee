"""Who may keep a response, and for how long it stays fresh (RFC 9111 sections 3 and 4.2).

A response may be stored by nobody, by private caches (a browser) or by shared ones too (a proxy, a CDN). The lifetime is that of
the widest circle; it comes from the first of s-maxage (shared caches only), max-age, Expires minus Date, and a tenth of the time
since Last-Modified, which section 4.2.2 suggests where the server says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from .http_date import seconds

HEURISTIC: Final = frozenset((200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501))  #: RFC 9110 section 15.1
TENTH: Final = 10  #: of the time since Last-Modified
LONGEST: Final = 1 << 31  #: seconds; greater values count as this one (RFC 9111 section 1.2.2)
DIGITS: Final = 18  #: of a number that need not be read to know that it is greater
FOR_ALL: Final = ("public", "must-revalidate", "s-maxage")  #: they let shared caches keep what was asked for with credentials

_DIRECTIVE: Final = re.compile(r'[ \t,]*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"([^"]*)"|([^,]*)))?')

Fields = Mapping[str, str]  #: name in lower case -> value


class Caching(NamedTuple):
    """What caches may do with a response."""

    by: str  #: "nobody", "private" or "shared"
    lifetime: int | None  #: seconds; None: unknown; 0: only after asking the server again
    source: str  #: what decided: a directive or field, "heuristic", "method", "status", "authorization" or ""


def directives(fields: Fields) -> dict[str, str]:
    """Of Cache-Control; the first of several counts (RFC 9111 section 4.2.1)."""
    found: dict[str, str] = {}
    text = fields.get("cache-control")
    if text is None:
        return found
    for match in _DIRECTIVE.finditer(text):
        found.setdefault(match[1].lower(), match[2] if match[2] is not None else (match[3] or "").strip())
    return found


def caching(method: str, request: Fields, status: int, response: Fields, received: int) -> Caching | None:
    """Of a final response, which came at `received` (seconds since 1970). None: nothing to keep (304 refreshes another)."""
    if status < 200 or status == 304 or method == "CONNECT":
        return None
    control = directives(response)
    if "no-store" in control or "no-store" in directives(request):
        return Caching("nobody", None, "no-store")
    explicit = bool({"max-age", "s-maxage"} & control.keys()) or "expires" in response
    if method not in ("GET", "HEAD") and not (method == "POST" and explicit and "content-location" in response):
        return Caching("nobody", None, "method")
    if response.get("vary", "").strip() == "*":
        return Caching("nobody", None, "vary")
    if not explicit and status not in HEURISTIC and not {"public", "private"} & control.keys():
        return Caching("nobody", None, "status")
    by, source = "shared", ""
    if "private" in control:
        by, source = "private", "private"
    elif "authorization" in request and not any(name in control for name in FOR_ALL):
        by, source = "private", "authorization"
    lifetime, told = _lifetime(control, response, received, shared=by == "shared")
    return Caching(by, lifetime, told or source)


def _lifetime(control: dict[str, str], response: Fields, received: int, shared: bool) -> tuple[int | None, str]:
    if "no-cache" in control:
        return 0, "no-cache"
    if shared and "s-maxage" in control:
        return delta(control["s-maxage"]), "s-maxage"
    if "max-age" in control:
        return delta(control["max-age"]), "max-age"
    date = seconds(response.get("date", ""))
    date = received if date is None else date
    if "expires" in response:
        expires = seconds(response["expires"])
        return (0 if expires is None else min(max(expires - date, 0), LONGEST)), "expires"
    modified = seconds(response.get("last-modified", ""))
    if modified is not None and modified <= date:
        return (date - modified) // TENTH, "heuristic"
    return None, ""


def delta(text: str) -> int:
    """delta-seconds; what is no number is taken as 0: stale (RFC 9111 section 4.2.1)."""
    if not text.isascii() or not text.isdigit():
        return 0
    return min(int(text), LONGEST) if len(text) < DIGITS else LONGEST
