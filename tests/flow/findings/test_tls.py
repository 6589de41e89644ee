"""What is found in handshakes of TLS."""

from __future__ import annotations

from analyzer.dissect.application.tls.conversation import MAX_MESSAGES
from analyzer.finding import Finding
from analyzer.flow.findings.tls import MAX_ALERTS, TlsFindings
from analyzer.report import wording
from tests.dissect.application.tls.build import (
    ALERT,
    HANDSHAKE,
    NAME,
    Turn,
    certificate,
    client_hello,
    post_quantum_hello,
    record,
    server_hello,
    server_name,
    tls_1_2,
    tls_1_3,
)
from tests.flow.application.tls_handshake import messages, rows

HELLO: Turn = (0, record(HANDSHAKE, client_hello(server_name(NAME))))


def found(*connections: list[Turn], slow: int = 0) -> dict[str, Finding]:
    findings = TlsFindings()
    for stream, turns in enumerate(connections):
        for row in rows(messages(turns, stream, slow)):
            findings.update(row)
    assert not any(findings.forgotten().values())
    result = {one.kind: one for one in findings.findings()}
    assert len(result) == len(list(findings.findings()))
    return result


def sentence(finding: Finding) -> str:
    return wording.sentence(finding)


def test_nothing_is_wrong() -> None:
    assert not found(tls_1_2(), tls_1_3())


def test_old_and_weak() -> None:
    answer = (1, record(HANDSHAKE, server_hello(cipher=0x0005, version=0x0301)))
    kinds = found([HELLO, answer], [HELLO, (1, record(HANDSHAKE, server_hello(cipher=0x002F)))])
    assert set(kinds) == {"tls_old_version", "tls_weak_cipher", "tls_no_forward_secrecy"}
    assert "(TLS 1.0)" in sentence(kinds["tls_old_version"])
    assert "(TLS_RSA_WITH_RC4_128_SHA)" in sentence(kinds["tls_weak_cipher"])
    assert kinds["tls_no_forward_secrecy"].streams == (1,) and NAME in sentence(kinds["tls_no_forward_secrecy"])


def test_alert() -> None:
    alert = (1, record(ALERT, b"\2\x46"))
    kinds = found([HELLO, alert], [HELLO, alert])
    assert set(kinds) == {"tls_alert"} and kinds["tls_alert"].count == 2
    assert sentence(kinds["tls_alert"]) == (
        f"2 TLS handshakes ({NAME}) were ended by the server with the alert protocol version: they have no version in common."
    )
    assert "tls_alert" not in found([HELLO, (1, record(HANDSHAKE, server_hello())), (1, record(ALERT, b"\1\0"))])


def test_retry() -> None:
    text = sentence(found(tls_1_3(retry=True))["tls_hello_retry"])
    assert text == (
        "1 TLS handshake took one more round trip (10.0 ms): no key share of the group that the server wants (secp256r1)."
    )


def test_unanswered() -> None:
    kinds = found([HELLO])
    assert set(kinds) == {"tls_unanswered"} and kinds["tls_unanswered"].frames == (1,)


def test_slow_and_cut() -> None:
    kinds = found(tls_1_2(), slow=250_000_000)
    assert set(kinds) == {"tls_slow_hello"} and "took 250 ms from" in sentence(kinds["tls_slow_hello"])
    assert kinds["tls_slow_hello"].cost_ns == 250_000_000
    kinds = found([(0, record(HANDSHAKE, post_quantum_hello())[:300])])
    assert set(kinds) == {"tls_cut_hello"} and NAME in sentence(kinds["tls_cut_hello"])


def test_limit() -> None:
    many = b"".join(record(HANDSHAKE, certificate()) for _ in range(MAX_MESSAGES))
    kinds = found([HELLO, (1, record(HANDSHAKE, server_hello()) + many)])
    assert set(kinds) == {"tls_limit"} and kinds["tls_limit"].count == 1


def test_kinds_of_alerts_are_limited() -> None:
    findings = TlsFindings()
    for description in range(MAX_ALERTS + 5):
        for row in rows(messages([HELLO, (1, record(ALERT, bytes((2, description))))])):
            findings.update(row)
    assert len(list(findings.findings())) == MAX_ALERTS and sum(findings.forgotten().values()) == 5
