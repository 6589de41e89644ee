"""Journeys as an HTTP archive: its form, and that its times are those of the journeys."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import analyzer
from analyzer.report.har import archive, milliseconds, timings

HERE = Path(__file__).parent
PCAPS = HERE.parents[1] / "pcaps"
SCHEMA = json.loads((HERE / "har_schema.json").read_text())
CAPTURES = sorted(str(path.relative_to(PCAPS)) for path in (*PCAPS.glob("journey/*.pcap"), *PCAPS.glob("recorded/*.pcap")))
Row = dict[str, Any]


def journeys(capture: str) -> list[Row]:
    with analyzer.open(PCAPS / capture) as opened:
        return list(opened.journeys(headers=True))


def made(rows: list[Row]) -> Row:
    log: Row = json.loads("".join(archive(rows, "1.0").text()))["log"]
    return log


def entry(rows: list[Row]) -> Row:
    [only] = made(rows)["entries"]
    return dict(only)


@pytest.mark.parametrize("capture", CAPTURES)
def test_valid_and_the_same_times(capture: str) -> None:
    rows = journeys(capture)
    text = "".join(archive(rows, "1.0").text())
    jsonschema.Draft7Validator(SCHEMA).validate(json.loads(text))
    by_number = {row["number"]: row for row in rows}
    for one in json.loads(text)["log"]["entries"]:
        row = by_number[one["_number"]]
        spent = [round(value * 1e6) for name, value in one["timings"].items() if name != "ssl" and value != -1]
        assert sum(spent) == round(one["time"] * 1e6) == row["duration_ns"]
        assert one["timings"]["ssl"] <= one["timings"]["connect"] or one["timings"]["ssl"] == -1
        begun = datetime.fromisoformat(one["startedDateTime"])
        assert int(begun.timestamp()) == row["start_ns"] // 10**9
        assert begun.microsecond == row["start_ns"] // 1000 % 10**6


def test_timings_of_a_request() -> None:
    one = entry(journeys("recorded/name_lookup.pcap"))
    spent = one["timings"]
    assert spent["dns"] == 14.585791 and spent["connect"] == 10.491801 and spent["ssl"] == -1
    assert one["request"]["url"] == "http://shop.example:8080/small"
    assert one["response"]["headersSize"] == 202 and one["response"]["content"]["size"] == 1000
    assert one["serverIPAddress"] == "10.99.0.2" and one["connection"] == "0"


def test_connect_includes_what_comes_before_the_request() -> None:
    """TLS, as the format wants it; other attempts, proxies."""
    rows = journeys("journey/tls_behind_dialogue.pcap")
    row, spent = rows[0], timings(rows[0])
    assert spent["connect"] == milliseconds(row["connect_ns"] + row["proxy_ns"] + row["tls_ns"])
    assert spent["ssl"] == milliseconds(row["tls_ns"])


def test_an_encrypted_connection_says_what_it_is() -> None:
    rows = journeys("recorded/tls_1_3.pcap")
    one = entry(rows)
    assert one["request"]["url"] == rows[0]["url"] and one["request"]["url"].startswith("https://shop.example")
    assert (one["response"]["status"], one["response"]["content"]["mimeType"], one["request"]["method"]) == (0, "x-unknown", "")
    assert "encrypted" in one["comment"]


def test_failures_have_no_status() -> None:
    entries = made(journeys("journey/failed_lookups.pcap"))["entries"]
    assert [(one["request"]["url"], one["response"]["status"], one["_dns_error"]) for one in entries] == [
        ("http://missing.example/", 0, "NXDOMAIN"),
        ("http://broken.example/", 0, "SERVFAIL"),
        ("http://silent.example/", 0, "NO_ANSWER"),
        ("http://shop.example/late", 200, None),
    ]
    assert "serverIPAddress" not in entries[0]


def test_what_is_left_out_is_said() -> None:
    raced = made(journeys("journey/happy_eyeballs.pcap"))
    assert len(raced["entries"]) == 1 and raced["comment"] == "1 attempts to connect that were not needed are left out"
    other = made(journeys("journey/server_speaks_first.pcap"))
    assert other["entries"] == [] and other["comment"] == "1 connections of other protocols are left out"
    assert "comment" not in made(journeys("recorded/name_lookup.pcap"))


def test_a_page_for_each_client() -> None:
    rows = journeys("recorded/name_lookup.pcap")
    log = made([*rows, *rows, {**rows[0], "client": "10.0.0.9"}])
    assert [page["id"] for page in log["pages"]] == ["page_1", "page_2"]
    assert [one["pageref"] for one in log["entries"]] == ["page_1", "page_1", "page_2"]


def test_secrets_are_masked() -> None:
    text = "".join(archive(journeys("recorded/http_secrets.pcap"), "1.0").text())
    names = {one["name"].lower() for each in json.loads(text)["log"]["entries"] for one in each["request"]["headers"]}
    assert "authorization" in names
    values = [
        one["value"]
        for each in json.loads(text)["log"]["entries"]
        for one in each["request"]["headers"]
        if one["name"].lower() == "authorization"
    ]
    assert all(re.fullmatch(r".*\*+.*|.*masked.*|.*<.*>.*", value) for value in values), values


def test_hostile_urls_are_encoded() -> None:
    rows = journeys("recorded/name_lookup.pcap")
    one = entry([{**rows[0], "url": 'http://shop.example/"><script>\n?a=1&b=%20x'}])
    assert one["request"]["url"] == "http://shop.example/%22%3E%3Cscript%3E%0A?a=1&b=%20x"
    assert one["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": " x"}]


def test_milliseconds_are_exact() -> None:
    assert (
        json.dumps([milliseconds(value) for value in (0, 1, 5_000_000, 123_456_789_012_345)]) == "[0, 1e-06, 5, 123456789.012345]"
    )
