"""What is wrong with handshakes of TLS, from its rows (certificates: findings/certificates.py).

- *old version*: SSL 3.0, TLS 1.0 or 1.1 was negotiated (RFC 7568, RFC 8996), or DTLS 1.0.
- *weak cipher*, *no forward secrecy*: see dissect/application/tls/cipher_suites.py.
- *alert*: a fatal alert that was not encrypted: it ended the handshake.
- *retry*: a HelloRetryRequest; the client had guessed a key exchange that the server does not take, and tries again.
- *unanswered*: a whole ClientHello that nothing readable followed, such as a ServerHello or an alert.
- *slow hello*: a ClientHello of which the last byte came long after the first one: a segment of it was lost.
- *cut hello*: a hello that never came whole.
- *limit*: a message was too long, or there were too many, so that they were not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from analyzer.dissect.application.tls.names import DTLS_1_0, SSL_2_0, SSL_3_0, TLS_1_0, TLS_1_1
from analyzer.finding import Finding, Severity
from analyzer.flow.application.rows import Row

from .evidence import Evidence

OLD_VERSIONS: Final = (SSL_2_0, SSL_3_0, TLS_1_0, TLS_1_1, DTLS_1_0)
FATAL: Final = 2
SLOW_NS: Final = 100_000_000  #: a ClientHello is sent at once; a lost segment is sent again after 200 ms or a round trip
MAX_OPEN: Final = 65_536  #: handshakes whose answer is waited for
MAX_ALERTS: Final = 20  #: kinds of alerts that become findings of their own
MAX_WORDS: Final = 1_000  #: different words (names, versions, ciphers) that are counted for a finding
SHOWN_WORDS: Final = 3  #: that a finding names
TRANSPORTS: Final = {"tls": "tcp", "dtls": "udp"}
#: what was seen in hellos -> kind and severity of its finding
KINDS: Final = {
    "old": ("tls_old_version", Severity.WARNING),
    "weak": ("tls_weak_cipher", Severity.WARNING),
    "secrecy": ("tls_no_forward_secrecy", Severity.NOTE),
    "retry": ("tls_hello_retry", Severity.NOTE),
    "slow": ("tls_slow_hello", Severity.WARNING),
    "cut": ("tls_cut_hello", Severity.NOTE),
    "limit": ("tls_limit", Severity.NOTE),
}

_Conversation = tuple[str, int]


class _Seen:
    """Where something was seen, in one transport; the words that say what it was, and the longest time that it took."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self.words: Counter[str] = Counter()
        self.words_forgotten = 0
        self.longest_ns = self.total_ns = 0

    def add(self, frame: int, stream: int, word: str | None, ns: int = 0) -> None:
        """Once more."""
        self.evidence.one(frame, stream)
        self.longest_ns = max(self.longest_ns, ns)
        self.total_ns += ns
        if word and (word in self.words or len(self.words) < MAX_WORDS):
            self.words[word] += 1
        elif word:
            self.words_forgotten += 1

    def values(self) -> dict[str, int | str]:
        """For its sentence."""
        shown = [word for word, _ in self.words.most_common(SHOWN_WORDS)]
        values: dict[str, int | str] = {f"word_{number}": word for number, word in enumerate(shown)}
        return {**values, "more": len(self.words) - len(shown), "longest_ns": self.longest_ns}


class TlsFindings:
    """Takes the rows of TLS in their order."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], _Seen] = {}  #: by what it is, and protocol of the streams
        self._alerts: dict[tuple[str, int, str], _Seen] = {}  #: by sender, description, and protocol of the streams
        self._open: dict[_Conversation, tuple[int, str | None]] = {}  #: frame and name of the ClientHello
        self._forgotten = 0

    def update(self, row: Row) -> None:
        """Take one row."""
        message = row["message"]
        if row.get("limit"):
            self._add("limit", row, message.replace("_", " "))
        if message == "client_hello":
            self._client_hello(row)
            return
        self._open.pop((row["transport"], row["stream"]), None)
        if message == "server_hello":
            self._server_hello(row)
        elif message == "alert" and row["level"] == FATAL:
            self._alert(row)

    def _client_hello(self, row: Row) -> None:
        if not row["complete"]:
            self._add("cut", row, row["sni"])
            return
        took = row["time_ns"] - row["first_time_ns"]
        if took >= SLOW_NS:
            self._add("slow", row, row["sni"], took)
        if len(self._open) < MAX_OPEN:
            self._open[row["transport"], row["stream"]] = row["last_frame"], row["sni"]
        else:
            self._forgotten += 1

    def _server_hello(self, row: Row) -> None:
        if row["hello_retry_request"]:
            self._add("retry", row, row["group_name"], row["response_time_ns"] or 0)
            return
        if not row["complete"]:
            self._add("cut", row, row["sni"])
            return
        if row["version"] in OLD_VERSIONS:
            self._add("old", row, row["version_name"])
        if row["weak"]:
            self._add("weak", row, row["cipher_suite_name"])
        elif row["forward_secrecy"] is False:
            self._add("secrecy", row, row["sni"])

    def _alert(self, row: Row) -> None:
        key = row["direction"], row["description"], TRANSPORTS[row["transport"]]
        seen = self._alerts.get(key)
        if seen is None:
            if len(self._alerts) >= MAX_ALERTS:
                self._forgotten += 1
                return
            seen = self._alerts[key] = _Seen()
        seen.add(row["last_frame"], row["stream"], row["sni"])

    def _add(self, what: str, row: Row, word: str | None, ns: int = 0) -> None:
        key = what, TRANSPORTS[row["transport"]]
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen()
        seen.add(row["last_frame"], row["stream"], word, ns)

    def findings(self) -> Iterator[Finding]:
        """What was found, the worst first."""
        for (sender, description, protocol), seen in self._alerts.items():
            values = {**seen.values(), "sender": sender, "description": description}
            yield seen.evidence.finding("tls_alert", Severity.PROBLEM, protocol, values)
        yield from self._unanswered()
        for (what, protocol), seen in self._seen.items():
            evidence, values = seen.evidence, seen.values()
            kind, severity = KINDS[what]
            yield evidence.finding(kind, severity, protocol, values, seen.total_ns or None)

    def _unanswered(self) -> Iterator[Finding]:
        for transport, protocol in TRANSPORTS.items():
            seen = _Seen()
            for (carried, stream), (frame, name) in sorted(self._open.items(), key=lambda item: item[1][0]):
                if carried == transport:
                    seen.add(frame, stream, name)
            if seen.evidence:
                yield seen.evidence.finding("tls_unanswered", Severity.WARNING, protocol, seen.values())

    def forgotten(self) -> dict[str, int]:
        """What had no room: thing -> how many."""
        seen = [*self._seen.values(), *self._alerts.values()]
        return {
            "TLS handshake or kind of alert": self._forgotten,
            "name in a finding about TLS": sum(one.words_forgotten for one in seen),
            "stream of a finding about TLS": sum(one.evidence.streams_forgotten for one in seen),
        }
