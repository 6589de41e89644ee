"""Packet captures, dissected and explained. `analyzer.open("x.pcapng")` is where to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.api import SCHEMA as SCHEMA
    from analyzer.api import Capture as Capture
    from analyzer.api import CaptureError as CaptureError
    from analyzer.api import Damage as Damage
    from analyzer.api import open as open

__all__ = ["SCHEMA", "Capture", "CaptureError", "Damage", "open"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: NumPy would cost the command line its quick start."""
    if name not in __all__:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    from analyzer import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
