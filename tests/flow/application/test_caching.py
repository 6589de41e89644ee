"""Who may keep a response and for how long, case by case of RFC 9111."""

from __future__ import annotations

import pytest

from analyzer.flow.application.caching import LONGEST, caching, delta, directives
from analyzer.flow.application.http_date import seconds

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
NOW = 784111777
LATER = "Sun, 06 Nov 1994 09:49:37 GMT"
EARLIER = "Sun, 06 Nov 1994 07:49:37 GMT"


@pytest.mark.parametrize(
    ("method", "request_control", "status", "fields", "expected"),
    [
        ("GET", "", 200, {"cache-control": "max-age=60"}, ("shared", 60, "max-age")),
        ("GET", "", 200, {"cache-control": "max-age=60, s-maxage=5"}, ("shared", 5, "s-maxage")),
        ("GET", "", 200, {"cache-control": "private, max-age=60, s-maxage=5"}, ("private", 60, "max-age")),
        ("GET", "", 200, {"cache-control": "no-store, max-age=60"}, ("nobody", None, "no-store")),
        ("GET", "no-store", 200, {"cache-control": "max-age=60"}, ("nobody", None, "no-store")),
        ("GET", "", 200, {"cache-control": "no-cache, max-age=60"}, ("shared", 0, "no-cache")),
        ("GET", "", 200, {"cache-control": 'private="x-a, max-age=1", max-age=60'}, ("private", 60, "max-age")),
        ("GET", "", 200, {"cache-control": "MAX-AGE=\"10\""}, ("shared", 10, "max-age")),
        ("GET", "", 200, {"cache-control": "max-age=1, max-age=9"}, ("shared", 1, "max-age")),
        ("GET", "", 200, {"cache-control": "max-age=x", "expires": LATER}, ("shared", 0, "max-age")),
        ("GET", "", 200, {"expires": LATER, "date": DATE}, ("shared", 3600, "expires")),
        ("GET", "", 200, {"expires": LATER}, ("shared", 3600, "expires")),
        ("GET", "", 200, {"expires": EARLIER, "date": DATE}, ("shared", 0, "expires")),
        ("GET", "", 200, {"expires": "0"}, ("shared", 0, "expires")),
        ("GET", "", 200, {"last-modified": EARLIER, "date": DATE}, ("shared", 360, "heuristic")),
        ("GET", "", 200, {"last-modified": LATER, "date": DATE}, ("shared", None, "")),
        ("GET", "", 404, {}, ("shared", None, "")),
        ("GET", "", 302, {}, ("nobody", None, "status")),
        ("GET", "", 302, {"cache-control": "max-age=9"}, ("shared", 9, "max-age")),
        ("GET", "", 500, {"cache-control": "public"}, ("shared", None, "")),
        ("GET", "", 200, {"vary": "*", "cache-control": "max-age=9"}, ("nobody", None, "vary")),
        ("POST", "", 200, {"cache-control": "max-age=9"}, ("nobody", None, "method")),
        ("POST", "", 200, {"cache-control": "max-age=9", "content-location": "/"}, ("shared", 9, "max-age")),
        ("PUT", "", 200, {"cache-control": "max-age=9", "content-location": "/"}, ("nobody", None, "method")),
        ("GET", "", 304, {"cache-control": "max-age=9"}, None),
        ("GET", "", 100, {}, None),
    ],
)  # fmt: skip
def test_caching(
    method: str, request_control: str, status: int, fields: dict[str, str], expected: tuple[str, int | None, str] | None
) -> None:
    assert caching(method, {"cache-control": request_control}, status, fields, NOW) == expected


def test_credentials() -> None:
    request = {"authorization": "Basic x"}
    assert caching("GET", request, 200, {"cache-control": "max-age=9"}, NOW) == ("private", 9, "max-age")
    assert caching("GET", request, 200, {}, NOW) == ("private", None, "authorization")
    for directive in ("public", "must-revalidate", "s-maxage=9"):
        assert caching("GET", request, 200, {"cache-control": f"max-age=9, {directive}"}, NOW)[0] == "shared"  # type: ignore[index]


def test_numbers() -> None:
    assert [delta(text) for text in ("0", "17", "9" * 12, "9" * 5000, "-1", "1.5", "", "\u0663")] == [
        0, 17, LONGEST, LONGEST, 0, 0, 0, 0,
    ]  # fmt: skip
    assert directives({"cache-control": ' ,, a , b="x\\", c=d ,e="'}) == {"a": "", "b": "x\\", "c": "d", "e": '"'}


def test_dates() -> None:
    for text in (DATE, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", " sun, 06 nov 1994 08:49:37 gmt"):
        assert seconds(text) == NOW, text
    no_days = ("Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT")
    for text in ("", "0", "-1", DATE + "x", *no_days):
        assert seconds(text) is None, text
