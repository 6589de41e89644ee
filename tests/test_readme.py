"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100  #: of the terminal in the README
README = (ROOT / "README.md").read_text()


def run(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    environment = os.environ | {"COLUMNS": str(WIDTH)}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60, env=environment).stdout


def test_the_summary() -> None:
    shown = re.search(r"```console\n\$ analyzer (\S+)\n(.*?)```", README, re.DOTALL)
    assert shown
    assert run("-m", "analyzer", shown[1]) == shown[2]


def test_the_python_example() -> None:
    example = re.search(r"```python\n(.*?)```\n+prints\n+```text\n(.*?)```", README, re.DOTALL)
    assert example
    assert run("-c", example[1]) == example[2]


def test_the_commands_it_names_exist() -> None:
    from analyzer.cli import COMMANDS

    named = set(re.findall(r"`analyzer ([a-z]+)`", README))
    assert named <= set(COMMANDS)
    assert set(COMMANDS) <= named


def test_the_files_it_links_exist() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
