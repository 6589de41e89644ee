"""What `analyzer --version` says about compiled modules."""

from __future__ import annotations

import pytest

from analyzer import kernels


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
