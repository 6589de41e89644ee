"""TLS sessions counted by what was agreed upon, and certificates."""

from __future__ import annotations

from typing import Any

from analyzer.report.document import sessions
from analyzer.report.document.sessions import Sessions, certificates_table, sessions_table


def hello(stream: int, frame: int, sni: str = "a.example", retry: bool = False) -> dict[str, Any]:
    return {
        "message": "server_hello", "direction": "server", "stream": stream, "last_frame": frame, "sni": sni, "transport": "tls",
        "version_name": "TLS 1.3", "cipher_suite_name": "TLS_AES_128_GCM_SHA256", "group_name": "x25519", "alpn": None,
        "resumed": False, "hello_retry_request": retry, "weak": None, "forward_secrecy": True,
    }  # fmt: skip


def certificate(frame: int, sha256: str = "00", **more: Any) -> dict[str, Any]:
    leaf = {
        "sha256": sha256, "dns_names": ["a.example"], "ip_addresses": [], "subject": "CN=a", "issuer": "CN=b",
        "not_after": "2030-01-01T00:00:00Z", "key_type": "ec", "key_bits": 256, "curve": "secp256r1",
    }  # fmt: skip
    return {
        "message": "certificate", "direction": "server", "last_frame": frame, "sni": "a.example", "chain": [leaf, {}],
        "problems": [{"problem": "wrong_name"}], **more,
    }  # fmt: skip


def test_equal_sessions_are_counted() -> None:
    seen = Sessions()
    for stream, name in enumerate(("a.example", "b.example", "b.example")):
        seen.add(hello(stream, stream + 1, name))
    assert [(row["sni"], row["handshakes"], row["frame"]) for row in seen.rows] == [("b.example", 2, 2), ("a.example", 1, 1)]
    assert sessions_table(seen).rows[0][-2:] == ["2", "2"]


def test_a_retry_belongs_to_the_session_that_follows() -> None:
    seen = Sessions()
    seen.add(hello(0, 1, retry=True))
    seen.add(hello(1, 2))
    seen.add(hello(0, 3))
    assert [(row["hello_retry_request"], row["frame"]) for row in seen.rows] == [(False, 2), (True, 3)]
    assert "hello retry" in sessions_table(seen).rows[1]


def test_certificates_of_servers() -> None:
    seen = Sessions()
    seen.add(certificate(1))
    seen.add(certificate(2))
    seen.add(certificate(3, direction="client", sha256="11"))
    seen.add(certificate(4, chain=[]))
    (row,) = certificates_table(seen).rows
    assert row == ["a.example", "a.example", "CN=b", "2030-01-01", "ec secp256r1", "2", "wrong name", "2", "1"]


def test_there_may_be_too_many(monkeypatch: Any) -> None:
    monkeypatch.setattr(sessions, "MOST", 2)
    seen = Sessions()
    for number in range(5):
        seen.add(hello(number, number, f"{number}.example"))
        seen.add(certificate(number, f"{number:02}"))
    assert len(seen.rows) == len(seen.certificates) == 2
    assert seen.total == seen.certificates_total == 5
    assert sessions_table(seen).cut.startswith("2 of 5;")
