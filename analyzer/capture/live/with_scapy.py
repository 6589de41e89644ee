"""scapy's sockets: where there is no AF_PACKET (macOS, BSD, Windows with Npcap), and as the last resort.

A thread for each interface takes frames from its socket, so that these wait here, not in the system's small buffer; what has no
room is counted. scapy does not tell how long a frame was that the snap length cut, and its time stamps are right to some 200 ns.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import select
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from analyzer.batch import views
from analyzer.capture.live import describing, encode, link_events
from analyzer.capture.live.interfaces import ANY, interfaces
from analyzer.capture.live.interfaces import check as check_names
from analyzer.capture.live.permissions import permission_hint
from analyzer.capture.live.recorder import Recorder
from analyzer.capture.live.source import TICK_S, FilterError, GatheringSource, LiveError, LiveSource

SECOND: Final = 1_000_000_000
STATISTICS_EVERY_S: Final = 1.0
MOST_AT_ONCE: Final = 4096  #: frames that become blocks at once
SOL_PACKET: Final = 263
PACKET_STATISTICS: Final = 6
PACKET_IGNORE_OUTGOING: Final = 23  #: of a loopback interface, where every frame would come twice
SO_RCVBUFFORCE: Final = 33
ALL_RAW: Final = (12, 14)  #: DLT_RAW of different systems, which is LINKTYPE_RAW
LINKTYPE_RAW: Final = 101
JOIN_S: Final = 2.0
GONE: Final = "interface removed"
REMOVED: Final = (errno.ENETDOWN, errno.ENODEV, errno.ENXIO)


class Taker(threading.Thread):
    """Takes the frames of one interface from its socket."""

    def __init__(self, opened: Any, number: int, name: str, snap_length: int, most_bytes: int, arrived: threading.Event) -> None:
        super().__init__(name=f"capture {number}", daemon=True)
        self.number = number
        self.frames: deque[tuple[int, bytes]] = deque()  #: time and bytes
        self.received = 0
        self.handed_over = 0  #: bytes; only the reader counts them, and only this thread those that it took
        self.dropped = 0  #: here
        self.dropped_kernel = 0
        self.told = 0  #: of both, in blocks that were handed over
        self.failed = ""
        self._index = _index(name)
        self._opened = opened
        self._snap_length = snap_length
        self._most_bytes = most_bytes
        self._taken = 0  # bytes
        self._arrived = arrived
        self._ending = threading.Event()

    def run(self) -> None:
        poll = None
        with contextlib.suppress(AttributeError, OSError, TypeError, ValueError):  # there is nothing to wait for on Windows
            poll = select.poll()
            poll.register(self._opened.fileno(), select.POLLIN)
        while not self._ending.is_set():
            try:
                if poll is None or poll.poll(TICK_S * 1000):
                    self._take()
            except OSError as error:
                if error.errno == errno.ENETDOWN and self._is_there():
                    self._ending.wait(TICK_S)  # it may come up again
                    continue
                if not self._ending.is_set():
                    self.failed = GONE if error.errno in REMOVED else error.strerror or str(error)
                break
        self._arrived.set()

    def _take(self) -> None:
        _, data, stamp = self._opened.recv_raw(self._snap_length)
        if not data:
            return
        data = data[: self._snap_length]
        self.received += 1
        if self._taken - self.handed_over + len(data) > self._most_bytes:
            self.dropped += 1
            return
        self._taken += len(data)
        self.frames.append((round(float(stamp) * SECOND) if stamp else time.time_ns(), data))
        self._arrived.set()

    def _is_there(self) -> bool:
        """Whether the interface still exists, by whatever name."""
        try:
            socket.if_indextoname(self._index)
        except OSError:
            return False
        return True

    def count(self) -> None:
        """Ask the system what it dropped; asking sets it to 0."""
        if sys.platform == "linux":
            with contextlib.suppress(OSError, AttributeError):
                said = self._opened.ins.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
                self.dropped_kernel += struct.unpack("=II", said)[1]

    def end(self) -> None:
        """Take no more."""
        if not self._ending.is_set():
            self.count()
            self._ending.set()
            self.join(JOIN_S)
            self._opened.close()


class ScapySource(GatheringSource):
    """The frames of all takers, in the order of these."""

    def __init__(
        self, takers: Sequence[Taker], names: Sequence[str], head: bytes, count: int | None, recorder: Recorder | None,
        arrived: threading.Event,
    ) -> None:  # fmt: skip
        super().__init__("scapy", names, recorder)
        self._takers = takers
        self._arrived = arrived
        self._left = -1 if count is None else count
        self._stopping = False
        self._counted_at = time.monotonic()
        self._said: list[tuple[int, int, int]] = [(0, 0, 0)] * len(takers)
        self._rest = memoryview(head)
        self._links = link_events.open_link_events(names)
        (self._state,) = views(np.zeros(encode.STATE, np.int64))
        if recorder is not None:
            recorder.section(head)
        for taker in takers:
            taker.start()

    def ready(self) -> bool:
        return bool(len(self._rest) or self.ended or self._over() or any(taker.frames for taker in self._takers))

    def stop(self) -> None:
        self._stopping = True

    def close(self) -> None:
        if not self.closed:
            for taker in self._takers:
                taker.end()
            if self._links is not None:
                self._links.close()
        super().close()

    def _wait(self) -> None:
        self._arrived.wait(TICK_S)
        self._arrived.clear()

    def _over(self) -> bool:
        if self._left == 0:
            return True
        over = self._stopping or not any(taker.is_alive() for taker in self._takers)
        return over and not any(taker.frames for taker in self._takers)

    def _look_around(self) -> None:
        if self._links is not None:
            self.events.extend(self._links.read())
        if self._stopping:
            for taker in self._takers:
                taker.end()
        now = time.monotonic()
        if now >= self._counted_at + STATISTICS_EVERY_S:
            self._counted_at = now
            self._keep(self._statistics())

    def _statistics(self) -> bytes:
        """Of the interfaces of which something changed."""
        blocks = b""
        for taker in self._takers:
            taker.count()
            counts = taker.received + taker.dropped_kernel, taker.dropped_kernel, taker.dropped
            if counts != self._said[taker.number]:
                self._said[taker.number] = counts
                names = {"received": counts[0], "os_dropped": counts[1] + counts[2]}
                blocks += describing.statistics(taker.number, time.time_ns(), names)
        received, kernel, here = (sum(column) for column in zip(*self._said, strict=True))
        self.counters.received, self.counters.dropped_kernel, self.counters.dropped_here = received, kernel, here
        return blocks

    def _keep(self, blocks: bytes) -> None:
        """Hand these over next."""
        if blocks:
            self._rest = memoryview(bytes(self._rest) + blocks)
            if self.recorder is not None:
                self.recorder.packets(memoryview(blocks), 0)

    def _take(self, view: memoryview) -> int:
        if len(self._rest):
            return 0
        self._state[0] = 0
        for taker in self._takers:
            while self._left and taker.frames:
                most = min(len(taker.frames), MOST_AT_ONCE, self._left if self._left > 0 else MOST_AT_ONCE)
                room = len(view) - self._state[0]
                if not self._encode(taker, most, view) and room:
                    return self._state[0] or self._take_large(taker)
        return int(self._state[0])

    def _encode(self, taker: Taker, most: int, view: memoryview) -> bool:
        """Frames of one interface, at most so many; whether all of them had room."""
        frames = [taker.frames[i] for i in range(most)]
        ends = np.cumsum([0, *(len(data) for _, data in frames)])
        starts, after = ends[:-1].copy(), ends[1:].copy()
        times = np.array([stamp for stamp, _ in frames], np.int64)
        lost = taker.dropped + taker.dropped_kernel - taker.told
        begin = self._state[0]
        data = memoryview(b"".join(data for _, data in frames))
        time_view, start, end = views(times, starts, after)
        done = encode.encode(data, time_view, start, end, end, 0, most, taker.number, lost, view, self._state)
        for _ in range(done):
            taker.frames.popleft()
        if done:
            taker.told += lost
            taker.handed_over += int(after[done - 1])
            self._left -= done if self._left > 0 else 0
            if self.recorder is not None:
                self.recorder.packets(view[begin : self._state[0]], done)
        return bool(done == most)

    def _take_large(self, taker: Taker) -> int:
        """A frame that has no room in the whole buffer."""
        block = memoryview(bytearray(len(taker.frames[0][1]) + encode.AROUND))
        self._state[0] = 0
        self._encode(taker, 1, block)
        self._rest = block[: self._state[0]]
        return 0

    def _finish(self) -> None:
        for taker in self._takers:
            taker.end()
        self._keep(self._statistics())
        if self._links is not None:
            self.events.extend(self._links.read())
        failed = next((taker.failed for taker in self._takers if taker.failed), "")
        self.ended = (
            "count" if self._left == 0
            else "stopped" if self._stopping
            else GONE if failed == GONE
            else f"scapy ended: {failed or 'it did not say why'}"
        )  # fmt: skip


def open_scapy(
    names: Sequence[str], capture_filter: str, snap_length: int, count: int | None, buffer_bytes: int, promiscuous: bool,
    recorder: Recorder | None,
) -> LiveSource:  # fmt: skip
    """Raises LiveError, also where scapy is not installed."""
    logging.getLogger("scapy").setLevel(logging.CRITICAL)  # it warns about routes and interfaces while it is imported
    try:
        from scapy.all import conf
    except ImportError as error:
        raise LiveError(f"scapy is not installed ({error})") from None
    except UnicodeDecodeError:
        raise LiveError("scapy cannot capture where the name of an interface is not UTF-8: use another backend") from None
    check_names(names)
    if ANY in names:
        raise LiveError("scapy cannot capture `any`: name the interfaces, or use another backend")
    arrived = threading.Event()
    takers: list[Taker] = []
    head = describing.section_header()
    try:
        for name in names:
            opened = _open(conf, name, capture_filter, promiscuous, buffer_bytes // len(names))
            takers.append(Taker(opened, len(takers), name, snap_length, buffer_bytes // len(names), arrived))
            head += describing.interface(_linktype(opened, name), snap_length, name, capture_filter)
        return ScapySource(takers, names, head, count, recorder, arrived)
    except BaseException:
        for taker in takers:
            taker.end()
        raise


def _open(conf: Any, name: str, capture_filter: str, promiscuous: bool, buffer_bytes: int) -> Any:
    from scapy.error import Scapy_Exception

    try:
        opened = conf.L2listen(iface=name, filter=capture_filter or None, promisc=promiscuous)
    except PermissionError:
        raise LiveError(f"scapy may not capture on {name}\n{permission_hint('scapy', [name])}") from None
    except (OSError, Scapy_Exception) as error:
        said = " ".join(str(error).split())
        if "ermi" in said:  # permission, permitted
            raise LiveError(f"scapy may not capture on {name}: {said}\n{permission_hint('scapy', [name])}") from None
        if capture_filter and "filter" in said.lower():
            raise FilterError(f"{capture_filter!r} is no capture filter: {said}") from None
        raise LiveError(f"scapy cannot capture on {name}: {said}") from None
    if sys.platform == "linux" and hasattr(opened, "ins"):
        with contextlib.suppress(OSError):
            opened.ins.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer_bytes)
        if _is_loopback(name):
            with contextlib.suppress(OSError):
                opened.ins.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    return opened


def _index(name: str) -> int:
    """0 where the system does not know it by that name."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def _is_loopback(name: str) -> bool:
    return any(one.name == name and one.kind == "loopback" for one in interfaces())


def _linktype(opened: Any, name: str) -> int:
    """As libpcap says it, else as the interface is, else that of the class that scapy takes its frames for."""
    if hasattr(opened, "pcap_fd"):
        found = int(opened.pcap_fd.datalink())
        return LINKTYPE_RAW if found in ALL_RAW else found
    known = next((one.linktype for one in interfaces() if one.name == name), None)
    if known is not None:
        return known
    from scapy.config import conf

    number = conf.l2types.layer2num.get(opened.LL, 1)
    return LINKTYPE_RAW if number in ALL_RAW else int(number)
