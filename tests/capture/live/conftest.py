"""A network of our own, made of a pair of interfaces; root may make one."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CLONE_NEWNET = 0x40000000
NETWORK = Path("/proc/thread-self/ns/net")


def ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True, capture_output=True)


@pytest.fixture
def veth() -> Iterator[tuple[str, str]]:
    """This thread is in a network namespace that has lo and two interfaces, of which each receives what the other one sends."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root on Linux")
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open(NETWORK, os.O_RDONLY)
    if libc.unshare(CLONE_NEWNET) != 0:
        os.close(before)
        pytest.skip("needs the right to make a network namespace (CAP_SYS_ADMIN)")
    try:
        try:
            ip("link add v0 type veth peer name v1")
            for name in ("lo", "v0", "v1"):
                subprocess.run(["sysctl", "-q", f"net.ipv6.conf.{name}.disable_ipv6=1"], check=False, capture_output=True)
                ip(f"link set {name} up")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"needs ip of iproute2, and veth in the kernel: {error}")
        yield "v0", "v1"
    finally:
        libc.setns(before, CLONE_NEWNET)
        os.close(before)
