"""What the style words look like: a colour for light and one for dark pages, and a symbol, dash or pattern besides.

Every colour has a contrast of at least 3:1 to its page (WCAG 2.1, 1.4.11), and so has the page's colour to it. Nothing is told by
colour alone: things that stand in one picture also differ in symbol, dash or pattern, or in their place, for those who see few
or no colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a page."""

    page: str
    text: str
    quiet: str  #: axes, ticks, titles of legends
    grid: str


@dataclass(frozen=True, slots=True)
class Look:
    """Of one style word."""

    light: str
    dark: str
    symbol: str = "circle"  #: of POINTS, as plotly names it
    size: float = 6.0  #: of the symbol in pixels
    dash: str = "solid"  #: of lines: solid, dash, dot
    width: float = 1.5  #: of lines in pixels
    pattern: str = ""  #: of bars, "" or one of / \ x - |
    opacity: float = 1.0
    outlined: bool = False  #: of symbols: with OUTLINE around them

    def colour(self, dark: bool) -> str:
        return self.dark if dark else self.light


LIGHT: Final = Theme(page="#ffffff", text="#1b1f24", quiet="#57606a", grid="#e3e6ea")
DARK: Final = Theme(page="#15181e", text="#e6e9ee", quiet="#9aa4b1", grid="#2b313a")

OUTLINE: Final = "#808080"  #: has 3:1 to both pages
GREY: Final = ("#6b7280", "#9ca3af")
BLUE: Final = ("#0072b2", "#56b4e9")
ORANGE: Final = ("#c65d00", "#ff9f43")
GREEN: Final = ("#2e8b57", "#4cc38a")
PURPLE: Final = ("#8e44ad", "#c792ea")
TEAL: Final = ("#00798c", "#2ec4d6")
RED: Final = ("#c1121f", "#ff6b6b")
PINK: Final = ("#b5179e", "#f783d8")
OCHRE: Final = ("#a67c00", "#e6c229")
BROWN: Final = ("#8a4b00", "#d9a066")
BLACK: Final = ("#1b1f24", "#e6e9ee")

LOOKS: Final[dict[str, Look]] = {
    # the two ends
    "client": Look(*BLUE, width=1.5),
    "server": Look(*ORANGE, symbol="square", width=3),
    # a direction of a connection
    "sent": Look(*BLUE, width=2),
    "acked": Look(*GREEN, width=1.5),
    "window": Look(*OCHRE, dash="dot", width=1.5),
    "sack": Look(*PURPLE, width=1.5),
    "timeout": Look(*RED, symbol="x", size=10),
    "fast": Look(*ORANGE, symbol="triangle-up", size=10),
    "probe": Look(*PINK, symbol="diamond", size=9),
    "resent": Look(*BROWN, symbol="square", size=8),
    "needless": Look(*BLACK, symbol="circle-open", size=13),
    "overtaken": Look(*TEAL, symbol="cross", size=9),
    "hole": Look(*BLACK, width=2.5),
    "stall": Look(*RED, opacity=0.12),
    "zero_window": Look(*OCHRE, symbol="triangle-down", size=10, width=3.5),
    "reset": Look(*RED, symbol="star", size=12),
    "fin": Look(*GREY, symbol="square-open", size=9),
    # measurements
    "round_trip": Look(*PURPLE, symbol="diamond", size=5),
    "delayed_ack": Look(*GREY, symbol="circle-open", size=6),
    "repeated": Look(*RED, dash="dot", width=2),
    "in_flight": Look(*BLUE, width=1.5),
    # phases of a request, in about the colours of a browser's network panel, as far from each other as they can be for those
    # who see few colours; the page of a report has the same
    "lookup": Look("#0f5467", "#8ef0ff"),
    "race": Look(*BROWN, pattern="\\"),
    "connect": Look("#d1650f", "#ff9f43"),
    "proxy": Look(*OCHRE, pattern="x"),
    "starttls": Look(*PINK, pattern="-"),
    "tls": Look("#5f259f", "#9d5cf0"),
    "client_time": Look(*GREY, pattern="/"),
    "request": Look(*BLACK),
    "wait": Look("#2e9e57", "#35b265"),
    "receive": Look("#2a7bd0", "#3f9be8"),
    "loss_mark": Look(LIGHT.page, DARK.page, symbol="x", size=10, outlined=True),  # lies on bars of any colour
    "connect_time": Look(*ORANGE, symbol="square", size=5, width=3),
    "tls_time": Look(*PURPLE, symbol="diamond", size=5, width=3),
    "first_byte": Look(*GREEN, symbol="circle", size=5, width=3),
    # why something stood still, and for whom
    "network": Look(*BLUE),
    "loss": Look(*RED, pattern="x"),
    "stall_bar": Look(*RED),
    "receiver": Look(*OCHRE, pattern="\\"),
    "server_time": Look(*GREEN),
    "moving": Look("#7d8794", "#8792a0"),
    "unknown": Look(*GREY, pattern="|"),
}
