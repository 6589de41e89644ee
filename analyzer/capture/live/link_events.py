"""What happens to interfaces while they are captured: rtnetlink(7), group RTMGRP_LINK. Linux only; no privilege is needed.

An interface is followed by its index, so that a new name changes nothing. It is up while it is IFF_UP and IFF_RUNNING: a pulled
cable is "down", too. One that was removed and comes back under its name is "added", with another index.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from analyzer.capture.live import rtnetlink
from analyzer.capture.live.source import LinkEvent

RECEIVE_BYTES: Final = 1 << 20  #: what the socket may hold; what is lost is asked for again


@dataclass(slots=True)
class _Followed:
    name: str
    up: bool


class LinkEvents:
    """The events of some interfaces; of all of them where `any` is among the names."""

    def __init__(self, interfaces: Iterable[str]) -> None:
        self._names = set(interfaces)
        self._followed: dict[int, _Followed] = {}
        self._socket = rtnetlink.open_socket(rtnetlink.RTMGRP_LINK)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
            for data in rtnetlink.answers(self._socket, rtnetlink.RTM_GETLINK):
                for link in rtnetlink.links(data):
                    self._note(link)
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def read(self) -> list[LinkEvent]:
        """What has happened since the last call; it does not wait."""
        events: list[LinkEvent] = []
        while True:
            try:
                data = self._socket.recv(rtnetlink.DATAGRAM)
            except BlockingIOError:
                return events
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    return events
                events += self._ask_again()
                continue
            for link in rtnetlink.links(data):
                events += self._note(link)

    def _ask_again(self) -> list[LinkEvent]:
        """Messages were lost: those that are gone are found out here, the answers tell the rest."""
        gone = []
        for index, followed in list(self._followed.items()):
            try:
                socket.if_indextoname(index)
            except OSError:
                del self._followed[index]
                gone.append(LinkEvent(time.time_ns(), followed.name, "removed"))
        with contextlib.suppress(OSError):
            rtnetlink.ask(self._socket, rtnetlink.RTM_GETLINK)
        return gone

    def _note(self, link: rtnetlink.Link) -> list[LinkEvent]:
        """What a message changes."""
        now = time.time_ns()
        before = self._followed.get(link.index)
        if link.removed:
            self._followed.pop(link.index, None)
            return [LinkEvent(now, before.name, "removed")] if before else []
        if before is None:
            if not self._names & {"any", link.name}:
                return []
            self._followed[link.index] = _Followed(link.name, link.running)
            return [LinkEvent(now, link.name, "added")]
        events = []
        if link.name and link.name != before.name:
            events.append(LinkEvent(now, before.name, "renamed", link.name))
            before.name = link.name
        if link.running != before.up:
            events.append(LinkEvent(now, before.name, "up" if link.running else "down"))
            before.up = link.running
        return events


def open_link_events(interfaces: Iterable[str]) -> LinkEvents | None:
    """None where the system has no rtnetlink, or does not let us."""
    if sys.platform != "linux":
        return None
    try:
        return LinkEvents(interfaces)
    except OSError:
        return None
