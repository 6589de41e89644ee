"""What happens to a virtual interface, in a network namespace of its own."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from analyzer.capture.live import rtnetlink
from analyzer.capture.live.link_events import LinkEvents, open_link_events

SCRIPT = """
import os, subprocess, sys
from analyzer.capture.live.link_events import LinkEvents
def ip(*words): subprocess.run(["ip", *words], check=True)
ip("link", "add", "one", "type", "veth", "peer", "other")
ip("link", "set", "other", "up"); ip("link", "set", "one", "up")
events = LinkEvents(sys.argv[1:])
def tell(): print(*[f"{e.interface}:{e.what}:{e.new_name}" for e in events.read() if e.interface != "lo"])
tell()
ip("link", "set", "one", "down"); tell()
ip("link", "set", "one", "mtu", "1400"); tell()
ip("link", "set", "one", "name", "two"); tell()
ip("link", "set", "two", "up"); tell()
ip("link", "add", "bridge", "type", "bridge"); ip("link", "set", "two", "master", "bridge"); tell()
ip("link", "set", "two", "nomaster"); tell()
ip("link", "del", "two"); tell()
ip("link", "add", "one", "type", "veth", "peer", "other"); tell()
"""
NAMESPACES = sys.platform == "linux" and os.geteuid() == 0 and bool(shutil.which("unshare")) and bool(shutil.which("ip"))


@pytest.mark.skipif(not NAMESPACES, reason="needs root, unshare and ip")
def test_events_follow_the_interface_by_its_index() -> None:
    command = ["unshare", "--net", sys.executable, "-c", SCRIPT, "one"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    if "Operation not permitted" in done.stderr:
        pytest.skip("no network namespaces here")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "", "one:down:", "", "one:renamed:two", "two:up:", "", "", "two:down: two:removed:", "one:added:",
    ]  # fmt: skip


@pytest.fixture
def lo() -> Iterator[LinkEvents]:
    events = open_link_events(["lo"])
    if events is None:
        pytest.skip("no rtnetlink here")
    yield events
    events.close()


def test_reading_does_not_wait_and_it_can_be_polled(lo: LinkEvents) -> None:
    poll = select.poll()
    poll.register(lo.fileno(), select.POLLIN)
    assert lo.read() == []
    assert poll.poll(0) == []


def test_damaged_messages_are_passed_over() -> None:
    for data in (b"", b"\x01", bytes(40), rtnetlink.MESSAGE.pack(1 << 20, rtnetlink.RTM_NEWLINK, 0, 0, 0) + bytes(20)):
        list(rtnetlink.links(data))
        list(rtnetlink.addresses(data))
