"""The page of a report as a browser shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

LOSS = "recorded/http_loss.pcap"
HOSTILE = "journey/hostile_names.pcap"
CAPTURES = (LOSS, "recorded/websocket_behind_hole.pcap", "recorded/tls_retry.pcap", "journey/lookup_and_reuse.pcap", HOSTILE)
SOON = 150  #: tenths of a second until all is drawn, on a slow machine
Visit = Callable[..., Any]
#: elements that the template and plotly make; a page with another one has made it of what packets said
ELEMENTS = """
    html head meta title style script body a div header p h1 button nav ol li main section h2 h3 h4 dl dt dd i ul span b code
    details summary figure figcaption small table caption thead tbody tr th td footer strong
    svg g rect path text tspan defs clippath lineargradient stop pattern line circle
"""


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize(("width", "scheme"), ((1440, "light"), (390, "dark")))
def test_nothing_goes_wrong_and_nothing_is_loaded(visit: Visit, name: str, width: int, scheme: str) -> None:
    one = visit(name, width, scheme)
    one.draw()
    assert one.page.locator(".graph .main-svg").count() > 0
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert one.complaints == []


def test_the_network_is_forbidden(visit: Visit) -> None:
    """Even for a script of the page itself: the policy says so."""
    one = visit(LOSS)
    failed = one.page.evaluate("fetch('https://example.com/').then(() => false, () => true)")
    assert failed
    assert any("Content Security Policy" in text for text in one.complaints)


def test_no_other_script_runs(visit: Visit) -> None:
    one = visit(LOSS)
    one.page.evaluate(
        "() => document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.owned = 1' }))"
    )
    assert one.page.evaluate("window.owned") is None
    one.page.evaluate("() => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.owned = 2\">'); }")
    one.page.wait_for_timeout(100)
    assert one.page.evaluate("window.owned") is None


def test_what_packets_say_is_text(visit: Visit) -> None:
    one = visit(HOSTILE)
    one.draw()
    for bar in one.page.locator(".waterfall summary").all()[:40]:
        bar.click()
    assert one.page.evaluate("window.owned") is None
    found = set(one.page.evaluate("[...new Set([...document.querySelectorAll('*')].map((one) => one.tagName.toLowerCase()))]"))
    assert found <= set(ELEMENTS.split()), found
    links = one.page.evaluate("[...document.querySelectorAll('a')].map((one) => one.getAttribute('href') ?? '')")
    assert all(re.fullmatch(r"(#[a-z-]+)?", link) for link in links), links
    text = one.page.evaluate("document.body.innerText")
    assert "<script>" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert one.complaints == []


def test_details_where_one_points(visit: Visit) -> None:
    one = visit(LOSS)
    tip = one.page.locator("#tip")
    assert tip.is_hidden()
    bar = one.page.locator(".bar i.receive").first
    bar.scroll_into_view_if_needed()
    one.page.wait_for_timeout(200)  # a page that scrolls hides what it shows of a bar
    bar.hover()
    assert tip.is_visible() and "Receiving" in tip.inner_text()
    assert "Receiving" in one.page.locator("#tip tr.here").inner_text()
    one.page.keyboard.press("Escape")
    assert tip.is_hidden()
    assert one.complaints == []


def test_keyboard(visit: Visit) -> None:
    one = visit(LOSS)
    page = one.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.waterfall summary')"):
            break
    else:
        pytest.fail("no bar can be reached")
    assert page.locator("#tip").is_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.locator(".waterfall details[open] .journey").first.is_visible()
    assert "Connect" in page.locator(".waterfall details[open] .journey").first.inner_text()
    page.locator("#theme").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert one.complaints == []


def test_a_theme_changes_page_and_graphs(visit: Visit) -> None:
    one = visit(LOSS)
    one.draw()
    colours = "[getComputedStyle(document.body).backgroundColor, document.querySelector('.graph').layout.font.color]"
    before = one.page.evaluate(colours)
    one.page.locator("#theme").click()
    after = one.page.evaluate(colours)
    assert before[0] != after[0] and before[1] != after[1]
    assert one.page.locator("#theme").inner_text() == "Light"
    assert one.complaints == []


def test_zoom(visit: Visit) -> None:
    """Drag to zoom in, double-click to see all of it again."""
    one = visit(LOSS)
    one.draw()
    graph = one.page.locator(".graph[id^=sequence-]").first
    graph.scroll_into_view_if_needed()
    reach = "document.querySelector('.graph[id^=sequence-]').layout.xaxis.range.slice()"
    whole = one.page.evaluate(reach)
    box = graph.locator(".nsewdrag").first.bounding_box()
    y = box["y"] + box["height"] / 2
    one.page.mouse.move(box["x"] + box["width"] * 0.3, y)
    one.page.mouse.down()
    one.page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=5)
    one.page.mouse.up()
    one.page.wait_for_timeout(200)
    zoomed = one.page.evaluate(reach)
    assert zoomed[1] - zoomed[0] < 0.5 * (whole[1] - whole[0])
    one.page.wait_for_timeout(500)  # else the next click belongs to the drag
    one.page.mouse.dblclick(box["x"] + box["width"] / 2, y)
    one.page.wait_for_timeout(500)
    assert one.page.evaluate(reach) == pytest.approx(whole)
    assert one.complaints == []


def test_bars_side_by_side(visit: Visit) -> None:
    one = visit("journey/lookup_and_reuse.pcap")
    lefts = "[...document.querySelectorAll('.bar')].map((bar) => Math.round(bar.getBoundingClientRect().left))"
    one.page.get_by_role("button", name="On the clock").click()
    assert len(set(one.page.evaluate(lefts))) > 1
    one.page.get_by_role("button", name="Side by side").click()
    assert len(set(one.page.evaluate(lefts))) == 1
    assert one.page.get_by_role("button", name="Side by side").get_attribute("aria-pressed") == "true"


def test_a_filter_is_copied(visit: Visit) -> None:
    one = visit(LOSS)
    button = one.page.locator("[data-copy]").first
    button.click()
    for _ in range(SOON):  # wait_for_function would need what the page's policy forbids
        if (button.text_content() or "").startswith("Copied"):
            break
        one.page.wait_for_timeout(100)
    assert (button.text_content() or "").startswith("Copied")
    assert one.complaints == []


def test_contrast(visit: Visit) -> None:
    """WCAG 2.1 AA: 4.5:1 for every text of our own, in both themes."""
    for scheme in ("light", "dark"):
        one = visit(LOSS, 1440, scheme)
        worst = one.page.evaluate(CONTRAST)
        assert worst[0] >= 4.5, (scheme, worst)


CONTRAST = """() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
  const painter = canvas.getContext('2d', { willReadFrequently: true });
  const channels = (colour) => {
    painter.clearRect(0, 0, 1, 1);
    painter.fillStyle = colour;
    painter.fillRect(0, 0, 1, 1);
    return painter.getImageData(0, 0, 1, 1).data;
  };
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (channels(colour)[3] === 255) return colour;
    }
    return 'white';
  };
  let worst = [100, ''];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !one.checkVisibility() || one.closest('svg, script')) continue;
    const [a, b] = [luminance(getComputedStyle(one).color), luminance(behind(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, `${one.className} ${one.textContent.slice(0, 40)}`];
  }
  return worst;
}"""


def test_on_paper(visit: Visit) -> None:
    """A dark page prints light, with the graphs that nobody scrolled to."""
    one = visit(LOSS, 1440, "dark")
    drawn = one.page.pdf(format="A4")
    assert drawn.startswith(b"%PDF-") and len(drawn) > 20_000
    assert one.page.locator(".graph .main-svg").count() > 0
    assert one.complaints == []


@pytest.mark.parametrize("width", (1440, 390))
def test_everything_is_drawn_without_scrolling(visit: Visit, width: int) -> None:
    """A picture of the whole page shows every graph that is not folded away, and every bar."""
    one = visit("recorded/slow_page.pcap", width)
    drawn = "[...document.querySelectorAll('.graph')].every((one) => !one.checkVisibility() || one.querySelector('.main-svg'))"
    for _ in range(SOON):  # wait_for_function would need what the page's policy forbids
        if one.page.evaluate(drawn):
            break
        one.page.wait_for_timeout(100)
    assert one.page.evaluate(drawn)
    assert one.page.locator(".graph .main-svg").count() > 3
    assert one.page.evaluate("getComputedStyle(document.querySelector('.waterfall li')).contentVisibility") == "visible"
    assert one.complaints == []
