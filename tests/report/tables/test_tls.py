"""The table of TLS messages: one line each, fitting the width, harmless on a terminal."""

from __future__ import annotations

import io

from analyzer.report.tables.tls import MIN_DETAILS, TlsTable
from tests.dissect.application.tls.build import (
    ALERT,
    HANDSHAKE,
    NAME,
    Turn,
    client_hello,
    post_quantum_hello,
    record,
    server_name,
    tls_1_2,
    tls_1_3,
)
from tests.flow.application.tls_handshake import START, messages, rows


def table(turns: list[Turn], width: int = 160) -> tuple[list[str], list[str]]:
    out, styles = io.StringIO(), []

    def paint(text: str, style: str) -> str:
        styles.append(style)
        return text

    lines = TlsTable(out, str, width, paint, lambda: START)
    lines.messages(rows(messages(turns)))
    return out.getvalue().splitlines(), styles


def test_lines() -> None:
    (title, hello, retry, again, answer, finished), styles = table(tls_1_3(retry=True))
    assert title.split() == ["frame", "time", "stream", "from", "message", "details"]
    assert hello.split()[:6] == ["1", "0.000000", "3", "client", "client", "hello"]
    assert f"{NAME}  h2, http/1.1  TLS 1.3, TLS 1.2  X25519MLKEM768  t13d0307h2_" in hello
    assert "hello retry request" in retry and "asks for secp256r1  after 10.0 ms" in retry and styles[:2] == ["", "warning"]
    assert "  second try  X25519MLKEM768  " in again
    assert "TLS 1.3  TLS_AES_128_GCM_SHA256  x25519" in answer and finished.endswith("client  finished")


def test_certificates_and_the_rest() -> None:
    lines, _ = table(tls_1_2())
    text = "\n".join(lines)
    assert "and 1 more certificate" in text and "accepts 0 authorities" in text and "160 B  for 5 min" in text


def test_alert() -> None:
    lines, styles = table([(1, record(ALERT, b"\2\x30"))])
    assert lines[1].endswith("fatal: unknown ca (48)") and styles[0] == "problem"


def test_cut() -> None:
    lines, styles = table([(0, record(HANDSHAKE, post_quantum_hello())[:300])])
    assert "cut" in lines[1] and styles[0] == "problem"


def test_what_a_terminal_would_obey_is_escaped() -> None:
    lines, _ = table([(0, record(HANDSHAKE, client_hello(server_name("\x1b[31m\nevil"))))])
    assert len(lines) == 2 and "\x1b" not in lines[1]


def test_width() -> None:
    for width in (20, 120):
        lines, _ = table(tls_1_2(), width)
        assert max(map(len, lines)) <= max(width, 66 + MIN_DETAILS)
