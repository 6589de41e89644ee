"""Frames of interfaces, as the bytes of a pcapng file that grows: whole blocks, handed over as they come.

A backend is chosen by `open_live`. Each gives a section header, the interfaces, enhanced packet blocks with time stamps in ns,
and once a second and at the end what was counted (interface statistics blocks): exactly what a recorder writes to a file.
"""

from __future__ import annotations

import io
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from analyzer.capture.damage import CaptureError

if TYPE_CHECKING:
    from analyzer.capture.live.recorder import Recorder

TICK_S: Final = 0.1  #: how long a read waits for frames
SNAP_LENGTH: Final = 262_144  #: bytes of a frame that are kept, as of all programs that use libpcap
BUFFER_BYTES: Final = 64 << 20  #: that the kernel may fill while nobody reads
MOST_BUFFER: Final = (2 << 30) - (1 << 20)  #: of it, in whole MiB: libpcap, and so dumpcap and tcpdump, has 31 bits for it
MOST_EVENTS: Final = 10_000  #: of interfaces, that nobody took
#: backend -> module and function that open it, in the order in which they are tried
OPENERS: Final = {
    "af_packet": ("analyzer.capture.live.af_packet", "open_af_packet"),
    "dumpcap": ("analyzer.capture.live.children", "open_dumpcap"),
    "tcpdump": ("analyzer.capture.live.children", "open_tcpdump"),
    "scapy": ("analyzer.capture.live.with_scapy", "open_scapy"),
}
BACKENDS: Final = tuple(OPENERS)


class LiveError(CaptureError):
    """Nothing can be captured. The message is a sentence, at times with a second line that says what to do."""


class FilterError(LiveError):
    """A capture filter that cannot be compiled; the words are those of libpcap."""


@dataclass(slots=True)
class LiveCounters:
    """What was counted since the capture began, over all interfaces."""

    received: int = 0  #: that passed the capture filter, the dropped ones among them
    dropped_kernel: int = 0  #: for want of buffer
    dropped_interface: int = 0  #: by hardware and driver, where they tell
    dropped_here: int = 0  #: by the program that captures
    backlog: float = 0.0  #: share of the kernel's buffer in use, 0 to 1


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """Something that happened to an interface."""

    time_ns: int
    interface: str
    what: str  #: "down", "up", "removed", "renamed" or "added"
    new_name: str = ""  #: of one that was renamed


class LiveSource(io.RawIOBase):
    """What every backend is. A read gives whole blocks, None where nothing came within TICK_S, 0 bytes at the end.

    Only a block that is larger than the whole buffer comes in pieces.
    """

    def __init__(self, backend: str, interfaces: Sequence[str], recorder: Recorder | None = None) -> None:
        super().__init__()
        self.backend = backend
        self.interfaces = tuple(interfaces)
        self.name = named(self.interfaces)  #: for messages
        self.recorder = recorder  #: gets every byte that is handed over
        self.counters = LiveCounters()
        self.events: deque[LinkEvent] = deque(maxlen=MOST_EVENTS)  #: whoever reads takes them out
        #: as open_live was asked for them
        self.capture_filter, self.snap_length, self.buffer_bytes = "", SNAP_LENGTH, BUFFER_BYTES
        self.ended = ""  #: why it ended: "count", "stopped", "interface removed", "<program> ended: ..."

    def readable(self) -> bool:
        return True

    @abstractmethod
    def readinto(self, buffer: Any) -> int | None:
        """As the class says."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether the next read would not wait."""

    @abstractmethod
    def stop(self) -> None:
        """End soon: what has come is still handed over. May be called by a signal handler and by another thread."""


class GatheringSource(LiveSource):
    """A backend whose frames come from programs or threads that it has begun: how their blocks are handed over."""

    def __init__(self, backend: str, interfaces: Sequence[str], recorder: Recorder | None = None) -> None:
        super().__init__(backend, interfaces, recorder)
        self._rest = memoryview(b"")  # blocks to be handed over before all others, in pieces if need be

    def readinto(self, buffer: Any) -> int | None:
        with memoryview(buffer).cast("B") as view:
            if not len(self._rest) and not self.ended:
                self._look_around()
                size = self._take(view)
                if not size and not len(self._rest) and not self._over():
                    self._wait()
                    size = self._take(view)
                if size:
                    return size
                if not len(self._rest) and self._over():
                    self._finish()
            if len(self._rest):
                size = min(len(self._rest), len(view))
                view[:size] = self._rest[:size]
                self._rest = self._rest[size:]
                return size
            return 0 if self.ended else None

    @abstractmethod
    def _look_around(self) -> None:
        """See what has happened, and whether it is time to end."""

    @abstractmethod
    def _take(self, view: memoryview) -> int:
        """Blocks into the buffer; how many bytes. Those that have no room even there go to _rest."""

    @abstractmethod
    def _wait(self) -> None:
        """Until there is something to take, TICK_S at most."""

    @abstractmethod
    def _over(self) -> bool:
        """Whether nothing more is to come."""

    @abstractmethod
    def _finish(self) -> None:
        """Put the last blocks into _rest, and say why it ended."""


def named(interfaces: Sequence[str]) -> str:
    """eth0; eth0 and lo; eth0, eth1 and lo."""
    *most, last = interfaces
    return f"{', '.join(most)} and {last}" if most else last


def open_live(
    interfaces: Sequence[str],
    *,
    backend: str | None = None,
    capture_filter: str = "",
    snap_length: int = SNAP_LENGTH,
    count: int | None = None,
    buffer_bytes: int = BUFFER_BYTES,
    promiscuous: bool = True,
    recorder: Recorder | None = None,
) -> LiveSource:
    """Begin to capture. backend: None: the best that works here; see BACKENDS. count: end after so many frames.

    snap_length: how many bytes of a frame are kept; buffer_bytes: of the kernel, for all interfaces together.
    """
    names = tuple(dict.fromkeys(interfaces))
    if not names:
        raise LiveError("no interface is named to capture from")
    if snap_length < 1 or buffer_bytes < 1 or (count is not None and count < 1):
        raise LiveError("snap length, size of the buffer and number of frames have to be 1 or more")
    if buffer_bytes > MOST_BUFFER:
        raise LiveError(f"the buffer can have {MOST_BUFFER >> 20}M at most")
    opener = _opener(backend or _best(names))
    source = opener(names, capture_filter, snap_length, count, buffer_bytes, promiscuous, recorder)
    source.capture_filter, source.snap_length, source.buffer_bytes = capture_filter, snap_length, buffer_bytes
    return source


def _opener(backend: str) -> Callable[..., LiveSource]:
    """The function that opens interfaces with that backend; each is imported only where it is used."""
    if backend not in OPENERS:
        raise LiveError(f"there is no backend {backend!r}; there are: {', '.join(OPENERS)}")
    module, function = OPENERS[backend]
    opener: Callable[..., LiveSource] = getattr(import_module(module), function)
    return opener


def _best(interfaces: Sequence[str]) -> str:
    """The first backend that works here."""
    from analyzer.capture.live.permissions import backends

    found = backends()
    best = next((one.name for one in found if one.usable), None)
    if best is not None:
        return best
    reasons: dict[str, list[str]] = {}
    for one in found:
        reasons.setdefault(one.reason, []).append(one.name)
    said = "; ".join(f"{named(names)}: {reason}" for reason, names in reasons.items())
    hint = next((one.hint(interfaces) for one in found if one.command), "")
    raise LiveError(f"no backend can capture here: {said}" + (f"\n{hint}" if hint else ""))
