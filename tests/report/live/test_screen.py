"""The screen at several sizes, word for word. ANALYZER_UPDATE_GOLDEN=1 writes what it is now."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from analyzer.live.snapshot import Counters, Snapshot
from analyzer.report.live.conversations import pane
from analyzer.report.live.head import sparkline
from analyzer.report.live.line import Line, clipped, drawn, flowing, width_of
from analyzer.report.live.screen import LEAST_HEIGHT, LEAST_WIDTH, Look, screen
from analyzer.report.live.state import PANES, State
from analyzer.report.wording.live import KEYS, NO_KEYS
from tests.report.live.made import opened, snapshot

GOLDEN = Path(__file__).parents[2] / "golden"
BUSY = Counters(
    packets=9_000_000, bytes=8_000_000_000, dropped_kernel=1_200, dropped_interface=34, backlog=0.62, tcp=70_000, udp=12,
    evicted=5, judged_early=1, not_detailed=1_000, resident_bytes=268_000_000, written_bytes=77, written_packets=1,
)  # fmt: skip
EMPTY = Snapshot("lo", "af_packet", 10**18, 0, Counters(), 0.0, 0.0, 0.0)


def text(lines: list[Line]) -> str:
    return "".join("".join(part for part, _ in line).rstrip() + "\n" for line in lines)


def with_opened(state: State) -> Snapshot:
    row = opened()
    state.opened = (row["protocol"], row["stream"])
    return replace(snapshot(), opened=row)


@pytest.mark.parametrize("size", ((60, 15), (80, 24), (100, 60), (200, 50)), ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("what", ("overview", "opened", "busy"))
def test_golden(what: str, size: tuple[int, int]) -> None:
    state = State(selected=("tcp", 3))
    shown = snapshot()
    if what == "opened":
        shown = with_opened(state)
    elif what == "busy":
        shown = replace(shown, counters=BUSY, dropped_per_s=600.0, ended="interface removed")
        state = State(paused=True, needle="shop", pane="findings", sort=3)
    found = text(screen(shown, state, *size))
    golden = GOLDEN / f"live_{what}_{size[0]}x{size[1]}.txt"
    if os.environ.get("ANALYZER_UPDATE_GOLDEN") == "1":
        golden.write_text(found)
    assert found == golden.read_text()


@pytest.mark.parametrize("state", (
    {}, {"zoomed": True, "pane": "journeys"}, {"help": True}, {"typing": True, "needle": "x" * 60}, {"opened": ("tcp", 99)},
    {"pane": "notices", "scroll": 99}, {"needle": "nobody"},
), ids=str)  # fmt: skip
def test_every_size_is_filled_and_not_more(state: dict[str, object]) -> None:
    for width in (1, 10, LEAST_WIDTH, 40, 59, 80, 99, 131, 150, 250):
        for height in (1, 3, LEAST_HEIGHT, 9, 15, 24, 43, 70):
            for shown in (snapshot(), EMPTY):
                lines = screen(shown, State(**state), width, height)  # type: ignore[arg-type]
                assert len(lines) == height
                assert all(width_of(line) <= width for line in lines), (width, height)


def test_conversation_that_is_opened_fits_and_scrolls() -> None:
    for width in (40, 80, 120, 200):
        state = State()
        shown = with_opened(state)
        first = screen(shown, state, width, 20)
        assert all(width_of(line) <= width for line in first)
        state.press("end", shown)
        assert state.scroll == state.most_scroll > 0
        last = screen(shown, state, width, 20)
        assert "connect 10.6 ms" in text(last) and "connect 10.6 ms, wait" not in text(first)


def test_control_characters_never_reach_the_terminal() -> None:
    bad = "evil\x1b[2J\x07\u202e\x9b31m"
    one = replace(snapshot().conversations[0], name=bad, application=bad, client=bad, server=bad, state=bad)
    findings = [{**row, "text": bad} for row in snapshot().findings]
    journeys = [{**row, "host": bad, "target": bad} for row in snapshot().journeys]
    handshakes = [{**row, "sni": bad, "alpn": bad} for row in snapshot().handshakes]
    row = {**opened(), "sni": bad, "application": bad, "state": bad}
    shown = replace(
        snapshot(), title=bad, conversations=(one,), findings=tuple(findings), journeys=tuple(journeys), opened=row,
        handshakes=tuple(handshakes), notices=(bad,), ended=bad,
    )  # fmt: skip
    for state in [State(pane=name, rows_pane=name) for name in PANES] + [State(opened=("tcp", 0)), State(needle=bad)]:
        for size in ((80, 24), (200, 60)):
            lines = screen(shown, state, *size, resolve=lambda _: bad)
            assert all(part.isprintable() for line in lines for part, _ in line)


def test_wide_characters_take_two_columns() -> None:
    assert width_of(clipped([("日本語", "")], 5)) == 4
    one = replace(snapshot().conversations[0], name="日本語" * 30)
    lines = screen(replace(snapshot(), conversations=(one,) * 3), State(), 80, 24)
    assert all(width_of(line) <= 80 for line in lines)


@pytest.mark.parametrize("width", (80, 200))
def test_drawn_by_rich(width: int) -> None:
    lines = screen(snapshot(), State(), width, 24)
    for colours in (True, False):
        out = io.StringIO()
        console = Console(file=out, width=width, height=24, force_terminal=True, no_color=not colours, color_system="standard")
        console.print(drawn(lines, width))
        printed = out.getvalue()
        assert ("\x1b[36m" in printed) == colours
        assert len(printed.splitlines()) == 24
    plain = Console(file=(out := io.StringIO()), width=width, height=24, color_system=None)
    plain.print(drawn(lines, width))
    assert [line.rstrip() for line in out.getvalue().splitlines()] == text(lines).splitlines()


def test_only_ascii_where_the_terminal_has_nothing_else() -> None:
    found = screen(snapshot(), State(typing=True), 160, 50, look=Look(plain=True))
    assert text(found).isascii()


def test_nothing_yet() -> None:
    found = text(screen(EMPTY, State(), 80, 24))
    assert "No packet has come yet." in found and "No TCP connection has been opened yet." in found
    assert "dropped" not in found and "0 of 0" in found


def test_losses_are_seen_only_if_there_are_any() -> None:
    assert "dropped" not in text(screen(snapshot(), State(), 80, 24))
    lines = screen(replace(snapshot(), counters=BUSY, dropped_per_s=5.0), State(), 100, 24)
    said = "1,234 packets dropped: 1,200 by the kernel and 34 by the interface (5.00/s now)"
    assert [(said, "problem")] == [part for line in lines for part in line if "dropped" in part[0]]
    quiet = screen(replace(snapshot(), counters=BUSY), State(), 100, 24)
    assert [style for line in quiet for part, style in line if "dropped" in part] == ["warning"]


def test_stalled_now_is_alarming() -> None:
    stalled = [replace(one, stalled=i == 1) for i, one in enumerate(snapshot().conversations[:3])]
    lines = screen(replace(snapshot(), conversations=tuple(stalled)), State(sort=7), 80, 24)
    assert [style for line in lines for part, style in line if part.strip().endswith("now")] == ["problem"]


def test_help_names_every_key() -> None:
    found = text(screen(snapshot(), State(help=True), 80, 24))
    assert all(key in found for key, _, _ in KEYS)
    assert NO_KEYS in text(screen(snapshot(), State(), 80, 24, look=Look(keys=False)))


def test_bars() -> None:
    assert sparkline((0, 1, 50, 100), 10) == " ▁▄█"
    assert sparkline((1, 2, 3), 2) == "▅█"
    assert sparkline((0, 0), 5) == "  " and sparkline((), 5) == "" and sparkline((1,), 0) == ""
    assert sparkline((0, 1, 100), 10, plain=True) == " .#"


def test_parts_flow_into_lines() -> None:
    parts: list[Line] = [[("aaaa", "")], [("bbbb", "")], [("cccc", "")]]
    assert [width_of(line) for line in flowing(parts, 10, 2)] == [10, 4]
    assert [width_of(line) for line in flowing(parts, 10, 1)] == [10]


def test_wide_characters_leave_the_other_columns_where_they_are() -> None:
    one = snapshot().conversations[0]
    found = [replace(one, stream=100, name="shop.example"), replace(one, stream=101, name="漢字宽" * 5)]
    _, *lines = pane(found, None, 0, 140, 10)
    assert width_of(lines[0][:1]) == width_of(lines[1][:1])
    assert lines[0][-1][0] == lines[1][-1][0]
