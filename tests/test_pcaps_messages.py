"""What the applications said in pcaps/, by the commands that show messages: what INDEX.md tells of stream/, application/ and
recorded/ in words."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.cli import commands

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
FRAMES = re.compile(r"frames-(\d+)-(\d+)\.")
CONNECTIONS = {
    "stream/hello_two_segments.pcap": 6,
    "stream/hello_three_segments.pcap": 12,
    "stream/hello_short_first.pcap": 16,
    "stream/hello_two_records.pcap": 16,
    "stream/hello_overlapping.pcap": 4,
    "stream/hello_wrap.pcap": 5,
    "stream/fast_open_hello.pcap": 1,
}
REFUSED_BEFORE_ITS_END = 413  #: the request never was complete
STARTTLS = ("smtp", "pop3", "imap", "ftp", "xmpp", "ldap", "postgres", "mysql")


@cache
def rows(command: str, capture: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(commands, [command, str(PCAPS / capture), "--format", "ndjson"])
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def told(row: dict[str, Any], *keys: str) -> str:
    """ "first-last VALUE VALUE"; "first-?" of a message that never was complete."""
    return " ".join((f"{row['first_frame']}-{row['frame'] or '?'}", *(str(row[key]) for key in keys if row.get(key) is not None)))


@pytest.mark.parametrize("capture", sorted(CONNECTIONS))
def test_hello_in_pieces(capture: str) -> None:
    """One ClientHello in each connection, whose SNI tells the frames of its first and its last byte."""
    hellos = [row for row in rows("tls", capture) if row["message"] == "client_hello"]
    assert sorted(row["stream"] for row in hellos) == list(range(CONNECTIONS[capture]))
    for row in hellos:
        said = FRAMES.match(row["sni"])
        assert said
        assert (row["first_frame"], row["frame"]) == (int(said[1]), int(said[2])), row["sni"]
        assert row["alpn"] == ["h2", "http/1.1"]
        assert row["complete"]


def test_every_capture_of_hellos_is_tried() -> None:
    there = {f"stream/{path.name}" for pattern in ("hello_*", "*_hello.pcap") for path in PCAPS.glob(f"stream/{pattern}")}
    assert there - {"stream/middle_server_hello.pcap"} == set(CONNECTIONS)


#: capture -> its requests and responses: first and last frame, target, status
HTTP = {
    "stream/conflict.pcap": ["4-4 /first", "7-7 /first 200", "11-11 /held/for/a/while"],
    "stream/fast_open_http.pcap": ["1-1 /early", "3-3 /early 200"],
    "stream/middle_http.pcap": ["4-4 /second", "5-5 /second 200", "7-7 /third", "8-8 /third 200"],
    "stream/http_pipelined.pcap": [
        *("4-4 /one", "4-4 /two", "4-4 /three", "5-6 /four", "7-7 /one 200", "7-8 /two 200", "8-8 /three 200", "8-9 /four 200"),
    ],
    "stream/http_head_lost.pcap": ["5-5 /heads", "12-12 /heads 200"],
    "stream/http_hole.pcap": ["4-4 /hole", "5-? /hole 200", "8-8 /behind", "9-9 /behind 200"],
    "stream/http_hole_chunked.pcap": ["4-4 /hole", "5-? /hole 200", "8-8 /behind", "9-9 /behind 200"],
    "stream/http_closed_early.pcap": ["4-4 /cut", "5-? /cut 200"],
    "stream/one_byte_segments.pcap": ["5-42 /b", "44-112 /b 200"],
    "stream/middle_tls.pcap": [],
}


@pytest.mark.parametrize("capture", HTTP)
def test_http(capture: str) -> None:
    assert sorted(told(row, "uri", "status") for row in rows("http", capture)) == sorted(HTTP[capture])


def test_the_hole_is_counted() -> None:
    (holed,) = (row for row in rows("http", "stream/http_hole.pcap") if not row["complete"])
    assert holed["missing_bytes"] == 500


def test_websocket_over_loss() -> None:
    assert sorted(told(row, "opcode", "length") for row in rows("websocket", "stream/websocket_loss.pcap")) == sorted(
        ["6-9 1 300", "8-8 9 3", "10-10 10 3", "11-? 2 2000", "13-13 9 3", "14-14 10 3", "15-15 8 12", "16-16 8 2"]
    )


def test_no_hello_was_seen() -> None:
    said = [row["message"] for row in rows("tls", "stream/middle_server_hello.pcap")]
    assert "server_hello" in said
    assert "client_hello" not in said
    assert not [row for row in rows("tls", "stream/middle_tls.pcap") if row["message"].endswith("hello")]


def test_compression() -> None:
    """A name that never ends is no name; what stands before it stays."""
    *bad, last = [row for row in rows("dns", "application/dns_compression.pcap") if row["response"]]
    for row in bad:
        assert row["malformed"], row["frame"]
        assert row["questions"][0]["name"] == "loop.example"
    assert last["answers"][-1]["name"] == ".".join("tsrqponmlkjihgfedcba") + ".loop.example"


def test_repeated_queries() -> None:
    answer = {row["frame"]: row for row in rows("dns", "application/dns_repeated.pcap")}
    assert [frame for frame, row in answer.items() if row["retransmission"]] == [2, 4]
    assert answer[3]["query_frame"] == 1
    assert answer[3]["response_time_ns"] == 1_030_000_000
    assert answer[6]["query_frame"] is None
    assert answer[7]["query_frame"] is None


def test_dns_over_tcp() -> None:
    query, answer = rows("dns", "application/dns_over_tcp.pcap")
    assert told(query) == "4-6"
    assert told(answer) == "8-8"
    assert answer["query_frame"] == 6
    piped = [row for row in rows("dns", "recorded/dns_tcp.pcap") if row["stream"] == 1]
    asked = {row["id"]: row["frame"] for row in piped if not row["response"]}
    assert asked.keys() == {1, 2, 3, 4, 5}
    assert all(row["query_frame"] == asked[row["id"]] for row in piped if row["response"])
    assert sum(row["response"] for row in piped) == 5


def test_neighbours() -> None:
    """mDNS and LLMNR, with a name that is not ASCII."""
    printer = "Büro Drucker._ipp._tcp.local"
    assert {row["protocol"] for row in rows("dns", "application/mdns.pcap")} == {"mdns"}
    assert rows("dns", "application/mdns.pcap")[1]["answers"][0]["data"] == printer
    answer = rows("dns", "application/llmnr.pcap")[2]
    assert (answer["protocol"], answer["query_frame"]) == ("llmnr", 1)


def test_types_of_dns() -> None:
    """Each query of dig found its answer, and the answer is of that type."""
    answers = [row for row in rows("dns", "recorded/dns_types.pcap") if row["response"]]
    assert len(answers) == 17
    for row in answers:
        assert row["query_frame"] == row["frame"] - 1
        assert not row.get("malformed")
        assert row["answers"][-1]["type"] == row["questions"][0]["type"]


def test_truncated() -> None:
    over = [(row["transport"], row["response"], len(row["answers"])) for row in rows("dns", "recorded/dns_truncated.pcap")]
    assert over == [("udp", False, 0), ("udp", True, 0), ("tcp", False, 0), ("tcp", True, 1)]


@pytest.mark.parametrize(
    ("capture", "statuses"),
    [
        ("http_keep_alive", [200, 404, 200, 201, 302, 200, 500]),
        ("http_compressed", [200, 200, 200, 206, 416]),
        ("http_conditional", [200, 304, 304, 200]),
        ("http_continue", [100, 502, 413]),
        ("http_bodies", [200, 103, 200, 204, 200, 200]),
        ("http_proxy", [200, 200, 200, 403]),
        ("http_lossy", [200, 200]),
        ("websocket_lossy", [101, 101]),
        ("sse", [200, 200, 200]),
    ],
)
def test_statuses(capture: str, statuses: list[int]) -> None:
    responses = [row for row in rows("http", f"recorded/{capture}.pcap") if row["message"] == "response"]
    assert [row["status"] for row in responses] == statuses
    assert all(row["request_frame"] or row["status"] == REFUSED_BEFORE_ITS_END for row in responses)


def test_secrets_are_masked() -> None:
    shown = json.dumps(rows("http", "recorded/http_secrets.pcap"))
    for secret in ("s3cr3t", "pa55word", "Y2FybGE6cGE1NXdvcmQ="):
        assert secret not in shown


def test_the_same_websocket_frames_with_and_without_loss() -> None:
    """Opcodes by stream and direction; only the segments differ."""

    def said(name: str) -> list[tuple[int, str, int, int]]:
        found = rows("websocket", f"recorded/websocket_{name}.pcap")
        return sorted((row["stream"], row["direction"], row["opcode"], row["length"]) for row in found if row["opcode"] < 8)

    assert said("deflate") == said("lossy")
    closes = [row["close_code"] for row in rows("websocket", "recorded/websocket_plain.pcap") if row["opcode"] == 8]
    assert closes == [1000, 1000, 4001, 4001]
    assert max(row["length"] for row in rows("websocket", "recorded/websocket_plain.pcap")) > 0xFFFF


def test_events() -> None:
    events = [row["id"] for row in rows("sse", "recorded/sse.pcap") if row["kind"] == "event"]
    assert events == list("1234567")


@pytest.mark.parametrize("protocol", STARTTLS)
def test_starttls(protocol: str) -> None:
    """Behind the talk in the clear: the hello with its SNI, the chain of two."""
    found = {row["message"]: row for row in rows("tls", f"recorded/starttls_{protocol}.pcap")}
    assert found["client_hello"]["sni"] == "shop.example"
    assert len(found["certificate"]["chain"]) == 2


def test_starttls_refused() -> None:
    assert rows("tls", "recorded/starttls_refused.pcap") == []


@pytest.mark.parametrize(
    ("capture", "sender", "description"),
    [
        ("no_version", "server", 70),
        ("no_cipher", "server", 40),
        ("unrecognized_name", "server", 112),
        ("missing_intermediate", "client", 48),
        ("self_signed", "client", 48),
        ("expired", "client", 45),
        ("future", "client", 42),
    ],
)
def test_alerts(capture: str, sender: str, description: int) -> None:
    (alert,) = (row for row in rows("tls", f"recorded/tls_{capture}.pcap") if row["message"] == "alert")
    assert (alert["direction"], alert["level"], alert["description"]) == (sender, 2, description)


def test_client_certificate() -> None:
    """Shown in the first connection, empty in the second."""
    chains = [
        (row["stream"], len(row["chain"]))
        for row in rows("tls", "recorded/tls_mutual_1_2.pcap")
        if row["message"] == "certificate" and row["direction"] == "client"
    ]
    assert chains == [(0, 2), (1, 0)]


@pytest.mark.parametrize(
    ("capture", "versions"),
    [
        ("tls_1_0", [0x301, 0x302]),
        ("tls_1_2", [0x303]),
        ("tls_1_3", [0x304]),
        ("tls_resumed_1_3", [0x304] * 3),
        ("tls_retry", [0x304] * 2),
    ],
)
def test_versions(capture: str, versions: list[int]) -> None:
    hellos = [row for row in rows("tls", f"recorded/{capture}.pcap") if row["message"] == "server_hello"]
    assert [row["version"] for row in hellos] == versions
    assert [row["hello_retry_request"] for row in hellos] == [capture == "tls_retry" and n == 0 for n in range(len(hellos))]


@pytest.mark.parametrize("capture", ["tls_resumed_1_2", "tls_resumed_1_3"])
def test_resumed(capture: str) -> None:
    hellos = [row for row in rows("tls", f"recorded/{capture}.pcap") if row["message"] == "server_hello"]
    expected = [False, True, False, True] if capture.endswith("1_2") else [False, True, True]
    assert [bool(row["resumed"]) for row in hellos] == expected


def test_dtls() -> None:
    said = [row for row in rows("tls", "recorded/dtls_1_2.pcap") if row["message"] == "client_hello"]
    assert [(row["transport"], row["sni"]) for row in said] == [("dtls", "shop.example")] * 2
