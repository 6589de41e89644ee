"""Both renderers draw every graph, and text of packets does no harm in either."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from analyzer.report.graphs.drawn_with_matplotlib import save
from analyzer.report.graphs.drawn_with_plotly import figure, theme
from analyzer.report.graphs.graph import Axis, Graph, Kind, Mark, Series, Shape
from analyzer.report.graphs.harmless import harmless, lines, plain
from analyzer.report.graphs.page import page
from analyzer.report.graphs.palette import DARK, LIGHT, LOOKS
from tests.report.graphs.courses import gathered

PNG = b"\x89PNG\r\n\x1a\n"
EVIL = '<script>alert(1)</script>\x1b[31m$\\frac{1}{0}$<a href="javascript:x">&lt;\nline\u202e'
CAPTURES = ("recorded/http_loss.pcap", "recorded/zero_window.pcap", "ledger/timeout.pcap", "tcp/aborted.pcap")


def small(text: str = "name") -> Graph:
    """One series of every shape."""
    x, up = np.array([1.0, 2.0]), np.array([2.0, 3.0])
    series = (
        Series(text, "stall", Shape.BANDS, x, x_to=up, texts=(text, text)),
        Series(text + "1", "sent", Shape.SEGMENTS, x, x, up, up, texts=(text, text)),
        Series(text + "2", "acked", Shape.STEPS, x, up),
        Series(text + "3", "window", Shape.LINE, x, np.array([np.nan, 1.0])),
        Series(text + "4", "fast", Shape.POINTS, x, up, texts=(text, text), left_out=7),
        Series("", "needless", Shape.POINTS, x, up),
    )
    return Graph(
        "small", text, Axis(text, "ms", Kind.TIME), Axis(text, "B"), series, text, (Mark(1, text), Mark(1, text, 2)), (text,)
    )


def bars(text: str = "name") -> Graph:
    series = (Series(text, "connect", Shape.BARS, np.array([1.0]), np.array([0.0]), np.array([2.0]), texts=(text,)),)
    return Graph(
        "bars", text, Axis(text, "ms"), Axis("", kind=Kind.CATEGORY, labels=(text,)), series, headers=(text,), rows=((text,),)
    )


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def svg(*graphs: Graph, dark: bool = False) -> str:
    out = io.BytesIO()
    save(graphs, out, "svg", dark)
    return out.getvalue().decode()


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("dark", [False, True])
def test_every_graph_is_drawn(name: str, dark: bool) -> None:
    graphs = gathered(name)
    made = [graph for stream in graphs.streams for graph in graphs.graphs(stream)]
    assert made
    for graph in made:
        json.dumps(figure(graph, dark), allow_nan=False)
    out = io.BytesIO()
    save(made[:3], out, "png", dark)
    assert out.getvalue().startswith(PNG)
    root = ElementTree.fromstring(svg(*made, dark=dark))
    assert root.tag.endswith("svg")


def test_plotly_figure() -> None:
    drawn = figure(small())
    kinds = [trace["meta"] for trace in drawn["data"]]
    assert kinds == ["stall", "sent", "acked", "window", "fast", "needless"], "bands behind everything"
    band, segments, steps, line, points, unnamed = drawn["data"]
    assert band["x"] == [1, 1, 2, 2, 1, None, 2, 2, 3, 3, 2, None]
    assert segments["x"] == [1, 2, None, 2, 3, None] and segments["y"] == [1, 2, None, 2, 3, None]
    assert steps["line"]["shape"] == "hv" and line["y"] == [None, 1]
    assert points["name"] == "name4 (+7 not drawn)" and not unnamed["showlegend"]
    assert len(segments["text"]) == len(segments["x"]) and len(band["text"]) == len(band["x"])


def test_a_theme_is_all_that_differs() -> None:
    """What the page changes with its theme is everything that depends on it."""
    light, dark = figure(small()), figure(small(), dark=True)
    changed = theme(True)
    for trace in light["data"]:
        colour = changed["colours"][trace["meta"]]
        for part in ("line", "marker"):
            if part in trace:
                trace[part]["color"] = colour
        if "fillcolor" in trace:
            trace["fillcolor"] = colour
    for path, value in changed["layout"].items():
        *outer, last = path.split(".")
        inner = light["layout"]
        for key in outer:
            inner = inner[key]
        inner[last] = value
    assert light == dark
    assert figure(small()) != dark


def test_every_style_word_has_a_colour() -> None:
    assert theme(False)["colours"].keys() == LOOKS.keys()
    assert theme(False)["layout"]["font.color"] == LIGHT.text and theme(True)["layout"]["font.color"] == DARK.text


def test_harmless() -> None:
    assert harmless("<b>a</b> & &lt;") == "&lt;b&gt;a&lt;/b&gt; &amp; &amp;lt;"
    assert harmless("a\nb\x07") == "a\\x0ab\\x07"
    assert lines("a\n<b>") == "a<br>&lt;b&gt;"
    assert len(plain("x" * 10_000)) <= 160
    assert plain("a" + "\u0301" * 50) == "a\u0301\u0301"
    assert plain("e\u0301tude cafe\u0301") == "e\u0301tude cafe\u0301", "ordinary accents stay"


@pytest.mark.parametrize("graph", [small(EVIL), bars(EVIL)], ids=["small", "bars"])
def test_text_of_packets_is_no_markup_for_plotly(graph: Graph) -> None:
    for text in strings(figure(graph)):
        assert "<" not in text.replace("<br>", ""), text
        assert "\x1b" not in text and "\u202e" not in text


@pytest.mark.parametrize("graph", [small(EVIL), bars(EVIL)], ids=["small", "bars"])
def test_text_of_packets_is_no_markup_in_svg(graph: Graph) -> None:
    """Nor is it a formula: this one cannot even be parsed."""
    text = svg(graph)
    root = ElementTree.fromstring(text)
    assert {one.tag.rpartition("}")[2] for one in root.iter()}.isdisjoint({"script", "a"})
    assert "\x1b" not in text and "\u202e" not in text


def test_text_of_packets_is_no_markup_on_a_page() -> None:
    text = page([bars(EVIL)])
    assert "<script>alert" not in text and 'href="javascript' not in text
    assert "\x1b" not in text


def test_page_stands_alone() -> None:
    text = page([bars()])
    assert "default-src 'none'" in text and "<details>" in text
    assert "src=" not in text.split("<script", 1)[0] and "http-equiv" in text


def test_the_same_graph_is_the_same_file() -> None:
    assert svg(small()) == svg(small())


def test_settings_of_the_user_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: magenta\nfont.size: 40\nsavefig.dpi: 10\nfigure.figsize: 1, 1\n")
    code = "import io, sys; from tests.report.graphs.test_drawn import svg, small; sys.stdout.write(svg(small()))"
    found = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "MATPLOTLIBRC": str(where), "PYTHONPATH": "."}, check=True,
            capture_output=True, text=True, cwd=Path(__file__).resolve().parents[3],
        ).stdout
        for where in (tmp_path, tmp_path / "none")
    ]  # fmt: skip
    assert found[0] == found[1]


def test_no_settings_are_left_behind() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    svg(small())
    assert dict(mpl.rcParams) == before


def test_ticks_of_a_logarithmic_axis_stand_by_themselves() -> None:
    from analyzer.report.graphs.drawn_with_plotly import _axis

    drawn = _axis(Axis("time", "ms", logarithmic=True, least=20, most=2000))
    assert drawn["ticktext"] == ["20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s", "2 s"]
    assert drawn["tickvals"] == [20, 50, 100, 200, 500, 1000, 2000]
    assert _axis(Axis("size", "B", logarithmic=True, least=1, most=100_000))["ticktext"] == [
        "1 B", "10 B", "100 B", "1,000 B", "10,000 B", "100,000 B"
    ]  # fmt: skip
