"""What all tests share. ANALYZER_INTERPRETED=1 runs them on the sources of the compiled modules."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType

import pytest

from tests import interpreted as source

if os.environ.get("ANALYZER_INTERPRETED") == "1":
    source.install()


@pytest.fixture
def interpreted() -> Callable[[str], ModuleType]:
    """interpreted("analyzer.dissect.walk"): that module loaded from its source, however it is imported elsewhere."""
    return source.interpreted
