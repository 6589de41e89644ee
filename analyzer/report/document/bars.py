"""What a journey is called in the report: what was asked, of whom, and what came of it."""

from __future__ import annotations

from typing import Final

from analyzer.report.tables import endpoint
from analyzer.report.text import duration, plural, size
from analyzer.report.wording.verdict import FAILED

from .kept import Row
from .waterfall import Bar

ERROR_STATUS: Final = 400  #: RFC 9110 section 15: from here on it is an error


def what(bar: Bar) -> str:
    """GET /index.html; the name of who was connected to, or looked up."""
    row = bar.row
    if row["kind"] == "lookup":
        return f"lookup of {row['dns_name'] or row['host'] or '?'}"
    if row["method"]:
        return f"{row['method']} {row['target'] or ''}".rstrip()
    return row["host"] or endpoint(row["server"], row["server_port"], str)


def where(bar: Bar) -> str:
    """The host, where it is not said yet; else the application."""
    row = bar.row
    if row["kind"] == "lookup":
        return row["dns_server"] or ""
    if row["method"]:
        return row["host"] or row["server"] or ""
    return row["application"] or row["transport"] or ""


def status(bar: Bar) -> str:
    """200; or why there is none."""
    row = bar.row
    if row["status"] is not None:
        return str(row["status"]) + ("" if row["outcome"] == "complete" else f" {row['outcome'].replace('_', ' ')}")
    if row["outcome"] == "complete":
        return "encrypted" if row["encrypted"] else "done"
    return str(row["outcome"]).replace("_", " ")


def failed(row: Row) -> bool:
    """There was no answer."""
    return row["outcome"] in FAILED


def bad(row: Row) -> bool:
    """There was none, or it is an error."""
    return failed(row) or (row["status"] or 0) >= ERROR_STATUS


def said(bar: Bar) -> str:
    """The journey in a line: the ends, what was sent and what came back."""
    row = bar.row
    parts = [row["url"] or ""]
    if row["stream"] is not None:
        ends = (endpoint(row[side], row[f"{side}_port"], str) for side in ("client", "server"))
        parts += [" to ".join(ends), f"{row['transport']} stream {row['stream']}"]
    if row["request_bytes"] or row["response_bytes"]:
        parts.append(f"{size(row['request_bytes'] or 0)} sent, {size(row['response_bytes'] or 0)} received")
    if row["first_byte_likely_ns"] is not None:
        about = "" if row["first_byte_certain"] else "about "
        parts.append(f"first byte after {about}{duration(row['first_byte_likely_ns'])}")
    if row["round_trips"] is not None:
        parts.append(f"{plural(row['round_trips'], 'round trip')} before the request")
    if row["reused"]:
        parts.append("on a connection that was open already")
    return "; ".join(filter(None, parts))
