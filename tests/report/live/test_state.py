"""What keys do."""

from __future__ import annotations

from analyzer.report.live.conversations import SORTS
from analyzer.report.live.screen import screen
from analyzer.report.live.state import LONGEST_FILTER, PANES, State
from analyzer.report.wording.live import PANES as NAMES
from tests.report.live.made import snapshot


def pressed(*keys: str, state: State | None = None) -> State:
    state = state or State()
    for key in keys:
        state.press(key, snapshot())
    return state


def order(state: State) -> list[tuple[str, int]]:
    return [(one.protocol, one.stream) for one in state.conversations(snapshot())]


def test_selection_stays_with_the_conversation() -> None:
    state = pressed("down", "j")
    assert state.selected == order(state)[2]
    before = state.selected
    pressed("S", state=state)
    assert state.selected == before and order(state)[-3] == before
    assert pressed("k", state=state).selected == order(state)[-4]
    assert pressed("G").selected == order(State())[-1] and pressed("end", "home").selected == order(State())[0]
    assert pressed("up").selected == order(State())[0]


def test_opening_and_closing() -> None:
    state = pressed("down", "enter")
    assert state.opened == state.selected == order(state)[1]
    assert pressed("escape", state=state).opened is None
    assert pressed("enter", "backspace").opened is None
    assert pressed("/", "n", "o", "n", "e", "enter", "enter").opened is None


def test_sorting() -> None:
    for number, sort in enumerate(SORTS):
        for keys in ((str(number + 1),), ("s",) * number):
            state = pressed(*keys)
            values = [sort.key(one) for one in state.conversations(snapshot())]
            assert values == sorted(values, reverse=sort.falling)  # type: ignore[type-var]
    assert pressed("s", "S", "s").reverse is False
    assert pressed(*("s",) * len(SORTS)).sort == 0 and pressed("9").sort == 0


def test_filter() -> None:
    typing = pressed("/", *"SHOPX", "backspace")
    assert typing.typing and typing.needle == "SHOP"
    assert {one.name for one in typing.conversations(snapshot())} == {"shop.example", "www.shop.example", "api.shop.example"}
    accepted = pressed("enter", state=typing)
    assert not accepted.typing and accepted.needle == "SHOP"
    assert pressed("escape", state=accepted).needle == ""
    assert pressed("/", *"abc", "escape").needle == "" and not pressed("/", "escape").typing
    assert pressed("/", "q").over is False
    assert len(pressed("/", *"x" * 100).needle) == LONGEST_FILTER
    for needle, protocols in ((":443", {"tcp"}), ("dns", {"udp"}), ("10.99.0.3", {"tcp"}), ("udp", {"udp"})):
        found = State(needle=needle).conversations(snapshot())
        assert found and {one.protocol for one in found} == protocols, needle


def test_panes() -> None:
    state = State()
    seen = [state.pane, *(pressed("tab", state=state).pane for _ in PANES[1:])]
    assert tuple(seen) == PANES == tuple(NAMES)
    assert state.rows_pane == "stalls"
    assert pressed("tab", state=state).pane == PANES[0] and pressed("back_tab").pane == PANES[-1]


def test_scrolling_ends_where_the_text_does() -> None:
    state = State(pane="findings")
    screen(snapshot(), state, 80, 24)
    assert state.most_scroll > 5
    pressed(*("page_down",) * 50, state=state)
    assert state.scroll == state.most_scroll
    assert pressed(*("page_up",) * 50, state=state).scroll == 0
    assert pressed("z", "down", state=state).scroll == 1 and pressed("z", state=state).scroll == 0


def test_pause_help_and_end() -> None:
    assert pressed("p").paused and pressed(" ").paused and not pressed("p", " ").paused
    assert pressed("?").help and not pressed("?", "j").help
    assert pressed("q").over and pressed("?", "q").over and not pressed("x", "unknown").over
