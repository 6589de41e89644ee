"""Namespaces client - wire - server, and what is set inside them."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

ADDRESSES = {"client": ("10.99.0.1", "fd99::1"), "server": ("10.99.0.2", "fd99::2")}
NETWORKS = {"-4": "10.99.0.0/24", "-6": "fd99::/64"}
MACS = {"client": "02:00:00:00:00:0a", "server": "02:00:00:00:00:0b"}
OTHER = {"client": "server", "server": "client"}
NEEDED = ("ip", "tcpdump", "sysctl")
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
CHECKSUM, SCATTER, TSO, GRO = (0x15, 0x17), 0x19, 0x1F, 0x2C  #: the "set" commands of ethtool that matter here


class Refused(Exception):
    """This machine or this user cannot run the lab; the text says why."""


def check() -> None:
    """Refuse where no namespaces can be made."""
    if os.geteuid() != 0:
        raise Refused("the lab makes network namespaces: run it as root")
    if absent := [program for program in NEEDED if not shutil.which(program)]:
        raise Refused(f"the lab needs {', '.join(absent)}")
    trial = f"lab-trial-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", trial], check=False, capture_output=True).returncode:
        raise Refused("this kernel or container allows no network namespaces")
    subprocess.run(["ip", "netns", "delete", trial], check=False, capture_output=True)


def enter(name: str) -> None:
    """Move this thread into a namespace (setns(2))."""
    with Path(f"/run/netns/{name}").open() as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {name}")


def set_offload(device: str, on: bool) -> None:
    """Segmentation offload (and the checksum offload that it needs) on or off; receive offload is always off."""
    wanted = [*((command, on) for command in (*CHECKSUM, SCATTER, TSO)), (GRO, False)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for command, value in wanted:
            setting = ctypes.create_string_buffer(struct.pack("II", command, value))
            with contextlib.suppress(OSError):  # what a device does not have is not an error
                pointer = struct.pack("P", ctypes.addressof(setting))
                fcntl.ioctl(handle, SIOCETHTOOL, device.encode().ljust(16, b"\0") + pointer + bytes(16))


def call_in(name: str, action: object, *arguments: object) -> None:
    """Call a function in a namespace, in a process of its own."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            raise OSError(f"a step in the namespace {name} failed")
        return
    status = 1
    try:
        enter(name)
        action(*arguments)  # type: ignore[operator]
        status = 0
    finally:
        os._exit(status)


@contextlib.contextmanager
def spaces(tag: str) -> Iterator[dict[str, str]]:
    """The three namespaces; eth0 of either end is joined to the wire's device of the end's name."""
    names = {side: f"lab-{side[0]}{tag}" for side in ("client", "server", "wire")}
    try:
        for name in names.values():
            subprocess.run(["ip", "netns", "add", name], check=True)
        for side in ADDRESSES:
            _join(names, side)
        yield names
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _join(names: dict[str, str], side: str) -> None:
    other = OTHER[side]
    link = ["ip", "link", "add", "eth0", "address", MACS[side], "netns", names[side]]
    subprocess.run([*link, "type", "veth", "peer", "name", side, "netns", names["wire"]], check=True)
    tune(names[side], "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv4.tcp_no_metrics_save=1")
    tune(names["wire"], f"net.ipv6.conf.{side}.disable_ipv6=1")
    ours, theirs = ADDRESSES[side], ADDRESSES[other]
    commands = [
        "link set lo up",
        "link set eth0 up",
        f"address add {ours[0]}/24 dev eth0",
        f"address add {ours[1]}/64 dev eth0 nodad",
    ]
    commands += [f"neighbour add {address} lladdr {MACS[other]} dev eth0 nud permanent" for address in theirs]
    _batch(names[side], commands)
    _batch(names["wire"], [f"link set {side} up promisc on"])
    call_in(names[side], set_offload, "eth0", False)
    call_in(names["wire"], set_offload, side, False)


def _batch(name: str, commands: list[str]) -> None:
    subprocess.run(["ip", "-n", name, "-batch", "-"], input="\n".join(commands).encode(), check=True)


def tune(name: str, *settings: str) -> None:
    """Set kernel parameters of a namespace."""
    subprocess.run(["ip", "netns", "exec", name, "sysctl", "-q", "-w", *settings], check=True)


def use_congestion_control(name: str, algorithm: str) -> None:
    """By route: the kernel parameter of a namespace takes only what the whole machine allows to everyone."""
    for family, network in NETWORKS.items():
        metric = ["metric", "1"] if family == "-6" else []  # the kernel's own IPv6 route stays, and must lose
        command = ["ip", "-n", name, family, "route", "replace", network, "dev", "eth0", *metric, "congctl", algorithm]
        subprocess.run(command, check=True, capture_output=True)
