"""Sentences about how names were resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding

TEXTS: Final[dict[str, Callable[[Finding], str]]] = {}
