"""What TLS connections agreed upon, counted by server name, and the certificates that servers showed; and the tables of both.

Equal sessions are one row with a count: who asked for the same name and got the same version, suite, key exchange and protocol.
A certificate is a row for each leaf and each server name that it was shown for.
"""

from __future__ import annotations

from typing import Any, Final

from analyzer.report.text import count

from .kept import Row
from .table import Column, Table

MOST: Final = 200  #: rows of each kind
OPEN: Final = 10_000  #: ClientHellos that wait for their answer
NAMES: Final = 3  #: of a certificate, in the table
SAME: Final = ("sni", "version_name", "cipher_suite_name", "group_name", "alpn", "resumed", "hello_retry_request", "transport")
COLUMNS: Final = (
    Column("Server name", packet=True),
    Column("Version"),
    Column("Cipher suite"),
    Column("Key exchange", extra=True),
    Column("ALPN", packet=True),
    Column("Remarks"),
    Column("Handshakes", number=True),
    Column("Frame", number=True),
)
CERTIFICATE_COLUMNS: Final = (
    Column("Asked for", packet=True),
    Column("Valid for", packet=True),
    Column("Issuer", packet=True),
    Column("Valid until"),
    Column("Key", extra=True),
    Column("Chain", number=True, extra=True),
    Column("Problems"),
    Column("Seen", number=True),
    Column("Frame", number=True),
)


class Sessions:
    """Hand it the rows of TLS messages in their order."""

    def __init__(self) -> None:
        self.total = 0  #: different ones
        self.certificates_total = 0
        self._rows: dict[tuple[Any, ...], Row] = {}
        self._certificates: dict[tuple[Any, ...], Row] = {}
        self._retried: set[tuple[str, int]] = set()

    @property
    def rows(self) -> list[Row]:
        """Sessions, those seen most often first."""
        return sorted(self._rows.values(), key=lambda row: -row["handshakes"])

    @property
    def certificates(self) -> list[Row]:
        """Certificates in the order in which they were first seen."""
        return list(self._certificates.values())

    def add(self, row: Row) -> None:
        """The next message."""
        message = row["message"]
        if message == "server_hello":
            self._chosen(row)
        elif message == "certificate" and row["direction"] == "server" and row["chain"]:
            self._shown(row)

    def _chosen(self, row: Row) -> None:
        conversation = (row["transport"], row["stream"])
        if row["hello_retry_request"]:
            if len(self._retried) < OPEN:
                self._retried.add(conversation)
            return
        session = {key: row.get(key) for key in SAME}
        session["hello_retry_request"] = conversation in self._retried
        self._retried.discard(conversation)
        key = tuple(session.values())
        known = self._rows.get(key)
        if known is not None:
            known["handshakes"] += 1
            return
        self.total += 1
        if len(self._rows) < MOST:
            more = {"weak": row.get("weak"), "forward_secrecy": row.get("forward_secrecy")}
            self._rows[key] = {**session, **more, "handshakes": 1, "frame": row["last_frame"]}

    def _shown(self, row: Row) -> None:
        leaf = row["chain"][0]
        key = (leaf["sha256"], row["sni"])
        known = self._certificates.get(key)
        if known is not None:
            known["seen"] += 1
            return
        self.certificates_total += 1
        if len(self._certificates) < MOST:
            problems = [problem["problem"] for problem in row["problems"]]
            shown = {"sni": row["sni"], "frame": row["last_frame"], "seen": 1, "chain_length": len(row["chain"])}
            self._certificates[key] = {**shown, **leaf, "problems": problems}


def sessions_table(sessions: Sessions) -> Table:
    """One line for each kind of session."""
    rows = [_cells(row) for row in sessions.rows]
    return Table("tls", "What was agreed upon, by server name", COLUMNS, rows, sessions.total, "tls")


def certificates_table(sessions: Sessions) -> Table:
    """One line for each certificate and the name that it was shown for."""
    rows = [_certificate(row) for row in sessions.certificates]
    return Table("certificates", "Certificates of servers", CERTIFICATE_COLUMNS, rows, sessions.certificates_total, "tls")


def _cells(row: Row) -> list[str]:
    remarks = [
        "resumed" if row["resumed"] else "",
        "hello retry" if row["hello_retry_request"] else "",
        "no forward secrecy" if row["forward_secrecy"] is False else "",
        f"weak: {row['weak']}" if row["weak"] else "",
        "DTLS" if row["transport"] == "dtls" else "",
    ]
    return [
        row["sni"] or "", row["version_name"] or "", row["cipher_suite_name"] or "", row["group_name"] or "", row["alpn"] or "",
        ", ".join(filter(None, remarks)), count(row["handshakes"]), count(row["frame"]),
    ]  # fmt: skip


def _certificate(row: Row) -> list[str]:
    names = row["dns_names"] or row["ip_addresses"] or [row["subject"] or ""]
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    key = " ".join(str(part) for part in (row["key_type"], row["curve"] or row["key_bits"]) if part)
    return [
        row["sni"] or "", ", ".join(names[:NAMES]) + more, row["issuer"] or "", str(row["not_after"] or "")[:10], key,
        count(row["chain_length"]), ", ".join(problem.replace("_", " ") for problem in row["problems"]), count(row["seen"]),
        count(row["frame"]),
    ]  # fmt: skip
