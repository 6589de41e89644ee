"""Secrets are masked, and nothing else, in any split."""

from __future__ import annotations

import random

import pytest

from analyzer.dissect.application.http1.secrets import Mask, masked, masked_headers

HEAD = (
    b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\nPROXY-authorization:\tsecret0 secret\r\n"
    b"Cookie: sid=secret1; x=secret2;\r\n secret3\r\n\tsecret4\r\n"
    b"X-Not-Secret: y\r\nset-cookie : secret5\nlast: z\r\n\r\nbody Cookie: no\r\n"
)
SECRETS = (b"secre", b"c2V", b"sid")


def test_masked() -> None:
    shown = masked(HEAD)
    assert len(shown) == len(HEAD)
    assert not any(secret in shown for secret in SECRETS)
    assert b"Authorization: Basic ********\r\n" in shown and b"PROXY-authorization:\t******* ******\r\n" in shown
    assert shown.endswith(b"\nlast: z\r\n\r\nbody Cookie: no\r\n") and b"X-Not-Secret: y\r\n" in shown
    assert [i for i in range(len(HEAD)) if HEAD[i] != shown[i] and shown[i] != ord("*")] == []


def test_every_split_in_two() -> None:
    for at in range(len(HEAD) + 1):
        mask = Mask()
        shown = mask.feed(HEAD[:at]) + mask.feed(HEAD[at:])
        assert len(shown) == len(HEAD) and not any(secret in shown for secret in SECRETS), at
        assert b"X-Not-Secret: y\r\n" in shown and shown.endswith(b"body Cookie: no\r\n")


@pytest.mark.parametrize("seed", range(5))
def test_random_splits(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        mask, shown, at = Mask(), b"", 0
        while at < len(HEAD):
            size = chance.choice((0, 1, 2, 9, 40))
            shown += mask.feed(HEAD[at : at + size])
            at += size
        assert len(shown) == len(HEAD) and not any(secret in shown for secret in SECRETS)


def test_bytes_that_begin_in_the_middle() -> None:
    assert masked(b"cret; sid=1\r\nHost: a\r\n", whole=False) == b"***** *****\r\nHost: a\r\n"
    assert masked(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n", whole=False) == b"HTTP/1.1 200 OK\r\nSet-Cookie: ***\r\n"
    mask = Mask()
    mask.feed(b"GET / HTTP/1.1\r\nCookie: a")
    mask.gap()
    assert mask.feed(b"secret\r\n more\r\nHost: a") == b"******\r\n ****\r\nHost: a"


def test_headers() -> None:
    headers = [("authorization", "Bearer abc"), ("Authorization", "abc"), ("COOKIE", "a=b"), ("Set-Cookie", ""), ("X", "abc")]
    assert masked_headers(headers) == [
        ("authorization", "Bearer ***"), ("Authorization", "***"), ("COOKIE", "***"), ("Set-Cookie", "***"), ("X", "abc"),
    ]  # fmt: skip
    assert masked_headers([("Authorization", "Basic")]) == [("Authorization", "***")]


#: what is no Cookie field by the rules, but may be one for somebody
NEARLY = (
    b"GET / HTTP/1.1\r\n \tCookie: sid=secret\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: y\rCookie: sid=secret\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: y\r Set-Cookie: sid=secret\r\n\r\n",
    b"GET / HTTP/1.1\r\nCookie sid=secret\r\n\r\n",
    b"GET / HTTP/1.1\r\nCookie" + 70 * b" " + b"sid=secret\r\n\r\n",
)


@pytest.mark.parametrize("head", NEARLY)
def test_nearly_a_field(head: bytes) -> None:
    assert masked(head) == head.replace(b"sid=secret", 10 * b"*")
    for at in range(len(head) + 1):
        mask = Mask()
        assert mask.feed(head[:at]) + mask.feed(head[at:]) == head.replace(b"sid=secret", 10 * b"*"), at


def test_a_bare_cr_in_a_value() -> None:
    assert masked_headers([("X", "y\rCookie: sid=1"), ("Y", "\u00e4\rz")]) == [("X", "y\rCookie: *****"), ("Y", "\u00e4\rz")]
