"""What is wrong with a chain, and that nothing is said of one that is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from analyzer.dissect.application.x509.extensions import MAX_NAMES
from analyzer.flow.application.certificates import certificate_keys
from analyzer.flow.application.chain import MAX_JUDGED
from tests.certificates import (
    DAY,
    DAY_NS,
    MIDDLE,
    NOW,
    NOW_NS,
    ROOT,
    Issuer,
    leaf_der,
    make,
    middle_der,
    name,
    name_der,
    new_key,
    raw,
    root_der,
    tlv,
)

WWW = "www.example.com"


def problems(*chain: bytes, asked: str | None = WWW, time_ns: int = NOW_NS, from_server: bool = True) -> list[tuple[str, int]]:
    found = certificate_keys(chain, time_ns, from_server, asked)["problems"]
    return [(one["problem"], one["position"]) for one in found]


def test_right_ones() -> None:
    assert problems(leaf_der(), middle_der()) == []
    assert problems(leaf_der(), middle_der(), root_der()) == []
    assert problems(leaf_der(), middle_der(), asked=None) == []
    assert problems() == []


def test_issuer_not_sent() -> None:
    assert problems(leaf_der()) == [("missing_intermediate", 0)]
    assert problems(leaf_der(), root_der()) == [("superfluous", 1), ("missing_intermediate", 0)]
    assert problems(leaf_der(), from_server=False) == []


def test_order() -> None:
    leaf, middle, root = leaf_der(), middle_der(), root_der()
    assert problems(leaf, root, middle) == [("wrong_order", 1)]
    assert problems(root, middle, leaf) == [("wrong_order", 0)]
    assert problems(middle, leaf) == [("wrong_order", 0)]
    assert problems(leaf, leaf, middle) == [("wrong_order", 1), ("superfluous", 1)]
    assert problems(leaf, middle, make("other")) == [("superfluous", 2)]


def test_issuer_that_did_not_sign() -> None:
    impostor = make(MIDDLE.name, ROOT, key=new_key(7), ca=True)
    assert problems(leaf_der(), impostor) == [("superfluous", 1), ("wrong_issuer", 0)]


def test_self_signed() -> None:
    assert problems(make(WWW, dns=[WWW])) == [("self_signed", 0)]
    assert problems(make(WWW, dns=[WWW], ca=True)) == [("self_signed", 0)]


@pytest.mark.parametrize(
    "begins, ends, expected",
    [
        (-2 * DAY, DAY * 365, []),
        (-90 * DAY, 15 * DAY, []),
        (-90 * DAY, 13 * DAY, [("expiring", 13 * DAY_NS)]),
        (-1 * DAY, 6 * DAY, []),
        (-5 * DAY, DAY, [("expiring", DAY_NS)]),
        (-5 * DAY, 0 * DAY, [("expiring", 0)]),
        (-5 * DAY, -timedelta(seconds=1), [("expired", 1_000_000_000)]),
        (-400 * DAY, -30 * DAY, [("expired", 30 * DAY_NS)]),
        (2 * DAY, 99 * DAY, [("not_yet_valid", 2 * DAY_NS)]),
        (0 * DAY, 99 * DAY, []),
    ],
)
def test_validity_at_the_time_of_the_capture(begins: timedelta, ends: timedelta, expected: list[tuple[str, int]]) -> None:
    leaf = leaf_der(begins=NOW + begins, ends=NOW + ends)
    found = certificate_keys([leaf, middle_der()], NOW_NS + 999_999_999, True, WWW)["problems"]
    assert [(one["problem"], one["ns"]) for one in found] == expected
    assert problems(leaf, middle_der(), time_ns=0) == []


def test_validity_of_the_issuers() -> None:
    old = middle_der(ends=NOW - DAY)
    assert problems(leaf_der(), old, root_der()) == [("expired", 1)]
    old_root = make(ROOT.name, key=ROOT.key, ca=True, ends=NOW - DAY)
    assert problems(leaf_der(), middle_der(), old_root) == []
    assert problems(make(WWW, dns=[WWW], ends=NOW - DAY)) == [("self_signed", 0), ("expired", 0)]


def test_times_beyond_the_calendar() -> None:
    far = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert problems(leaf_der(ends=far), middle_der(), time_ns=(1 << 63) - 1) == [("expired", 1)]
    assert problems(leaf_der(), middle_der(), time_ns=-(1 << 63)) == []


def test_names() -> None:
    chain = leaf_der(dns=[WWW, "*.shop.example"], ips=["10.0.0.1"]), middle_der()
    for asked in (WWW, "a.shop.example", "10.0.0.1"):
        assert problems(*chain, asked=asked) == []
    for asked in ("example.com", "a.b.shop.example", "10.0.0.2"):
        assert problems(*chain, asked=asked) == [("name_mismatch", 0)]
    assert problems(*chain, asked="example.com", from_server=False) == []


def test_names_that_were_not_all_read() -> None:
    listed = [f"{number}.example" for number in range(MAX_NAMES + 1)]
    assert problems(leaf_der(dns=listed), middle_der(), asked="other.example") == [("malformed", 0)]


def test_common_name() -> None:
    chain = leaf_der(dns=[]), middle_der()
    assert problems(*chain) == [("common_name_only", 0)]
    assert problems(*chain, asked="other.example") == [("name_mismatch", 0)]
    assert problems(leaf_der(dns=["other.example"]), middle_der()) == [("name_mismatch", 0)]


def test_strength() -> None:
    short = rsa.generate_private_key(65537, 1024)
    assert problems(leaf_der(key=short), middle_der()) == [("weak_key", 0)]
    with_sha1 = {"algorithm": "1.2.840.10045.4.1", "ends": tlv(0x17, b"300101000000Z")}
    leaf = raw(issuer=MIDDLE.name.public_bytes(), subject=name(WWW).public_bytes(), **with_sha1)
    assert problems(leaf, middle_der(), asked=None) == [("weak_signature", 0)]
    same = name_der(("2.5.4.3", 12, WWW.encode()))
    assert ("weak_signature", 0) not in problems(raw(issuer=same, subject=same, **with_sha1))


def test_malformed_ones() -> None:
    assert problems(b"rubbish") == [("malformed", 0)]
    assert problems(leaf_der(), middle_der()[:100]) == [("malformed", 1)]
    odd = raw(serial=b"\xff", subject=name_der(("2.5.4.3", 12, WWW.encode())))
    assert problems(odd) == [("malformed", 0), ("missing_intermediate", 0), ("common_name_only", 0)]


def test_chain_without_end() -> None:
    circle = [Issuer(name(f"CA {n}"), new_key(20 + n)) for n in range(30)]
    chain = [make(circle[n].name, circle[(n + 1) % 30], key=circle[n].key, ca=True) for n in range(30)]
    assert ("long_chain", MAX_JUDGED) in problems(*chain, asked=None)
    two = [make(circle[n].name, circle[1 - n], key=circle[n].key, ca=True) for n in range(2)]
    assert problems(*two, asked=None) == []


def test_facts_are_those_of_the_certificates() -> None:
    found = certificate_keys([leaf_der(serial=0x1F), b"?"], NOW_NS, True, WWW)["chain"]
    assert found[0]["subject"] == "CN=www.example.com" and found[0]["serial"] == "1f"
    assert found[0]["not_before"] == "2024-02-22T12:00:00Z" and found[0]["dns_names"] == [WWW]
    assert (found[1]["subject"], found[1]["serial"], found[1]["not_before"]) == (None, None, None)
    assert found[1]["faults"] == ["not_der"]
