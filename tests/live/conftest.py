"""The laboratory of scripts/live, for those who may make network namespaces; everybody else skips these tests."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("capinfos", "mount", "setpriv", "tshark")


@pytest.fixture(scope="session")
def laboratory() -> SimpleNamespace:
    """The modules of scripts/live."""
    if not sys.platform.startswith("linux"):
        pytest.skip("packet sockets and network namespaces are Linux's")
    if absent := [name for name in PROGRAMS if not shutil.which(name)]:
        pytest.skip(f"not installed: {', '.join(absent)}")
    if str(ROOT / "scripts") not in sys.path:
        sys.path.insert(0, str(ROOT / "scripts"))
    from lab.space import Refused, check
    from live import compare, faults, pair, running, scene, traffic

    try:
        check()
    except Refused as refused:
        pytest.skip(str(refused))
    return SimpleNamespace(compare=compare, faults=faults, pair=pair, running=running, scene=scene, traffic=traffic)
