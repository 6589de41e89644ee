"""Table of TLS messages: one line each, with what a person looks for first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TextIO

from analyzer.dissect.application.tls.cipher_suites import GREASE
from analyzer.dissect.application.tls.names import version_name
from analyzer.report.text import count, duration, plural, size

from . import Paint, Resolve, Row
from .messages import Line, MessageTable, cell

COLUMNS: Final = (("frame", -7), ("time", -12), ("stream", -7), ("from", 6), ("message", 20), ("details", 0))
MIN_DETAILS: Final = 40  #: columns of the details, however narrow the terminal is
FATAL: Final = 2
MAX_NAMES: Final = 3  #: of a list


class TlsTable(MessageTable):
    """Messages in the order in which they were complete."""

    def __init__(self, out: TextIO, resolve: Resolve, width: int, paint: Paint, first_ns_of: Callable[[], int]) -> None:
        super().__init__(out, COLUMNS, width, MIN_DETAILS, paint, first_ns_of)

    def _line(self, row: Row) -> Line:
        stream = row["stream"] if row["transport"] == "tls" else f"udp {row['stream']}"
        details = cell("  ".join(_details(row)), self._room)
        name = "hello_retry_request" if row.get("hello_retry_request") else row["message"]
        return (row["last_frame"], self._time(row), stream, row["direction"], name.replace("_", " "), details), _style(row)


def _style(row: Row) -> str:
    if row.get("level") == FATAL or not row["complete"] or row["malformed"]:
        return "problem"
    return "warning" if row.get("weak") or row.get("hello_retry_request") or row.get("problems") else ""


def _details(row: Row) -> Iterator[str]:
    if not row["complete"]:
        yield "too long" if row.get("limit") else "cut"
    if row["malformed"]:
        yield "malformed"
    detail = _DETAILS.get(row["message"])
    if detail is not None:
        yield from detail(row)
    if row.get("response_time_ns") is not None:
        yield f"after {duration(row['response_time_ns'])}"


def _client_hello(row: Row) -> Iterator[str]:
    yield row["sni"] or "no server name"
    yield ", ".join(row["alpn"] or ("no ALPN",))
    offered = [version for version in row["supported_versions"] or () if version not in GREASE]
    yield _several([version_name(version) for version in offered] or [row["version_name"] or "?"])
    if row["retried"]:
        yield "second try"
    if row["pre_shared_key"] or row["ticket_length"]:
        yield "resumes" if not row["early_data"] else "resumes, with early data"
    if row["ech"] != "none":
        yield f"ECH {row['ech']}"
    if row["post_quantum"]:
        yield _several(row["post_quantum"])
    if row["ja4"]:
        yield row["ja4"]


def _server_hello(row: Row) -> Iterator[str]:
    yield row["version_name"] or "?"
    if row["cipher_suite_name"]:
        yield row["cipher_suite_name"] + (f" (weak: {row['weak']})" if row["weak"] else "")
    if row["group_name"]:
        yield f"asks for {row['group_name']}" if row["hello_retry_request"] else row["group_name"]
    if row["alpn"]:
        yield row["alpn"]
    if row["resumed"]:
        yield "resumed"
    if row["forward_secrecy"] is False:
        yield "no forward secrecy"


def _certificate(row: Row) -> Iterator[str]:
    chain = row["chain"]
    if not chain:
        yield "none"
        return
    for problem in row["problems"]:
        yield str(problem["problem"]).replace("_", " ")
    leaf = chain[0]
    yield _several(leaf["dns_names"] or [leaf["subject"] or "?"])
    yield f"by {leaf['issuer'] or '?'}"
    yield f"until {str(leaf['not_after'] or '?')[:10]}"
    if len(chain) > 1:
        yield f"and {plural(len(chain) - 1, 'more certificate')}"


def _alert(row: Row) -> Iterator[str]:
    yield f"{row['level_name']}: {row['description_name'].replace('_', ' ')} ({row['description']})"


def _several(values: list[Any]) -> str:
    more = f" and {len(values) - MAX_NAMES} more" if len(values) > MAX_NAMES else ""
    return ", ".join(map(str, values[:MAX_NAMES])) + more


_DETAILS: Final[dict[str, Callable[[Row], Iterator[str]]]] = {
    "client_hello": _client_hello,
    "server_hello": _server_hello,
    "certificate": _certificate,
    "server_key_exchange": lambda row: iter([row["group_name"]] if row["group_name"] else []),
    "certificate_request": lambda row: iter([f"accepts {plural(row['authorities'], 'authority', 'authorities')}"]),
    "certificate_status": lambda row: iter([f"OCSP response of {size(row['size'])}"]),
    "new_session_ticket": lambda row: iter([f"{count(row['size'])} B", f"for {duration(row['lifetime_ns'])}"]),
    "alert": _alert,
}
