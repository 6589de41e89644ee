"""Whether a certificate is for a name."""

from __future__ import annotations

import pytest

from analyzer.flow.application.identity import is_for


@pytest.mark.parametrize(
    "asked, presented, answer",
    [
        ("www.example.com", "www.example.com", True),
        ("WWW.Example.com", "www.eXample.com", True),
        ("www.example.com.", "www.example.com", True),
        ("www.example.com", "www.example.com.", True),
        ("example.com", "www.example.com", False),
        ("www.example.com", "*.example.com", True),
        ("WWW.EXAMPLE.COM.", "*.example.com.", True),
        ("a.www.example.com", "*.example.com", False),
        ("example.com", "*.example.com", False),
        (".example.com", "*.example.com", False),
        ("example.com", "*.com", False),
        ("www.example.com", "w*.example.com", False),
        ("www.example.com", "www.*.com", False),
        ("www.example.com", "*", False),
        ("a.b.example.com", "*.*.example.com", False),
        ("xn--mnchen-3ya.example", "münchen.example", True),
        ("münchen.example", "xn--mnchen-3ya.example", True),
        ("www.xn--mnchen-3ya.example", "*.MÜNCHEN.example", True),
        ("a..b", "a..b", True),
        ("ü" * 300, "ü" * 300, True),
        ("ü..b", "ü..b", True),
        ("", "", True),
        ("10.0.0.1", "10.0.0.1", False),
    ],
)
def test_names(asked: str, presented: str, answer: bool) -> None:
    assert is_for(asked, [presented], []) is answer


def test_addresses() -> None:
    assert is_for("10.0.0.1", [], ["10.0.0.1"])
    assert is_for("2001:DB8:0::1", [], ["2001:db8::1"])
    assert is_for("[2001:db8::1]", [], ["2001:db8::1"])
    assert not is_for("10.0.0.1", ["*.0.0.1", "10.0.0.1"], ["10.0.0.2"])
