"""Packet captures, dissected and explained. Begin with `analyzer.open("x.pcapng")`, or `analyzer.watch("eth0")`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzer.api import SCHEMA as SCHEMA
    from analyzer.api import Capture as Capture
    from analyzer.api import CaptureError as CaptureError
    from analyzer.api import Damage as Damage
    from analyzer.api import open as open
    from analyzer.api_live import LiveCapture as LiveCapture
    from analyzer.api_live import watch as watch

_LIVE = ("LiveCapture", "watch")
__all__ = ["SCHEMA", "Capture", "CaptureError", "Damage", "LiveCapture", "open", "watch"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: NumPy would cost the command line its quick start."""
    if name not in __all__:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("analyzer.api_live" if name in _LIVE else "analyzer.api"), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
