"""Which of our modules are compiled. A module that wants to be says so in its first line; without a compiler it stays Python."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final

MARK: Final = "# cython:"
NAMED: Final = 5  #: modules that are named where some are not compiled


def found() -> dict[str, bool]:
    """Module -> whether it is compiled, for all that want to be."""
    top = Path(__file__).parent
    modules = {}
    for path in sorted(top.rglob("*.py")):
        with path.open(encoding="utf-8") as source:
            wanted = source.readline().startswith(MARK)
        if wanted:
            name = ".".join(path.relative_to(top.parent).with_suffix("").parts)
            modules[name] = any(path.with_name(path.stem + suffix).exists() for suffix in EXTENSION_SUFFIXES)
    return modules


def described() -> str:
    """For `analyzer --version`."""
    modules = found()
    slow = [name for name, compiled in modules.items() if not compiled]
    if not slow:
        return f"all {len(modules)} kernels compiled"
    names = ", ".join(slow[:NAMED]) + (", ..." if len(slow) > NAMED else "")
    if len(slow) == len(modules):
        return "no kernel compiled, so it is slow: install it where a C compiler is"
    return f"{len(modules) - len(slow)} of {len(modules)} kernels compiled; these are not, so it is slower: {names}"
