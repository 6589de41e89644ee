"""The import rule: a package imports only from packages to its left and from the leaves; libraries only where they belong."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEAVES = {"batch", "fault", "finding", "version", "kernels"}
ORDER = ["capture", "dissect", "flow", "journey", "live", "report", "verify"]
ABOVE = {"pipeline", "watching", "api", "api_live", "cli"}  #: nobody of the packages imports these, except to name a type
#: library -> where it may be imported at all (always inside a function)
LAZY = {
    "dpkt": ("verify/",),
    "pyshark": ("verify/", "report/show/with_tshark.py"),
    "scapy": ("verify/", "capture/live/", "report/show/with_scapy.py"),
    "rich": ("cli/", "report/"),
    "tabulate": ("cli/", "report/"),
    "jinja2": ("report/",),
    "matplotlib": ("report/",),
    "plotly": ("report/",),
    "zstandard": ("capture/", "dissect/application/http1/coding.py"),
    "brotli": ("dissect/application/http1/coding.py",),
    "lz4": ("capture/",),
    "cryptography": ("dissect/application/x509/", "flow/anonymous/", "verify/"),
}
MODULES = sorted(ROOT.glob("analyzer/**/*.py"))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Every module that is imported, by its full name, and when: "first" with the file, "late", or for "types" only."""
    package = path.relative_to(ROOT).parent.parts
    tree = ast.parse(path.read_text())
    when = {id(node): "late" for outer in ast.walk(tree) if _is_function(outer) for node in ast.walk(outer)}
    when |= {id(node): "types" for outer in ast.walk(tree) if _is_type_checking(outer) for node in ast.walk(outer)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield name, when.get(id(node), "first")


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def home(path: Path) -> str:
    """The package of a file, or its own name at the top."""
    return path.relative_to(ROOT / "analyzer").with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_package_imports_leftwards_only(path: Path) -> None:
    mine = home(path)
    if mine not in ORDER:
        return
    left = {*ORDER[: ORDER.index(mine) + 1], *LEAVES}
    if mine == "dissect":
        left.discard("capture")
    for name, when in imports(path):
        parts = name.split(".")
        if parts[0] != "analyzer" or len(parts) == 1:
            continue
        if parts[1] in ABOVE:
            assert when == "types", f"{mine} imports {name}"
        else:
            assert parts[1] in left, f"{mine} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if home(p) in LEAVES], ids=lambda path: path.name)
def test_leaf_imports_no_package(path: Path) -> None:
    for name, _ in imports(path):
        assert name.split(".")[0] != "analyzer" or name.split(".")[1] in LEAVES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_library_is_imported_late_and_where_it_belongs(path: Path) -> None:
    where = str(path.relative_to(ROOT / "analyzer"))
    for name, when in imports(path):
        library = name.split(".")[0]
        if library in LAZY:
            assert where.startswith(LAZY[library]), f"{where} imports {library}"
            assert when != "first", f"{where} imports {library} before it is needed"


def module(path: Path) -> str:
    """The full name of the module in a file, or of the package that it begins."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def test_no_dissector_imports_a_dissector() -> None:
    """A dissector is a file with a name of its own, or a package with one: its files may import each other."""
    files = {module(path): path for path in (ROOT / "analyzer" / "dissect").glob("**/*.py")}
    dissectors = {name for name, path in files.items() if re.search(r"^NAME\b.* = ", path.read_text(), re.MULTILINE)}
    assert {f"analyzer.dissect.{name}" for name in ("network.ipv4", "application.tls", "application.starttls.imap")} <= dissectors
    for name, path in files.items():
        mine = {one for one in dissectors if within(name, one)}
        for imported, _ in imports(path) if mine else ():
            others = [one for one in dissectors - mine if within(imported, one)]
            assert not others, f"{name} imports {imported}"
