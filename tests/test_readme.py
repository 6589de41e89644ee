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


def test_what_it_shows_is_what_it_prints() -> None:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    shown = [part.partition("\n") for block in blocks for part in re.split(r"^\$ analyzer ", block, flags=re.MULTILINE) if part]
    assert len(shown) == 12
    for arguments, _, output in shown:
        assert run("-m", "analyzer", *arguments.split()) == output.rstrip("\n") + "\n"


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
