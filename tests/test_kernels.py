"""What `analyzer --version` says about compiled modules, and how they name what they share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer import kernels
from analyzer.flow.fact import Fact


def test_every_marked_module_is_found() -> None:
    assert {"analyzer.dissect.transport.tcp", "analyzer.flow.key"} <= set(kernels.found())
    assert "analyzer.kernels" not in kernels.found()


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ({"a": True, "b": True}, "all 2 kernels compiled"),
        ({"a": True, "b": False}, "1 of 2 kernels compiled; these are not, so it is slower: b"),
        ({"a": False}, "no kernel compiled"),
    ],
)
def test_words(monkeypatch: pytest.MonkeyPatch, modules: dict[str, bool], words: str) -> None:
    monkeypatch.setattr(kernels, "found", lambda: modules)
    assert kernels.described().startswith(words)


def test_a_fact_has_one_name() -> None:
    """`ACK` as the index of a fact is Fact.ACK in every kernel, whatever else it could be called there."""
    aliases = []
    for name in kernels.found():
        source = Path(kernels.__file__).parent.joinpath(*name.split(".")[1:]).with_suffix(".py").read_text()
        aliases += re.findall(r"^(\w+) = cython\.declare\([\w.]+, Fact\.(\w+)\)", source, re.MULTILINE)
        indices = set(re.findall(r"\bfacts\[(\w+), ", source))
        assert indices <= {alias for alias, _ in aliases} & set(Fact.__members__), name
    assert len(aliases) > 100
    assert [alias for alias, fact in aliases if alias != fact] == []
