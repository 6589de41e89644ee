"""Rows of TLS messages: what they say of a message, and of the one that it answers."""

from __future__ import annotations

import json

from analyzer.flow.application.tls import KEYS
from analyzer.flow.rows import PLACE_KEYS
from tests.dissect.application.tls.build import (
    ALERT,
    HANDSHAKE,
    NAME,
    client_hello,
    post_quantum_hello,
    record,
    tls_1_2,
    tls_1_3,
)

from .tls_handshake import STEP, messages, rows


def test_client_hello() -> None:
    row = rows(messages(tls_1_3()))[0]
    assert (row["frame"], row["first_frame"], row["stream"], row["direction"], row["transport"]) == (1, 1, 3, "client", "tls")
    assert (row["message"], row["sni"], row["alpn"]) == ("client_hello", NAME, ["h2", "http/1.1"])
    assert (row["version"], row["version_name"], row["supported_versions"]) == (0x0303, "TLS 1.2", [0x0304, 0x0303])
    assert row["group_names"] == ["X25519MLKEM768", "x25519", "secp256r1"]
    assert row["key_share_names"] == ["X25519MLKEM768", "x25519"] and row["post_quantum"] == ["X25519MLKEM768"]
    assert row["ja3_text"] == "771,4865-4866-49199,0-16-43-10-51-13-21,4588-29-23," and len(row["ja3"]) == 32
    assert row["ja4"].startswith("t13d0307h2_") and row["ech"] == "none" and not row["retried"]


def test_server_hello() -> None:
    rest = rows(messages(tls_1_2()))[1:]
    row = rest[0]
    assert (row["message"], row["client_hello_frame"], row["response_time_ns"], row["sni"]) == ("server_hello", 1, STEP, NAME)
    assert (row["version_name"], row["cipher_suite_name"]) == ("TLS 1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert (row["alpn"], row["weak"], row["forward_secrecy"], row["resumed"]) == ("h2", None, True, False)
    kinds = {one["message"]: one for one in rest}
    assert len(kinds["certificate"]["chain"]) == 2 and kinds["certificate"]["direction"] == "server"
    assert kinds["server_key_exchange"]["group_name"] == "x25519"
    assert kinds["certificate_request"]["certificate_types"] == [1]
    assert (kinds["new_session_ticket"]["lifetime_ns"], kinds["new_session_ticket"]["size"]) == (300 * 10**9, 160)
    assert [one["frame"] for one in rest if one["message"] == "finished"] == [3, 4]


def test_retry() -> None:
    found = rows(messages(tls_1_3(retry=True)))
    assert [row["message"] for row in found] == ["client_hello", "server_hello", "client_hello", "server_hello", "finished"]
    assert found[1]["hello_retry_request"] and found[1]["group_name"] == "secp256r1"
    assert found[2]["retried"] and found[3]["client_hello_frame"] == 3


def test_alert() -> None:
    found = rows(messages([(0, record(HANDSHAKE, client_hello())), (1, record(ALERT, b"\2\x28"))]))
    row = found[1]
    assert (row["level_name"], row["description"], row["description_name"]) == ("fatal", 40, "handshake_failure")
    assert (row["response_time_ns"], row["direction"]) == (STEP, "server")


def test_cut_hello_has_no_fingerprint() -> None:
    (row,) = rows(messages([(0, record(HANDSHAKE, post_quantum_hello())[:300])]))
    assert (row["frame"], row["complete"], row["last_frame"], row["sni"], row["ja3"], row["ja4"]) == (
        None,
        False,
        1,
        NAME,
        None,
        None,
    )


def test_every_key_has_a_meaning() -> None:
    for turns in (tls_1_2(), tls_1_3(retry=True)):
        for row in rows(messages(turns)):
            assert set(row) <= {*KEYS, *PLACE_KEYS}
            json.dumps(row)
