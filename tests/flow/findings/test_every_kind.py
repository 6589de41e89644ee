"""No kind of finding is without a test that makes one."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.report import wording

TESTS = Path(__file__).parents[2]
#: tests of sentences make findings by hand, and prove nothing
CODE = [path.read_text() for path in TESTS.rglob("*.py") if not path.name.startswith("test_wording")]


@pytest.mark.parametrize("kind", sorted(wording.TEXTS))
def test_some_test_names_it(kind: str) -> None:
    assert any(f'"{kind}"' in code for code in CODE)
