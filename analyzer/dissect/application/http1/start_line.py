"""The first line of a message (RFC 9112 sections 3 and 4): what tells HTTP/1.x from everything else."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MAX_METHOD: Final = 32  #: characters of a method; the longest registered one has 17
MAX_EMPTY_LINES: Final = 8  #: bytes of empty lines that may come before a message (RFC 9112 section 2.2)

#: ports where a line without a version counts as a request, too, if its method is registered: servers answer it with 400
PORTS: Final = frozenset((80, 1900, 2710, 2869, 3128, 3132, 5985, 8080, 8088, 11371))
#: registered at IANA, and others in use
METHODS: Final = frozenset((
    b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"ACL",
    b"BASELINE-CONTROL", b"BIND", b"CHECKIN", b"CHECKOUT", b"COPY", b"LABEL", b"LINK", b"LOCK", b"MERGE", b"MKACTIVITY",
    b"MKCALENDAR", b"MKCOL", b"MKREDIRECTREF", b"MKWORKSPACE", b"MOVE", b"ORDERPATCH", b"PROPFIND", b"PROPPATCH",
    b"QUERY", b"REBIND", b"REPORT", b"SEARCH", b"UNBIND", b"UNCHECKOUT", b"UNLINK", b"UNLOCK", b"UPDATE",
    b"UPDATEREDIRECTREF", b"VERSION-CONTROL", b"BCOPY", b"BDELETE", b"BMOVE", b"BPROPFIND", b"BPROPPATCH", b"CCM_POST",
    b"M-SEARCH", b"NOTIFY", b"POLL", b"RPC_CONNECT", b"RPC_IN_DATA", b"RPC_OUT_DATA", b"SUBSCRIBE", b"UNSUBSCRIBE",
))  # fmt: skip

_VERSION: Final = re.compile(rb" HTTP/(1\.[0-9])\r?\n")
_METHOD: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}\Z")
_REQUEST: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^\x00-\x20\x7f]+) HTTP/(1\.[0-9])\r?\n")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_STATUS: Final = re.compile(rb"HTTP/(1\.[0-9])[ \t]{1,32}([1-9][0-9]{2})(?:[ \t]([^\r\n]*)|)\r?\n")
#: what may still become a request line: letters in the method, and the beginning of one of the four forms of a target
_REQUEST_SO_FAR: Final = re.compile(rb"[A-Za-z][0-9A-Za-z_-]{0,31}(?: (?:[/*\[0-9A-Za-z][^\x00-\x1f\x7f]*\r?)?)?\Z")
_STATUS_SO_FAR: Final = re.compile(
    rb"H(?:T(?:T(?:P(?:/(?:1(?:\.(?:[0-9](?:[ \t]{1,32}(?:[1-9][0-9]{0,2})?)?)?)?)?)?)?)?)?\Z"
    rb"|HTTP/1\.[0-9][ \t]{1,32}[1-9][0-9]{2}(?:[ \t][^\r\n]*)?\r?\Z"
)


class RequestLine(NamedTuple):
    """Method, target and version; the target ends at the first blank, whatever stands behind it."""

    method: str
    target: str
    version: str  #: "" where it is none
    correct: bool


def request_line(head: bytes, lenient: bool = False) -> RequestLine | None:
    """The request line that the head begins with; `lenient`: a registered method is enough."""
    usual = _REQUEST.match(head)
    if usual:
        method, target, number = usual.groups()
        return RequestLine(method.decode("ascii"), target.decode("utf-8", "replace"), number.decode("ascii"), True)
    end = head.find(b"\n")
    space = head.find(b" ", 0, min(end, MAX_METHOD + 1)) if end >= 0 else -1
    if space > 0 and _METHOD.match(head[:space]):
        blank = head.rfind(b" ", 0, end)
        version = _VERSION.match(head, blank, end + 1)
        target = head[space + 1 : end].lstrip(b" ").partition(b" ")[0]
        if version and blank > space and not _CONTROL.search(target):
            correct = space + len(target) + 1 == blank
            return RequestLine(
                head[:space].decode("ascii"), target.decode("utf-8", "replace"), version[1].decode("ascii"), correct
            )
    if lenient and end >= 0:
        words = head[:end].split()
        if words and words[0] in METHODS and head.startswith(words[0]):
            target = words[1] if len(words) > 1 else b""
            return RequestLine(words[0].decode("ascii"), target.decode("utf-8", "replace"), "", False)
    return None


def status_line(head: bytes) -> tuple[str, int, str] | None:
    """(version, status code, reason phrase) of the status line that the head begins with."""
    line = _STATUS.match(head)
    return (line[1].decode("ascii"), int(line[2]), (line[3] or b"").decode("utf-8", "replace").strip()) if line else None


def recognise(head: bytes, ports: tuple[int, int]) -> bool | None:
    """Whether the bytes begin with a message of HTTP/1.x; None: too few to tell."""
    text = head.lstrip(b"\r\n") if head[:1] in (b"\r", b"\n") else head
    if len(head) - len(text) > MAX_EMPTY_LINES:
        return False
    if not text or _STATUS_SO_FAR.match(text):
        return None
    if b"\n" not in text:
        return None if _REQUEST_SO_FAR.match(text) else False
    return _STATUS.match(text) is not None or request_line(text, known_port(ports)) is not None


def known_port(ports: tuple[int, int]) -> bool:
    """Whether one of them is a port of HTTP."""
    return ports[0] in PORTS or ports[1] in PORTS
