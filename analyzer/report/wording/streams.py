"""Sentences about the byte streams that messages were read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.finding import Finding

TEXTS: Final[dict[str, Callable[[Finding], str]]] = {}
