"""Anonymous captures: nothing of the original is in them, and TCP is judged as before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pytest

import analyzer
from analyzer.api import Row
from analyzer.batch import Interface
from analyzer.capture.reader import CaptureError, open_capture
from analyzer.capture.writer import Writer
from analyzer.dissect.walk import Walk
from analyzer.flow.anonymous import Anonymizer
from analyzer.flow.anonymous.anonymizer import KEPT_LABELS, SUFFIXES

PCAPS = Path(__file__).parents[3] / "pcaps"
KEY = b"a key of thirty-two bytes, no more"
WHO = {"client", "server", "sni", "alpn", "application", "victims", "victim_count", "alpn_offered", "dns_name", "dns_server"}
#: captures of link layers, tunnels and routes that nothing is kept of
RARE = {
    "arcnet_bsd", "arcnet_linux", "ipnet", "juniper_ethernet", "nflog", "protocols", "l2tp_fields", "teredo_indications",
    "ipv4_options", "ipv6_extensions",
}  # fmt: skip
RUN = 6  #: bytes that do not agree by chance


def readable() -> Iterator[Path]:
    for path in sorted(PCAPS.glob("*/*")):
        try:
            with open_capture(path) as reader:
                frames = sum(len(batch) for batch in reader)
        except CaptureError:
            continue
        if frames and path.suffix != ".md":
            yield path


CAPTURES = [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in readable()]


def anonymous(path: Path, key: bytes = KEY) -> bytes:
    target = BytesIO()
    with analyzer.open(path) as capture:
        capture.extract(target, anonymizer=Anonymizer(key))
    return target.getvalue()


def judged(capture: bytes) -> dict[str, list[Row]]:
    found = {name: rows(capture, name) for name in ("flows", "events", "stalls", "waits", "rtt", "handshakes")}
    return {name: [{key: row[key] for key in row if key not in WHO} for row in those] for name, those in found.items()}


@pytest.mark.parametrize("path", [one for one in CAPTURES if Path(str(one.values[0])).name.partition(".")[0] not in RARE])
def test_tcp_is_judged_as_before(path: Path) -> None:
    with open_capture(path) as reader:
        assert sum(len(batch) for batch in reader)
        if any(interface.linktype < 0 for interface in reader.interfaces):
            return  # blocks that hold no packet are left out, so that numbers differ
    made = anonymous(path)
    assert judged(made) == judged(path.read_bytes())


@pytest.mark.parametrize("path", CAPTURES)
def test_nothing_of_the_original_is_left(path: Path) -> None:
    made, one = anonymous(path), Anonymizer(KEY)
    with analyzer.open(path) as capture:
        flows = list(capture.flows())
        names = {row["sni"] for row in capture.tls() if row.get("sni")}
        names |= {question["name"] for row in capture.dns() for question in row["questions"]}
        names |= {row["host"] for row in capture.http() if row.get("host")}
    for address in {row[side] for row in flows for side in ("client", "server")}:
        octets = ip_address(address).packed
        if one.ip(octets) != octets:
            assert octets not in made or octets.count(0) > 1, address  # zeros stand everywhere
            assert len(address) < RUN or address.encode() not in made
    for name in names:
        for label in name.lower().split("."):
            if len(label) >= RUN and label not in SUFFIXES | KEPT_LABELS and label.isalnum():
                assert label.encode() not in made.lower(), label


def payloads(source: BytesIO | Path) -> dict[tuple[str, int, int], bytes]:
    found = {}
    with open_capture(source) as reader:
        walk = Walk()
        for batch in reader:
            walk.batch(batch)
            for protocol in ("tcp", "udp"):
                table = walk.table(protocol)
                for i in range(len(table) if table is not None else 0):
                    assert table is not None
                    key = protocol, int(batch.number[table["row"][i]]), int(table["at"][i] - batch.start[table["row"][i]])
                    found[key] = batch.data[int(table["inner"][i]) : int(table["inner_end"][i])].tobytes()
    return found


@pytest.mark.parametrize("name", ("recorded/starttls_smtp.pcap", "tcp/clean_session.pcap", "recorded/http_lossy.pcap"))
def test_what_is_not_understood_is_zero(name: str) -> None:
    before, after = payloads(PCAPS / name), payloads(BytesIO(anonymous(PCAPS / name)))
    assert before.keys() == after.keys() and any(before.values())
    for key, payload in before.items():
        assert len(after[key]) == len(payload)
        if b"HTTP/1." not in payload[:100] and payload.isascii():
            assert not any(after[key]), key


def test_bodies_and_values_of_http() -> None:
    path = PCAPS / "recorded/http_bodies.pcap"
    before = b"".join(payloads(path).values())
    after = b"".join(payloads(BytesIO(anonymous(path))).values())
    assert b"User-Agent: " in after and before.count(b"HTTP/1.1 200 OK\r\n") == after.count(b"HTTP/1.1 200 OK\r\n") > 0
    assert b"curl/" in before and b"curl/" not in after and b"/chunked" in before and b"/chunked" not in after
    first, second = np.frombuffer(before, np.uint8), np.frombuffer(after, np.uint8)
    assert len(first) == len(second) and (first == second).mean() < 0.9


def rows(made: bytes, command: str) -> list[Row]:
    with analyzer.open(BytesIO(made)) as capture:
        return list(getattr(capture, command)())


def test_the_structure_of_messages_stays() -> None:
    path = PCAPS / "recorded/tls_resumed_1_2.pcap"
    with analyzer.open(path) as capture:
        before = list(capture.tls())
    after = rows(anonymous(path), "tls")
    same = ("frame", "message", "version", "cipher_suite", "cipher_suites", "alpn", "supported_versions", "extensions", "ja3")
    assert [[row.get(key) for key in same] for row in after] == [[row.get(key) for key in same] for row in before]
    hellos = [(row["sni"], other["sni"]) for row, other in zip(before, after, strict=True) if row.get("sni")]
    assert hellos and all(new != old and len(new) == len(old) for old, new in hellos)


@pytest.mark.parametrize(
    "name",
    ("http_proxy.pcap", "http_keep_alive.pcap", "http_lossy.pcap", "http_bodies.pcap", "slow_page.pcap", "http_continue.pcap"),
)
def test_http_stays_http(name: str) -> None:
    one = Anonymizer(KEY)
    before, after = rows((PCAPS / "recorded" / name).read_bytes(), "http"), rows(anonymous(PCAPS / "recorded" / name), "http")
    same = ("frame", "message", "version", "status", "content_length", "request_frame", "response_time_ns", "complete")
    assert [[row.get(key) for key in same] for row in after] == [[row.get(key) for key in same] for row in before]
    for old, new in zip(before, after, strict=True):
        assert old.get("method") == new.get("method")
        if old.get("host"):
            host, _, port = old["host"].partition(":")
            assert new["host"] == one.name(host) + (":" + port if port else "")


def test_dns_stays_dns() -> None:
    path = PCAPS / "recorded/dns_types.pcap"
    with analyzer.open(path) as capture:
        before = list(capture.dns())
    after, one = rows(anonymous(path), "dns"), Anonymizer(KEY)
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        same = ("frame", "id", "rcode", "query_frame", "response_time_ns")
        assert [old.get(key) for key in same] == [new.get(key) for key in same]
        asked = [question["name"] for question in new["questions"]]
        assert [one.name(question["name"]) for question in old["questions"]] == asked
        addresses = [one.address(record["data"]) for record in old["answers"] if record["type"] in (1, 28)]
        assert addresses == [record["data"] for record in new["answers"] if record["type"] in (1, 28)]


def test_a_key_makes_the_same_file_again() -> None:
    path = PCAPS / "recorded/tls_1_2.pcap"
    assert anonymous(path) == anonymous(path) != anonymous(path, KEY[::-1])


def test_comments_names_and_secrets_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "told.pcapng"
    with Writer(path, [("comment", "of the customer"), ("hardware", "his")]) as writer:
        writer.add_names([(bytes(4), "shop.example")])
        writer.add_secret(0x544C534B, b"a key")
        interface = Interface(1, "eth-of-customer", "his wire", statistics={"received": 1})
        writer.write(interface, 1, bytes(60), comments=["look"], about=["his"])
        writer.add_statistics(2)
    with open_capture(path) as reader:
        assert sum(len(batch) for batch in reader) and len(reader.comments) == 5 and reader.names and reader.secrets
        assert reader.interfaces == [replace(interface, resolution=10**9)]
    with open_capture(BytesIO(anonymous(path))) as reader:
        assert sum(len(batch) for batch in reader)
        assert not reader.names and not reader.secrets
        assert {one.what for one in reader.comments} == {"application"}
        assert not any(interface.name or interface.description for interface in reader.interfaces)


@pytest.mark.parametrize("name", ("network/offload.pcap", "recorded/dns_types.pcap", "network/icmpv6.pcap", "network/icmp.pcap"))
def test_checksums_are_as_right_as_they_were(name: str) -> None:
    with analyzer.open(PCAPS / name) as capture:
        before = [(one["kind"], one["frames"]) for one in capture.summary()["findings"] if "checksum" in one["kind"]]
    with analyzer.open(BytesIO(anonymous(PCAPS / name))) as capture:
        assert [(one["kind"], one["frames"]) for one in capture.summary()["findings"] if "checksum" in one["kind"]] == before
