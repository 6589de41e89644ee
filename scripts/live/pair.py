"""Two namespaces joined by a veth pair: one sends, one captures. Nothing speaks there but what is sent on purpose."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from lab.space import ADDRESSES, MACS, call_in, set_offload, tune

DEVICE = "eth0"  #: at both ends


@dataclass(frozen=True)
class Pair:
    """The names of both namespaces."""

    near: str  #: where is captured
    far: str

    def inside(self, side: str, *command: str) -> list[str]:
        """The command line that runs at a side: "near" or "far"."""
        return ["ip", "netns", "exec", getattr(self, side), *command]

    def ip(self, side: str, *words: str) -> None:
        """Change something with ip(8)."""
        subprocess.run(["ip", "-n", getattr(self, side), *words], check=True, capture_output=True)

    def counter(self, name: str = "packets", way: str = "rx") -> int:
        """What the interface has counted where is captured."""
        command = ["ip", "-n", self.near, "-s", "-j", "link", "show", "dev", DEVICE]
        shown = subprocess.run(command, capture_output=True, check=True).stdout
        return int(json.loads(shown)[0]["stats64"][way][name])


@contextlib.contextmanager
def pair(tag: str, quiet: bool = True) -> Iterator[Pair]:
    """`quiet`: without addresses; else near has the client's addresses and far the server's."""
    both = Pair(f"live-n{tag}", f"live-f{tag}")
    try:
        for name in (both.near, both.far):
            subprocess.run(["ip", "netns", "add", name], check=True)
        join(both, quiet)
        yield both
    finally:
        for name in (both.near, both.far):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def join(both: Pair, quiet: bool) -> None:
    """Make the veth pair, also again after its end."""
    sides = {"near": "client", "far": "server"}
    for name in (both.near, both.far):
        tune(name, f"net.ipv6.conf.all.disable_ipv6={int(quiet)}", f"net.ipv6.conf.default.disable_ipv6={int(quiet)}")
    peer = ["peer", "name", DEVICE, "address", MACS["server"], "netns", both.far]
    link = ["ip", "link", "add", DEVICE, "address", MACS["client"], "netns", both.near, "type", "veth", *peer]
    subprocess.run(link, check=True)
    for side, role in sides.items():
        other = "server" if role == "client" else "client"
        both.ip(side, "link", "set", "lo", "up")
        both.ip(side, "link", "set", DEVICE, "up", *(["arp", "off"] if quiet else []))
        call_in(getattr(both, side), set_offload, DEVICE, False)
        if not quiet:
            both.ip(side, "address", "add", f"{ADDRESSES[role][0]}/24", "dev", DEVICE)
            both.ip(side, "address", "add", f"{ADDRESSES[role][1]}/64", "dev", DEVICE, "nodad")
            for address in ADDRESSES[other]:
                both.ip(side, "neighbour", "replace", address, "lladdr", MACS[other], "dev", DEVICE, "nud", "permanent")
