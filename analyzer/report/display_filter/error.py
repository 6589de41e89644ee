"""What is wrong with a display filter, and where."""

from __future__ import annotations


class FilterError(ValueError):
    """A filter that has no meaning; the text shows the place."""

    def __init__(self, reason: str, text: str = "", position: int = -1) -> None:
        self.reason = reason
        self.text = text
        self.position = position  #: index into the filter, -1 unknown
        pointer = f"\n  {text}\n  {' ' * position}^" if position >= 0 else ""
        super().__init__(f"display filter: {reason}{pointer}")
