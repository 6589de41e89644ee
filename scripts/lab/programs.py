"""The programs at both ends, and when the receiving application really got each byte.

A program is a client and a server function over connected sockets. Every recv is logged: (CLOCK_REALTIME in ns, stream
offset up to which bytes have been handed over), so the log of a connection says when each byte reached the application.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .counters import Flag
from .space import ADDRESSES, enter
from .wire import priority

CHUNK = 65536
SEGMENT = 1448
PRIORITY = 20
SETTLE = 0.25  #: seconds of quiet after the warm-up: the congestion window is open, nothing is outstanding
WARM_UP = 6
CONNECT_TIMEOUT = 15.0


@dataclass
class Line:
    """One end of a connection, with its log."""

    side: str
    socket: socket.socket
    reads: list[tuple[int, int]] = field(default_factory=list)
    got: int = 0

    def send(self, count: int) -> None:
        """Send so many bytes."""
        self.socket.sendall(bytes(count))

    def write(self, data: bytes) -> None:
        """Send these bytes."""
        self.socket.sendall(data)

    def read(self) -> bytes:
        """What is there, as soon as there is something; empty at the end of the stream."""
        data = self.socket.recv(CHUNK)
        if data:
            self.got += len(data)
            self.reads.append((time.time_ns(), self.got))
        return data

    def receive(self, count: int) -> None:
        """Wait for so many bytes."""
        until = self.got + count
        while self.got < until and self.read():
            pass

    def drain(self) -> None:
        """Read to the end of the stream."""
        while self.read():
            pass

    def row(self) -> dict[str, Any]:
        """The log: whose application, the client's port, and every recv."""
        port = (self.socket.getsockname() if self.side == "client" else self.socket.getpeername())[1]
        return {"side": self.side, "port": port, "reads": self.reads}


Arguments = dict[str, Any]
Client = Callable[[Line, Arguments, Callable[[], None]], None]  #: the last: to be called when the part that matters begins
Server = Callable[[Line, Arguments], None]


def _upload(line: Line, arguments: Arguments, begin: Callable[[], None]) -> None:
    begin()
    line.send(arguments["size"])
    line.socket.shutdown(socket.SHUT_WR)
    line.drain()


def _take_upload(line: Line, arguments: Arguments) -> None:
    line.drain()


def _download(line: Line, arguments: Arguments, begin: Callable[[], None]) -> None:
    begin()
    line.send(120)
    line.drain()


def _give(line: Line, arguments: Arguments) -> None:
    line.receive(120)
    line.send(arguments["size"])


def _ask(line: Line, arguments: Arguments, begin: Callable[[], None]) -> None:
    begin()
    for question, answer in arguments["talk"]:
        line.send(question)
        line.receive(answer)
        time.sleep(arguments.get("pause", 0))


def _answer(line: Line, arguments: Arguments) -> None:
    for question, answer in arguments["talk"]:
        line.receive(question)
        time.sleep(arguments.get("think", 0))
        line.send(answer)
    line.drain()


def _warm(line: Line, rounds: int) -> None:
    for _ in range(rounds):
        line.send(100)
        line.receive(100)
    time.sleep(SETTLE)


def _echo(line: Line, rounds: int) -> None:
    for _ in range(rounds):
        line.receive(100)
        line.send(100)


def _burst(line: Line, arguments: Arguments, begin: Callable[[], None]) -> None:
    time.sleep(arguments.get("wait", 0))
    _warm(line, arguments.get("warm", WARM_UP))
    begin()
    line.send(arguments["segments"] * SEGMENT)
    time.sleep(arguments.get("after", 0))
    if tail := arguments.get("tail", 500):
        line.send(tail)
    time.sleep(0.2)
    line.socket.shutdown(socket.SHUT_WR)
    line.drain()


def _take_burst(line: Line, arguments: Arguments) -> None:
    _echo(line, arguments.get("warm", WARM_UP))
    line.drain()


def _slow_reader(line: Line, arguments: Arguments) -> None:
    time.sleep(arguments["sleep"])
    while line.read():
        time.sleep(arguments.get("between", 0))


def _idle(line: Line, arguments: Arguments, begin: Callable[[], None]) -> None:
    if arguments.get("keep_alive"):
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    _warm(line, 2)
    begin()
    time.sleep(arguments["sleep"])
    line.send(100)
    line.receive(100)


def _echo_idle(line: Line, arguments: Arguments) -> None:
    _echo(line, 3)
    line.drain()


def _small_writes(line: Line, arguments: Arguments, begin: Callable[[], None]) -> None:
    _warm(line, arguments.get("warm", WARM_UP))
    begin()
    for _ in range(arguments["rounds"]):
        for _ in range(arguments.get("writes", 1)):
            line.send(arguments["size"])
        line.receive(arguments.get("answer", 1))
        time.sleep(arguments.get("pause", 0))


def _answer_small(line: Line, arguments: Arguments) -> None:
    _echo(line, arguments.get("warm", WARM_UP))
    for _ in range(arguments["rounds"]):
        line.receive(arguments["size"] * arguments.get("writes", 1))
        line.send(arguments.get("answer", 1))
    line.drain()


def _fetch(line: Line, arguments: Arguments, begin: Callable[[], None]) -> None:
    from .https import fetch

    begin()
    fetch(line, len(arguments["sizes"]))


PROGRAMS: dict[str, tuple[Client, Server | None]] = {
    "upload": (_upload, _take_upload),
    "download": (_download, _give),
    "chatty": (_ask, _answer),
    "https": (_fetch, None),  # the server is nginx
    "burst": (_burst, _take_burst),
    "slow_reader": (_upload, _slow_reader),
    "idle": (_idle, _echo_idle),
    "small_writes": (_small_writes, _answer_small),
}


def _prepare(handle: socket.socket, arguments: Arguments) -> None:
    handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, not arguments.get("nagle", False))


def _store(line: Line, folder: Path) -> None:
    (folder / f"reads.{line.side}.json").write_text(json.dumps(line.row()))


def serve(namespace: str, ipv6: bool, port: int, program: str, arguments: Arguments, folder: Path, ready: Flag) -> None:
    """The server's process: one connection."""
    enter(namespace)
    server = PROGRAMS[program][1]
    with socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if size := arguments.get("receive_buffer"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        listener.bind((ADDRESSES["server"][ipv6], port))
        listener.listen(4)
        ready.value = 1
        handle, _ = listener.accept()
    with handle:
        priority(PRIORITY)
        _prepare(handle, arguments)
        line = Line("server", handle)
        if server is not None:
            with contextlib.suppress(OSError):
                server(line, arguments)
        _store(line, folder)


def ask(namespace: str, ipv6: bool, port: int, program: str, arguments: Arguments, folder: Path, armed: Flag) -> None:
    """The client's process: one connection."""
    enter(namespace)
    priority(PRIORITY)
    with socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET) as handle:
        handle.settimeout(CONNECT_TIMEOUT)
        if arguments.get("armed"):
            armed.value = 1
        handle.connect((ADDRESSES["server"][ipv6], port))
        handle.settimeout(None)
        _prepare(handle, arguments)
        line = Line("client", handle)

        def begin() -> None:
            armed.value = 1

        with contextlib.suppress(OSError):
            PROGRAMS[program][0](line, arguments, begin)
        _store(line, folder)
