"""The interfaces of this machine, and what is said about permissions."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from analyzer.capture.live import permissions
from analyzer.capture.live.interfaces import ANY, check, interfaces, permission_hint, unknown
from analyzer.capture.live.source import BACKENDS, LiveError

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@linux
def test_every_interface_that_the_system_knows_is_there() -> None:
    found = {one.name: one for one in interfaces()}
    known = {name: index for index, name in socket.if_nameindex()}
    assert {name: one.index for name, one in found.items() if name != ANY} == known
    lo = found["lo"]
    assert (lo.kind, lo.mac, lo.linktype) == ("loopback", "", 1)
    assert not lo.running or lo.addresses[0] == "127.0.0.1"
    assert list(found)[-1] == ANY


@linux
def test_an_unknown_one_is_refused_with_those_that_exist() -> None:
    check(["lo", ANY])
    with pytest.raises(LiveError, match=r"^there is no interface 'l0'; there are: lo, "):
        check(["lo", "l0"])
    assert unknown("eth1", ["wlan0", "eth0"]) == "there is no interface 'eth1'; there are: eth0, wlan0"
    assert unknown("x", [f"veth{i}" for i in range(10)]).endswith(" and 2 more")


def test_backends_are_those_that_there_are_each_with_a_reason_or_none() -> None:
    found = permissions.backends()
    assert [one.name for one in found] == list(BACKENDS)
    assert all(one.usable or one.reason for one in found)
    assert all(not one.usable or not one.hint() for one in found)


@linux
def test_without_the_capability_the_command_grants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("dumpcap", "tcpdump"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None)
    monkeypatch.setattr(permissions, "raw_sockets", lambda: False)
    monkeypatch.setattr(permissions.privileges, "held", lambda kind="CapPrm": permissions.RAW if kind == "CapBnd" else 0)
    monkeypatch.setattr(permissions.privileges, "limited", lambda: False)
    found = {one.name: one for one in permissions.backends()}
    assert not any(one.usable for one in found.values())
    assert found["af_packet"].command.startswith("sudo ") and " live -i " in found["af_packet"].command
    assert found["tcpdump"].command == f"sudo setcap cap_net_raw+ep {tmp_path}/tcpdump"
    assert "usermod -aG wireshark" in found["dumpcap"].command
    assert permission_hint("tcpdump").startswith("This grants it: sudo setcap ")
    (tmp_path / "tcpdump").unlink()
    monkeypatch.setattr(permissions, "ELSEWHERE", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert permissions.CHECKS["tcpdump"]().reason == "it is not installed"
    assert permission_hint("nothing") == ""


@linux
def test_the_command_names_the_interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "raw_sockets", lambda: False)
    monkeypatch.setattr(permissions.privileges, "held", lambda kind="CapPrm": permissions.RAW if kind == "CapBnd" else 0)
    monkeypatch.setattr(permissions.privileges, "limited", lambda: False)
    assert permission_hint("af_packet", ["lo", "a b"]).endswith(" live -i lo -i 'a b'")
    assert permission_hint("af_packet").endswith(" live -i INTERFACE")


@linux
def test_no_command_is_named_where_none_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "raw_sockets", lambda: False)
    monkeypatch.setattr(permissions.privileges, "held", lambda kind="CapPrm": 0)
    monkeypatch.setattr(permissions.privileges, "limited", lambda: False)
    assert permissions.CHECKS["af_packet"]().command == ""
    assert permission_hint("af_packet", ["lo"]).startswith("No program can get CAP_NET_RAW here")


@linux
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to give a file capabilities")
def test_capabilities_of_a_file_are_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "tcpdump"
    program.write_text("")
    program.chmod(0o755)
    try:
        os.setxattr(program, "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
    except OSError:
        pytest.skip("this file system has no capabilities of files")
    monkeypatch.setattr(permissions, "program", lambda name: str(program))
    monkeypatch.setattr(permissions.privileges, "held", lambda kind="CapPrm": permissions.RAW if kind == "CapBnd" else 0)
    monkeypatch.setattr(permissions.privileges, "limited", lambda: False)
    assert permissions.CHECKS["tcpdump"]().usable
    monkeypatch.setattr(permissions.privileges, "limited", lambda: True)
    assert "no_new_privs" in permissions.CHECKS["tcpdump"]().reason
