"""Every word of the palette can be seen on its page, by everybody."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from analyzer.report.graphs import waterfall
from analyzer.report.graphs.palette import DARK, LIGHT, LOOKS, OUTLINE, Look

GRAPHICS = 3.0  #: WCAG 2.1, 1.4.11
TEXT = 4.5  #: 1.4.3
FOLDER = Path(__file__).resolve().parents[3] / "analyzer" / "report" / "graphs"


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("word", LOOKS)
def test_contrast_to_the_page(word: str) -> None:
    look = LOOKS[word]
    if look.outlined:
        assert (look.light, look.dark) == (LIGHT.page, DARK.page), "it lies on bars, and its outline shows it elsewhere"
        assert contrast(OUTLINE, LIGHT.page) >= GRAPHICS <= contrast(OUTLINE, DARK.page)
    else:
        assert contrast(look.light, LIGHT.page) >= GRAPHICS
        assert contrast(look.dark, DARK.page) >= GRAPHICS


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_of_text(theme: object) -> None:
    assert contrast(theme.text, theme.page) >= TEXT <= contrast(theme.quiet, theme.page)  # type: ignore[attr-defined]


def form(look: Look) -> tuple[object, ...]:
    return look.symbol, look.dash, look.pattern


#: points that stand in one picture
TOGETHER = (
    ("timeout", "fast", "probe", "resent", "needless", "overtaken", "zero_window", "fin", "reset"),
    ("client", "server", "round_trip", "delayed_ack"),
    ("connect_time", "tls_time", "first_byte"),
)


@pytest.mark.parametrize("words", TOGETHER)
def test_points_of_one_picture_differ_in_form(words: tuple[str, ...]) -> None:
    for one, other in itertools.combinations(words, 2):
        assert LOOKS[one].symbol != LOOKS[other].symbol, (one, other)


def test_lines_of_one_picture_differ_in_form() -> None:
    for words in (("client", "server", "repeated"), ("in_flight", "window"), ("acked", "window")):
        assert len({(LOOKS[word].dash, LOOKS[word].width) for word in words}) == len(words)


def test_neighbouring_phases_differ_without_colour() -> None:
    """In the order in which they follow one another: by pattern, or by how bright they are."""
    styles = list(waterfall.STYLES.values())
    for one, other in itertools.pairwise(styles):
        first, second = LOOKS[one], LOOKS[other]
        assert first.pattern != second.pattern or contrast(first.light, second.light) > 1.15, (one, other)


def test_every_word_is_used_and_known() -> None:
    text = "".join(path.read_text() for path in FOLDER.glob("*.py") if path.name != "palette.py")
    for word in LOOKS:
        assert re.search(rf'"{word}"', text), f"nothing is drawn as {word}"
