"""What is left after they were given up, in processes of their own: they would be gone for all other tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from analyzer.capture.live import privileges

pytestmark = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux")
SCRIPT = """
import os, sys
from analyzer.capture.live import privileges
from analyzer.capture.live.link_events import open_link_events
events = open_link_events(["any"])
print(privileges.drop(sys.argv[1:]))
print(os.geteuid(), hex(privileges.held()), hex(privileges.held("CapEff")), hex(privileges.held("CapInh")), privileges.limited())
assert events.read() == [] and os.listdir("/sys/class/net")
print(privileges.drop())
"""


def run(*directories: str, **environment: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    command = [sys.executable, "-c", SCRIPT, *directories]
    done = subprocess.run(command, capture_output=True, text=True, env={**kept, "PYTHONPATH": ".", **environment})
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_root_stays_root_without_a_capability(tmp_path: Path) -> None:
    assert run(str(tmp_path)) == ["Privileges were given up: no capability is left.", "0 0x0 0x0 0x0 True", ""]


def test_the_directory_of_another_user_can_still_be_written(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    assert run(str(tmp_path))[:2] == [
        "Privileges were given up: no capability is left but that of writing files of other users.", "0 0x2 0x2 0x0 True",
    ]  # fmt: skip


def test_sudo_leads_back_to_the_user_if_this_can_be_read_then() -> None:
    readable = privileges._may_go_on(65534, 65534)
    assert (os.geteuid(), os.getegid()) == (0, os.getgid())
    said, state, _ = run(SUDO_UID="65534", SUDO_GID="65534", SUDO_USER="nobody")
    if readable:
        assert said == "Privileges were given up: this runs as nobody now."
        assert state == "65534 0x0 0x0 0x0 True"
    else:
        assert state == "0 0x0 0x0 0x0 True"


def test_the_user_behind_sudo_has_to_be_able_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/sh")
    monkeypatch.setattr(os, "__file__", "/etc/passwd")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        if not privileges._may_go_on(65534, 65534):
            pytest.skip("nobody may read this program here")
        assert not privileges._may_go_on(65534, 65534, [folder])
        os.chown(folder, 65534, 65534)
        assert privileges._may_go_on(65534, 65534, [folder])


@pytest.mark.parametrize("uid", ["0", "-1", "x"])
def test_what_sudo_does_not_say_is_not_believed(uid: str) -> None:
    assert run(SUDO_UID=uid, SUDO_GID="65534")[1] == "0 0x0 0x0 0x0 True"
