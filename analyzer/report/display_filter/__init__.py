"""Display filters: which frames are shown, in the language of Wireshark 4.0 (`tcp.port == 443 && !tcp.analysis.flags`)."""

from __future__ import annotations

from analyzer.batch import Column
from analyzer.report.fields import View

from . import syntax
from .error import FilterError

__all__ = ["DisplayFilter", "FilterError"]


class DisplayFilter:
    """A filter, ready to be asked about batches. Raises FilterError if its text has no meaning."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._test = syntax.parse(text)

    def mask(self, view: View) -> Column:
        """A boolean for each frame of the batch."""
        return self._test.mask(view)
