"""The command `live` without interfaces: options, what is written, how it ends; and the screen in a terminal of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click import BadParameter
from click.testing import CliRunner, Result

from analyzer.capture.damage import CaptureError
from analyzer.capture.live.source import FilterError, LiveError
from analyzer.cli import INTERRUPTED, UNWRITABLE, commands, live
from analyzer.cli.live_keys import Keys, named
from analyzer.cli.run import DAMAGED, NO_CAPTURE
from analyzer.live.event import EVENTS
from analyzer.report.live.lines import DEFAULT_KINDS
from analyzer.report.live.state import KEYS
from tests.cli.watched import FakeRecorder, FakeSource, FakeWatch

TOP = Path(__file__).parents[2]
PATIENCE = 60  #: seconds until a test is thought to hang
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """run(*arguments, watch=..., recorder=...): the command, with that instead of interfaces."""

    def ran(*arguments: str, watch: FakeWatch | Exception | None = None, stopped: str = "") -> Result:
        def opened(wish: live.Wish, output: str | None) -> Any:
            if isinstance(watch, Exception):
                raise watch
            return FakeSource(FakeRecorder(output, stopped) if output else None), watch or FakeWatch(ticks=2)

        monkeypatch.setattr(live, "opened", opened)
        result = CliRunner().invoke(commands, ["live", *arguments], env={"COLUMNS": "100"})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return ran


def test_lines_and_the_summary(run: Callable[..., Result]) -> None:
    result = run("-i", "eth0")
    assert result.exit_code == 0 and not result.stderr
    lines = result.stdout.splitlines()
    assert [line[14:24].strip() for line in lines[:6]] == ["capture", "handshake", "stall", "warning", "warning", "note"]
    assert "10.99.0.1:33098 > server.example:80" in lines[1] and "(changed)" in result.stdout
    assert "\n\nCaptured 86 packets (67.9 kB) on eth0 in 95.0 s.\n\n" in result.stdout
    assert "Findings, worst first" in result.stdout and "\x1b" not in result.stdout


def test_events_are_chosen(run: Callable[..., Result]) -> None:
    kinds = {line.split("  ")[1].strip() for line in run("-i", "lo", "--events", "journey,statistics").stdout.splitlines()[:3]}
    assert kinds == {"journey", "traffic"}
    assert "10.99.0.2:80" in run("-i", "lo", "-n").stdout
    assert run("-i", "lo", "--events", "all").exit_code == 0


def test_rows(run: Callable[..., Result]) -> None:
    result = run("-i", "eth0", "--format", "ndjson")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(tuple(row)[:3] == ("schema", "event", "revision") and row["schema"] == 1 for row in found)
    assert [row["event"] for row in found[:3]] == ["capture", "handshake", "stall"] and found[-1]["event"] == "summary"
    assert found[-2]["revision"] == 2 and found[-1]["findings"]
    assert {row["event"] for row in found} <= set(EVENTS) and result.exit_code == 0
    only = run("-i", "eth0", "--format", "ndjson", "--events", "finding").stdout.splitlines()
    assert {json.loads(line)["event"] for line in only} == {"finding"}


@pytest.mark.parametrize(("arguments", "words"), (
    ((), "`analyzer interfaces` lists"),
    (("-i", "lo", "--ring", "3x1M"), "--ring needs -w"),
    (("-i", "lo", "-w", "x", "--ring", "3"), "10x100MB"),
    (("-i", "lo", "-w", "x", "--ring", "0x1M"), "10x100MB"),
    (("-i", "lo", "-w", "x", "--ring", "3x1K"), "at least 64K"),
    (("-i", "lo", "-w", ""), "The name of a file is empty"),
    (("-i", "lo", "--duration", "soon"), "30s"),
    (("-i", "any", "-i", "lo"), "any has all interfaces already"),
    (("-i", "lo", "--duration", "0s"), "30s"),
    (("-i", "lo", "--events", "handshake,nothing"), "'nothing' is no kind of event: capture, interface"),
    (("-i", "lo", "--format", "screen"), "A screen needs a terminal"),
    (("-i", "lo", "-w", "/no/such/directory/x"), "There is no directory"),
    (("-i", "lo", "-w", "x.html", "--report", "x.html"), "two files"),
    (("-i", "lo", "-w", "-", "--report", "x.html"), "--report needs a file"),
    (("-i", "lo", "-w", "-", "--format", "ndjson"), "nothing else is written there"),
    (("-i", "lo", "--snaplen", "1"), "snaplen"),
), ids=" ".join)  # fmt: skip
def test_usage(run: Callable[..., Result], arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and words in " ".join(result.stderr.split())


def test_times_and_rings() -> None:
    seconds = {text: live.Seconds().convert(text, None, None) for text in ("500ms", "30s", "1.5", "5m", "2h", "1 d")}
    assert list(seconds.values()) == [0.5, 30.0, 1.5, 300.0, 7200.0, 86400.0]
    assert live.Ring().convert("10x100MB", None, None) == (10, 100 << 20)
    with pytest.raises(BadParameter, match="10x100MB"):
        live.Ring().convert("1" * 5000 + "x1M", None, None)  # more digits than int() takes


def test_nothing_to_capture_with(run: Callable[..., Result]) -> None:
    result = run("-i", "eth9", watch=LiveError("no permission\nsudo this"))
    assert result.exit_code == NO_CAPTURE and result.stderr == "analyzer: no permission\nanalyzer: sudo this\n"
    assert run("-i", "eth0", watch=FilterError("syntax error")).exit_code == 2
    assert run("-i", "eth0", watch=CaptureError("x: cannot be written: disk full")).exit_code == UNWRITABLE


def test_a_file_for_nothing_is_not_left(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands, ["live", "-i", "no such interface", "-w", str(tmp_path / "out.pcapng")])
    assert result.exit_code == NO_CAPTURE and list(tmp_path.iterdir()) == []


def test_capture_that_ends_early_is_summarized(run: Callable[..., Result]) -> None:
    result = run("-i", "eth0", watch=FakeWatch("interface removed", 2))
    assert result.exit_code == DAMAGED and "Findings, worst first" in result.stdout
    assert result.stderr == "analyzer: the capture ended early: interface removed\n"
    assert run("-i", "eth0", "-c", "86", watch=FakeWatch("count", 2)).exit_code == 0


def test_duration(run: Callable[..., Result]) -> None:
    assert run("-i", "eth0", "--duration", "50ms", watch=FakeWatch()).exit_code == 0


def test_full_disk(run: Callable[..., Result], tmp_path: Path) -> None:
    path = str(tmp_path / "out.pcapng")
    result = run("-i", "eth0", "-w", path, stopped=f"{path}: nothing more is written: No space left on device")
    assert result.exit_code == UNWRITABLE and "No space left" in result.stderr and "Findings" in result.stdout


@pytest.mark.parametrize("kept", (True, False))
def test_report(run: Callable[..., Result], tmp_path: Path, kept: bool) -> None:
    path = tmp_path / "report.md"
    result = run("-i", "eth0", "--report", str(path), *(("-w", str(tmp_path / "out.pcapng")) if kept else ()))
    assert result.exit_code == 0 and "shop.example" in path.read_text()
    assert f"the report is {path}" in result.stderr
    private = re.search(r"the packets are kept in (\S+)", result.stderr)
    assert (private is None) == kept
    assert private is None or not Path(private[1]).exists()
    assert (tmp_path / "out.pcapng").exists() == kept


def test_every_kind_is_documented(run: Callable[..., Result]) -> None:
    words = " ".join(run("--help").stdout.split())
    assert f"Kinds of --events: {', '.join(EVENTS)}." in words
    assert all(kind in words.partition("Lines are written of ")[2].partition(";")[0] for kind in DEFAULT_KINDS)


def test_keys_of_terminals() -> None:
    sent = "jk\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[Z\t\r\x7f\x1b[1;5C\x1b[200~é\x01/"
    expected = ["j", "k", "up", "down", "page_up", "page_down", "back_tab", "tab", "enter", "backspace", "é", "/"]
    assert list(named(sent)) == expected
    assert list(named("\x1b")) == ["escape"] and list(named("\x1b\x1b[A")) == ["escape", "up"]
    assert {key for key in KEYS if len(key) > 1} <= {*named("\x1b[A\x1b[B\x1b[5~\x1b[6~\x1b[H\x1b[F\r\t\x1b[Z\x7f\x1b")}


def test_keys_that_come_in_pieces() -> None:
    end, terminal = os.pipe()
    keys = Keys(end)
    found = []
    for piece in (b"a\x1b", b"[5", b"~\x1b", b"", b"\x1bO", b"A\xc3", b"\xa4"):
        os.write(terminal, piece)
        found.append(keys.pressed())
    assert found == [["a"], [], ["page_up"], ["escape"], [], ["up"], ["ä"]]
    os.close(end)
    os.close(terminal)


class Session:
    """The command in a terminal of its own."""

    def __init__(self, master: int, slave: int, process: subprocess.Popen[bytes]) -> None:
        self.process, self._master, self._slave = process, master, slave
        self.seen = ""

    def until(self, *texts: str) -> str:
        """Everything that was written since the last time, once all of these are in it."""
        fresh, ends = "", time.monotonic() + PATIENCE
        while not all(text in COLOURS.sub("", fresh) for text in texts):
            left = ends - time.monotonic()
            assert left > 0 and select.select([self._master], [], [], left)[0], f"no {texts} in {fresh[-20_000:]!r}"
            fresh += os.read(self._master, 1 << 16).decode(errors="replace")
        self.seen += fresh
        return fresh

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    def end(self) -> int:
        self.until(LEAVE)
        return self.process.wait(PATIENCE)


@contextmanager
def in_terminal(*arguments: str, **variables: str) -> Iterator[Session]:
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 100))
    command = [sys.executable, "-m", "tests.cli.watched", "live", "-i", "eth0", *arguments]
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(TOP), "PYTHONIOENCODING": "utf-8"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environment.pop(name, None)
    environment |= variables
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=TOP, env=environment, process_group=0)
    try:
        yield Session(master, slave, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_screen_and_its_keys() -> None:
    with in_terminal() as session:
        before = session.modes()
        session.until(ENTER, "Conversations", "server", "Handshakes")
        assert session.modes() != before
        session.press("j\r")
        session.until("Conversation ", "Wireshark", "round trip")
        session.press("\x1b")
        session.until("Conversations")
        session.press("p")
        session.until("paused")
        session.press("\r")
        session.until("Wireshark", "paused")
        session.press("\x1bp/443")
        session.until("filter: ", "443")
        session.press("\r?")
        session.until("Keys", "hide them")
        termios.tcsetwinsize(session._slave, (50, 200))
        session.until("─" * 180)
        session.press("q")
        assert session.end() == 0
        assert session.modes() == before
        assert "Captured 86 packets" in session.seen.rpartition(LEAVE)[2] or session.until("Captured 86 packets")


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
def test_signals_end_it_and_the_terminal_is_as_before(number: signal.Signals) -> None:
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip(f"{number.name} is ignored here, as under nohup, and so it stays")
    with in_terminal() as session:
        before = session.modes()
        session.until(ENTER, "Conversations")
        session.process.send_signal(number)
        assert session.end() == 0
        assert session.modes() == before and "\x1b[?25h" in session.seen


def test_stopped_and_gone_on() -> None:
    with in_terminal() as session:
        before = session.modes()
        session.until(ENTER, "Conversations")
        session.process.send_signal(signal.SIGTSTP)
        session.until(LEAVE)
        ends = time.monotonic() + PATIENCE
        while os.waitid(os.P_PID, session.process.pid, os.WSTOPPED | os.WNOWAIT | os.WNOHANG) is None:
            assert time.monotonic() < ends
            time.sleep(0.01)
        assert session.modes() == before
        session.process.send_signal(signal.SIGCONT)
        session.until(ENTER, "Conversations")
        assert session.modes() != before
        session.press("q")
        assert session.end() == 0


def test_colours_and_terminals_without_a_screen() -> None:
    for variables, colours in (({}, True), ({"NO_COLOR": "1"}, False)):
        with in_terminal("--format", "lines", **variables) as session:
            session.until("Wireshark marks")
            assert bool(COLOURS.search(session.seen)) == colours
    with in_terminal(TERM="dumb") as session:
        session.until("Wireshark marks")
        assert "\x1b" not in session.seen
    with in_terminal(NO_COLOR="1") as session:
        session.until(ENTER, "Conversations", "Tab")
        assert not re.search(r"\x1b\[[0-9;]*\b(3[0-7]|9[0-7])\b[0-9;]*m", session.seen)


def test_closed_pipe_and_second_interrupt() -> None:
    command = [sys.executable, "-m", "tests.cli.watched", "live", "-i", "eth0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=TOP) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0 and not process.stderr.read()
    stuck = "import tests.cli.watched as w; from analyzer.cli import live, main; w.FakeWatch.stop = lambda self: None\n"
    stuck += "live.opened = lambda wish, output: (w.FakeSource(), w.FakeWatch())\nmain()"
    with subprocess.Popen([sys.executable, "-c", stuck, "live", "-i", "x"], stdout=subprocess.PIPE, cwd=TOP) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ends = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < ends:  # two that come at the same moment are one
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        assert process.wait(0) == INTERRUPTED
