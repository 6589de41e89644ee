"""The head of a message: where it ends, and the message that it begins (RFC 9112 sections 2.2 and 5)."""

from __future__ import annotations

from typing import Final, NamedTuple

from .message import Flaw, Request, Response
from .start_line import METHODS, request_line, status_line

MAX_FIELDS: Final = 1 << 12  #: of one head or trailer section; servers take a hundred
FIELD: Final = int(Flaw.FIELD)


class Fields(NamedTuple):
    """The fields of a head or of a trailer section."""

    headers: list[tuple[str, str]]
    fields: dict[str, str]
    flaws: int


def head_end(data: bytes | bytearray, start: int = 0) -> int:
    """Index behind the empty line that ends a head, -1 if there is none; lines may end with LF alone."""
    usual = data.find(b"\n\r\n", start)
    bare = data.find(b"\n\n", start, usual + 1 if usual >= 0 else len(data))
    if bare >= 0:
        return bare + 2
    return usual + 3 if usual >= 0 else -1


def parse_head(direction: int, head: bytes, origin: int, lenient: bool, strict: bool) -> Request | Response | None:
    """The message with this head, which begins at the offset `origin`; None: it is none.

    lenient: the request line may lack a version. strict: only registered methods count, others may be the rest of a word.
    """
    end = origin + len(head)
    fields_from = head.find(b"\n") + 1
    status = status_line(head) if head.startswith(b"HTTP/1.") else None
    if status is not None:
        headers, fields, flaws = parse_fields(head[fields_from:])
        return Response(
            direction=direction, start=origin, end=end, head_end=end, headers=headers, fields=fields, flaws=flaws,
            version=status[0], status=status[1], reason=status[2],
        )  # fmt: skip
    line = request_line(head, lenient)
    if line is None or (strict and line.method.encode() not in METHODS):
        return None
    headers, fields, flaws = parse_fields(head[fields_from:])
    if not line.correct:
        flaws |= Flaw.START_LINE
    return Request(
        direction=direction, start=origin, end=end, head_end=end, headers=headers, fields=fields, flaws=flaws,
        version=line.version, method=line.method, target=line.target,
    )  # fmt: skip


def parse_fields(section: bytes) -> Fields:
    """The lines of a section; bytes that are no UTF-8 become U+FFFD.

    A blank before the first field (RFC 9112 section 2.2) is taken off: who reads the field all the same is deceived no more.
    """
    headers: list[tuple[str, str]] = []
    fields: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    flaws = 0
    if b"\n " in section or b"\n\t" in section:
        section, folded = unfold(section)
        flaws = int(Flaw.FOLDED) if folded else 0
    if section.count(b"\r") != section.count(b"\r\n"):
        flaws |= FIELD
    lines = section.decode("utf-8", "replace").split("\n", MAX_FIELDS)
    if len(lines) > MAX_FIELDS and lines.pop().strip("\r\n"):
        flaws |= Flaw.LONG_HEAD
    if lines[0][:1] in (" ", "\t"):
        flaws |= FIELD
        lines[0] = lines[0].lstrip(" \t")
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or not name:
            if line.strip(" \t\r"):
                flaws |= FIELD
            continue
        value = value.strip(" \t\r")
        headers.append((name, value))
        key = name.lower()
        if key in fields:
            repeated.setdefault(key, [fields[key]]).append(value)
        else:
            fields[key] = value
    for key, values in repeated.items():
        fields[key] = ", ".join(values)
    return Fields(headers, fields, flaws)


def unfold(section: bytes) -> tuple[bytes, bool]:
    """Join each line that begins with a blank to the one before (obs-fold, RFC 9112 section 5.2)."""
    lines: list[bytes] = []
    parts: list[bytes] = []
    folded = False
    for line in section.split(b"\n"):
        if parts and line[:1] in (b" ", b"\t") and line.strip(b" \t\r"):
            parts.append(line.strip(b" \t\r"))
            folded = True
        else:
            if parts:
                lines.append(b" ".join(parts))
            parts = [line.rstrip(b"\r")]
    lines.append(b" ".join(parts))
    return b"\n".join(lines), folded
