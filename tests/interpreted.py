"""The modules that are compiled ahead of time, loaded from their source all the same: both ways have to give the same rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
MARKER = "# cython:"  #: first line of a compiled module


def compiled_modules() -> list[str]:
    """Names of all modules that are meant to be compiled, by their first line."""
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted(ROOT.glob("analyzer/**/*.py"))
        if path.read_text().startswith(MARKER)
    ]


def stale_modules() -> list[str]:
    """Those of them that are not compiled from their present source."""
    return [name for name in compiled_modules() if not _is_current(ROOT.joinpath(*name.split(".")).with_suffix(".py"))]


def _is_current(source: Path) -> bool:
    return any(
        extension.stat().st_mtime >= source.stat().st_mtime
        for suffix in EXTENSION_SUFFIXES
        if (extension := source.with_suffix(suffix)).exists()
    )


def interpreted(name: str) -> ModuleType:
    """A fresh copy of a module of the analyzer, loaded from its source under its own name, beside the one that is imported."""
    path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
    spec = spec_from_file_location(name, path, loader=SourceFileLoader(name, str(path)))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class SourceFinder(MetaPathFinder):
    """Finds the source of the analyzer's modules where an extension module stands beside it."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith("analyzer."):
            return None
        for folder in path or ():
            source = Path(folder, name.rpartition(".")[2] + ".py")
            if source.is_file():
                return spec_from_file_location(name, source, loader=SourceFileLoader(name, str(source)))
        return None


def install() -> None:
    """From now on nothing of the analyzer is imported compiled."""
    sys.meta_path.insert(0, SourceFinder())
