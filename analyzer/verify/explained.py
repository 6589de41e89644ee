"""Every explanation by name. tests/oracle/EXPLAINED.md tells each at length."""

from __future__ import annotations

from typing import Final

from .explained_headers import HEADERS
from .explained_verdicts import VERDICTS

#: name -> (who is right, the reason in a sentence)
REASONS: Final = {rule.name: (rule.right, rule.reason) for rule in HEADERS} | {
    rule.name: (rule.right, rule.reason) for rule in VERDICTS
}
