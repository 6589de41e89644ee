"""The analyzer's rows of a capture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import analyzer


def rows(kind: str, capture: Path) -> list[dict[str, Any]]:
    """`handshakes` or `journeys`."""
    with analyzer.open(str(capture)) as opened:
        return list(getattr(opened, kind)())
