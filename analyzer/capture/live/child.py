"""A program that captures for us: its output as it comes, what it says, and its end.

It runs in a session of its own, so that Ctrl-C reaches only us. A small shell, its warden, started before privileges are dropped,
sends it the signals that we ask for, even where it runs as another user by then; and ends it when we die, however that happens:
the pipe between us is then closed. (PR_SET_PDEATHSIG would be forgotten by a program with capabilities of its file, and would
act when the thread ends that started the program.)
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from analyzer.capture.live.permissions import permission_hint, program
from analyzer.capture.live.source import FilterError, LiveError
from analyzer.capture.source import enlarge

SHELL: Final = "/bin/sh"
#: obeys lines: the name of a signal, or "end"; what it signals is its argument
WARDEN: Final = 'while read -r name; do [ "$name" = end ] && exit; kill -s "$name" "$1"; done; kill -s TERM "$1"'
MOST_SAID: Final = 64 << 10  #: bytes that are kept of what it says, the latest ones
SAID_AT_ONCE: Final = 1 << 16
POLL_S: Final = 0.01  #: between two looks whether it has ended
PATIENCE_S: Final = 3.0  #: until the next, harder signal
REFUSED: Final = ("permission", "not permitted", "Insufficient privileges")  #: words of both programs and of libpcap
FILTER: Final = ("filter", "syntax error")
UNKNOWN: Final = ("No such device", "no device named", "doesn't exist", "no interface")
CHATTER: Final = ("Capturing on ", "File: ", "Running as user", "tcpdump: listening on ", "tcpdump: data link type ")


class Taken(NamedTuple):
    """Whole blocks made of the output of a program."""

    size: int = 0  #: bytes in the buffer
    frames: int = 0
    section: bytes = b""  #: the blocks are no frames, but descriptions, and these are all until now
    large: memoryview = memoryview(b"")  #: instead of those in the buffer: blocks for which it has no room


class Child:
    """The program, running. `output` does not wait."""

    def __init__(self, backend: str, arguments: Sequence[str], interfaces: Sequence[str]) -> None:
        path = program(backend)
        self.backend, self._interfaces = backend, interfaces
        if path is None:
            raise LiveError(self._with_hint(f"{backend} is not installed"))
        environment = {**os.environ, "LC_ALL": "C"}
        try:
            self._process = subprocess.Popen(
                [path, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                env=environment, start_new_session=True,
            )  # fmt: skip
        except PermissionError:
            raise LiveError(self._with_hint(f"this user may not run {path}")) from None
        except OSError as error:
            raise LiveError(f"{path} does not run: {error.strerror or error}") from None
        try:
            self._warden = subprocess.Popen(
                [SHELL, "-c", WARDEN, "warden", str(self._process.pid)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, bufsize=0, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._process.kill()
            self._process.communicate()
            raise LiveError(f"{SHELL} does not run, which {backend} needs: {error.strerror or error}") from None
        assert self._process.stdout is not None and self._process.stderr is not None
        self.output = self._process.stdout.fileno()
        os.set_blocking(self.output, False)
        os.set_blocking(self._process.stderr.fileno(), False)
        enlarge(self.output)
        self.ended = False  #: its output
        self._said = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def read_into(self, view: memoryview) -> int:
        """Read what there is, as far as there is room; how many bytes."""
        filled = 0
        while filled < len(view):
            try:
                size = os.readv(self.output, [view[filled:]])
            except BlockingIOError:
                break
            if size == 0:
                self.ended = True
                break
            filled += size
        return filled

    def said(self) -> str:
        """What it has said until now."""
        stream = self._process.stderr
        assert stream is not None
        with contextlib.suppress(OSError):
            while not stream.closed and (more := os.read(stream.fileno(), SAID_AT_ONCE)):
                self._said = (self._said + more)[-MOST_SAID:]
        return self._said.decode(errors="replace")

    def signal(self, name: str) -> None:
        """Send it INT, USR1 ..."""
        assert self._warden.stdin is not None
        if self._process.poll() is not None:
            return
        try:
            self._warden.stdin.write(f"{name}\n".encode())
        except OSError:  # somebody has ended the warden
            with contextlib.suppress(OSError):
                self._process.send_signal(signal.Signals[f"SIG{name}"])

    def interrupt(self) -> None:
        """Let it end as Ctrl-C would; also where somebody has stopped it."""
        self.signal("INT")
        self.signal("CONT")

    def complaint(self) -> str:
        """What it said that matters, as one line; empty: nothing."""
        lines = [line.strip() for line in self.said().splitlines()]
        kept = [line for line in lines if line and not line.startswith(CHATTER)]
        counts = next(
            (i for i, line in enumerate(kept) if line.lstrip("0123456789").startswith((" packet", "Packets "))), len(kept)
        )
        return " ".join(kept[:counts]).removeprefix(f"{self.backend}: ")

    def error(self) -> LiveError:
        """Why it never began to capture."""
        complaint = self.complaint() or f"{self.backend} ended without a word"
        first = complaint.partition(" Please ")[0].partition(" See the User")[0]
        if any(word in complaint for word in FILTER):
            return FilterError(first)
        if any(word in complaint for word in REFUSED):
            return LiveError(self._with_hint(first))
        return LiveError(first)

    def close(self) -> int:
        """End it, by harder and harder signals, and its warden; its exit status. Its output is thrown away."""
        self.signal("CONT")
        for name in ("INT", "TERM", "KILL"):
            self.signal(name)
            if self._ended_within(PATIENCE_S):
                break
        self.said()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        if self._warden.stdin is not None and not self._warden.stdin.closed:
            with contextlib.suppress(OSError):
                self._warden.stdin.write(b"end\n")
            self._warden.stdin.close()
        self._warden.wait()
        return self._process.wait()

    def _ended_within(self, seconds: float) -> bool:
        """Whether it has ended by then; its output is thrown away, or it might wait for us."""
        limit = time.monotonic() + seconds
        while self._process.poll() is None:
            if time.monotonic() > limit:
                return False
            self.said()
            if not self.discard():
                time.sleep(POLL_S)
        return True

    def discard(self) -> bool:
        """Read some output and forget it; whether there was any."""
        with contextlib.suppress(OSError, ValueError):
            return bool(os.read(self.output, SAID_AT_ONCE))
        return False

    def _with_hint(self, sentence: str) -> str:
        hint = permission_hint(self.backend, self._interfaces)
        return f"{sentence}\n{hint}" if hint else sentence
