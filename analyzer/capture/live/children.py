"""dumpcap and tcpdump capture in processes of their own: they may have the permission that we lack.

dumpcap writes pcapng, which is handed over as it is; tcpdump writes pcap, one process for each interface, whose records become
enhanced packet blocks. tcpdump tells once a second what the kernel dropped (SIGUSR1, or SIGINFO where that exists), dumpcap only
at its end, in its statistics blocks. Either may keep frames back for its read timeout: the signal that ends it comes later.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from analyzer.capture.live import link_events
from analyzer.capture.live.child import PATIENCE_S, Child, Taken
from analyzer.capture.live.describing import section_header
from analyzer.capture.live.passed import Passed
from analyzer.capture.live.recorder import Recorder
from analyzer.capture.live.records import Records
from analyzer.capture.live.source import TICK_S, GatheringSource, LinkEvent, LiveError, LiveSource

MIB: Final = 1 << 20
KIB: Final = 1 << 10
BEGIN_S: Final = 20.0  #: most seconds until a program has begun to capture
HOLDS_S: Final = {"dumpcap": 0.3, "tcpdump": 1.1}  #: read timeout that it gives to libpcap, and a bit
STATISTICS_EVERY_S: Final = 1.0
#: what they say of an interface that was removed, renamed, or set down
GONE: Final = ("no longer attached", "disappeared", "no longer running", "went down", "Network is down")

ENDS_IT: Final = {"renamed": "{0.interface} is now called {0.new_name}", "down": "{0.interface} is down"}


class ChildSource(GatheringSource):
    """One or several programs that capture, each with what makes blocks of its output."""

    def __init__(
        self,
        backend: str,
        interfaces: Sequence[str],
        makers: Sequence[Passed | Records],
        count: int | None,
        recorder: Recorder | None,
    ) -> None:
        super().__init__(backend, interfaces, recorder)
        self._makers = list(makers)
        self._left = -1 if count is None else count  # frames to hand over; below 0: no limit
        self._stopping = False
        self._end_at = 0.0  # when it is told to end; 0: nobody wants that
        self._give_up_at = 0.0  # when its output is no longer waited for
        self._told_at = time.monotonic()
        self._links = link_events.open_link_events(interfaces)
        self._happened: dict[str, LinkEvent] = {}  # to interfaces: what -> the latest
        self._poll = select.poll()
        with ExitStack() as undoing:
            undoing.callback(self._end_children)
            self._begin()
            undoing.pop_all()
        for maker in self._makers:
            if not maker.ended:
                self._poll.register(maker.child.output, select.POLLIN)
        if self._links is not None:
            self._poll.register(self._links.fileno(), select.POLLIN)
        self._rest = self._section()

    @property
    def link_types(self) -> tuple[int, ...]:
        return tuple(linktype for maker in self._makers for linktype in maker.link_types)

    def _begin(self) -> None:
        """Wait until all of them capture, or one says why it does not."""
        limit = time.monotonic() + BEGIN_S
        for maker in self._makers:
            while not maker.begun():
                if maker.ended:
                    maker.child.close()
                    raise maker.child.error()
                if time.monotonic() > limit:
                    raise LiveError(f"{self.backend} did not begin to capture within {BEGIN_S:.0f} s")
                poll = select.poll()
                poll.register(maker.child.output, select.POLLIN)
                poll.poll(TICK_S * 1000)
                maker.child.said()

    def _section(self) -> memoryview:
        """What the file begins with."""
        head = (section_header() if self.backend == "tcpdump" else b"") + b"".join(maker.head for maker in self._makers)
        if self.recorder is not None:
            self.recorder.section(head)
        return memoryview(head)

    def ready(self) -> bool:
        if len(self._rest) or any(maker.waits for maker in self._makers):
            return True
        outputs = {maker.child.output for maker in self._makers if not maker.ended}
        return not outputs or any(descriptor in outputs for descriptor, _ in self._poll.poll(0))

    def stop(self) -> None:
        self._stopping = True

    def close(self) -> None:
        if not self.closed:
            self._end_children()
        super().close()

    def _over(self) -> bool:
        if self._give_up_at and time.monotonic() >= self._give_up_at:
            return True
        return self._left == 0 or all(maker.ended and not maker.waits for maker in self._makers)

    def _wait(self) -> None:
        links = None if self._links is None else self._links.fileno()
        if any(descriptor == links for descriptor, _ in self._poll.poll(TICK_S * 1000)):
            self._look_around()

    def _look_around(self) -> None:
        self._follow()
        now = time.monotonic()
        if self._stopping and not self._end_at:
            self._end_at = now + HOLDS_S[self.backend]
        if self._end_at and now >= self._end_at and not self._give_up_at:
            self._give_up_at = now + PATIENCE_S
            for maker in self._makers:
                maker.child.interrupt()
        if now >= self._told_at + STATISTICS_EVERY_S:
            self._told_at = now
            for maker in self._makers:
                maker.ask()
            self._count()

    def _take(self, view: memoryview) -> int:
        filled = 0
        for maker in self._makers:
            if self._left == 0 or len(self._rest):
                break
            was_open = not maker.ended
            taken = maker.take(view[filled:], self._left, alone=not filled)
            if was_open and maker.ended:
                self._poll.unregister(maker.child.output)
            if self._left > 0:
                self._left -= taken.frames
            self._rest = taken.large
            self._record(taken, view[filled : filled + taken.size])
            filled += taken.size
        return filled

    def _record(self, taken: Taken, blocks: memoryview) -> None:
        if self.recorder is None:
            return
        if taken.section:
            self.recorder.section(taken.section)
        elif len(blocks) or len(taken.large):
            self.recorder.packets(taken.large if len(taken.large) else blocks, taken.frames)

    def _count(self) -> None:
        counts = [maker.counts() for maker in self._makers]
        self.counters.received = sum(one.received for one in counts)
        self.counters.dropped_kernel = sum(one.dropped_kernel for one in counts)
        self.counters.dropped_interface = sum(one.dropped_interface for one in counts)

    def _finish(self) -> None:
        blocks = b""
        for maker in self._makers:
            if not maker.ended:
                self._poll.unregister(maker.child.output)
            blocks += maker.last()
        self._count()
        self._follow()
        self.ended = self._why()
        self._rest = memoryview(blocks)
        if self.recorder is not None and blocks:
            self.recorder.packets(self._rest, 0)

    def _why(self) -> str:
        if self._left == 0:
            return "count"
        if self._stopping:
            return "stopped"
        complaints = " ".join(maker.child.complaint() for maker in self._makers)
        if any(word in complaints for word in GONE):
            return self._why_gone()
        return f"{self.backend} ended: {complaints or 'it did not say why'}"

    def _why_gone(self) -> str:
        """What happened to an interface that was lost; both programs end also where it only gets another name, or is set down."""
        for what, said in ENDS_IT.items():
            if what in self._happened and "removed" not in self._happened:
                event = self._happened[what]
                return f"{self.backend} ended: {said.format(event)}, and it does not go on after that; the backend af_packet does"
        return "interface removed"

    def _follow(self) -> None:
        """What has happened to interfaces."""
        if self._links is not None:
            events = self._links.read()
            self.events.extend(events)
            self._happened.update((event.what, event) for event in events)

    def _end_children(self) -> None:
        for maker in self._makers:
            maker.child.close()
        if self._links is not None:
            self._links.close()
            self._links = None


def open_dumpcap(
    interfaces: Sequence[str], capture_filter: str, snap_length: int, count: int | None, buffer_bytes: int, promiscuous: bool,
    recorder: Recorder | None,
) -> LiveSource:  # fmt: skip
    """dumpcap captures all interfaces together."""
    share = max(buffer_bytes // MIB // len(interfaces), 1)
    arguments = ["-q", "-n", "-w", "-", "-s", str(snap_length), "-B", str(share)]
    arguments += [] if promiscuous else ["-p"]
    arguments += ["-f", capture_filter] if capture_filter else []
    arguments += ["-c", str(count)] if count is not None else []
    if len(interfaces) > 1:  # between the threads that capture and the one that writes; without it 1000 frames
        arguments += ["-C", str(buffer_bytes)]
    for name in interfaces:
        arguments += ["-i", name]
    _exist(interfaces)
    return ChildSource("dumpcap", interfaces, [Passed(Child("dumpcap", arguments, interfaces), len(interfaces))], count, recorder)


def open_tcpdump(
    interfaces: Sequence[str], capture_filter: str, snap_length: int, count: int | None, buffer_bytes: int, promiscuous: bool,
    recorder: Recorder | None,
) -> LiveSource:  # fmt: skip
    """One tcpdump for each interface; their frames come as these are written."""
    share = max(buffer_bytes // KIB // len(interfaces), 1)
    arguments = ["-U", "-n", "-w", "-", "--time-stamp-precision=nano", "-s", str(snap_length), "-B", str(share)]
    arguments += [] if promiscuous else ["-p"]
    arguments += ["-c", str(count)] if count is not None else []
    _exist(interfaces)
    makers: list[Records] = []
    with ExitStack() as undoing:
        for name in interfaces:
            child = Child("tcpdump", [*arguments, "-i", name, "--", *([capture_filter] if capture_filter else [])], interfaces)
            undoing.callback(child.close)
            makers.append(Records(child, len(makers), name, capture_filter, snap_length))
        undoing.pop_all()
    return ChildSource("tcpdump", interfaces, makers, count, recorder)


def _exist(interfaces: Sequence[str]) -> None:
    from analyzer.capture.live.interfaces import check

    check(interfaces)
