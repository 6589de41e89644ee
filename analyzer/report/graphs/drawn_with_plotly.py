"""A Graph as a figure of plotly.js: plain dicts for JSON, without the plotly package, which is slow to import.

    figure(graph)              -> {"data": [...], "layout": {...}}, for Plotly.newPlot
    figure(graph, dark=True)   -> the same for a dark page
    theme(dark)                -> {"colours": {style word: colour}, "layout": {...}}

To change the theme of a page that stands already, embed theme(False) and theme(True) once, and for every figure

    const colours = div.data.map(trace => theme.colours[trace.meta]);
    Plotly.update(div, {"line.color": colours, "marker.color": colours, fillcolor: colours}, theme.layout);

`meta` of each trace is its style word; nothing else in a figure has a colour of its own, but for an outline that suits both.
The background is transparent: the page shows through. The height, in pixels, is in layout.height; the width is the page's
(config: {responsive: true}). Text of packets may look like a formula, so typesetMath is to be false in the config.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from .graph import Axis, Float64, Graph, Kind, Mark, Series, Shape
from .harmless import harmless, lines
from .palette import DARK, LIGHT, LOOKS, OUTLINE, Look

Trace = dict[str, Any]

HEIGHT: Final = 420  #: pixels of a picture
PER_CATEGORY: Final = 22  #: pixels of a line of bars
AROUND: Final = 150  #: pixels above and below the lines of bars
LEAST_LINES: Final = 3  #: lines of bars that there is room for
DIGITS: Final = 9  #: significant ones of every number: a nanosecond in a second
CLEAR: Final = "rgba(0,0,0,0)"
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
LEGEND: Final = {"orientation": "h", "yanchor": "bottom", "y": 1.01, "xanchor": "left", "x": 0}
FEW_POWERS: Final = 4  #: powers of ten on an axis that has ticks between them, too
NEARLY: Final = 1e-9  #: a share of an end of an axis: what is so near lies on it
TIMES: Final = ("ns", "us", "ms", "s")
LONGEST_LABEL: Final = 44  #: characters of a category


def figure(graph: Graph, dark: bool = False) -> dict[str, Any]:
    """Data and layout of the graph."""
    low, high = _span(graph)
    drawn = [_trace(series, graph, low, high) for series in graph.series if len(series)]
    bands = [trace for trace in drawn if trace.get("fill") == "toself"]
    data = [*bands, *(trace for trace in drawn if trace.get("fill") != "toself")]
    colours = theme(dark)["colours"]
    for trace in data:
        _paint(trace, colours[trace["meta"]])
    return {"data": data, "layout": _layout(graph, dark, low, high)}


def theme(dark: bool) -> dict[str, Any]:
    """What of a figure depends on the page: the colour of each style word, and keys for Plotly.relayout."""
    page = DARK if dark else LIGHT
    layout: dict[str, Any] = {"font.color": page.text, "hoverlabel.bgcolor": page.page, "hoverlabel.font.color": page.text}
    layout |= {"modebar.color": page.quiet, "modebar.activecolor": page.text, "modebar.bgcolor": CLEAR}
    for axis in ("xaxis", "yaxis"):
        layout |= {
            f"{axis}.gridcolor": page.grid,
            f"{axis}.linecolor": page.quiet,
            f"{axis}.tickcolor": page.quiet,
            f"{axis}.tickfont.color": page.quiet,
            f"{axis}.zerolinecolor": page.grid,
        }
    return {"colours": {word: look.colour(dark) for word, look in LOOKS.items()}, "layout": layout}


def _span(graph: Graph) -> tuple[float, float]:
    """The least and the highest y of everything that has one."""
    columns = [column for series in graph.series for column in (series.y, series.y_to) if len(column)]
    values = np.concatenate(columns) if columns else np.zeros(1)
    values = values[np.isfinite(values)]
    if graph.y.logarithmic:
        values = values[values > 0]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    low = low if graph.y.least is None else min(low, graph.y.least)
    high = high if graph.y.most is None else max(high, graph.y.most)
    return low, high if high > low else low + 1


def _trace(series: Series, graph: Graph, low: float, high: float) -> Trace:
    trace = _DRAWN[series.shape](series, low, high)
    more = f" (+{series.left_out:,} not drawn)" if series.left_out else ""
    named = {"name": harmless(series.name + more), "showlegend": bool(series.name), "legendgroup": series.style}
    return {**named, "meta": series.style, **trace, **_hover(series, graph)}


def _points(series: Series, low: float, high: float) -> Trace:
    look = LOOKS[series.style]
    return {
        "type": "scatter", "mode": "markers", "x": _numbers(series.x), "y": _numbers(series.y), "cliponaxis": False,
        "marker": {"symbol": look.symbol, "size": look.size, "line": _edge(look)},
    }  # fmt: skip


def _edge(look: Look) -> Trace:
    if look.outlined:
        return {"width": 1.5, "color": OUTLINE}
    return {"width": 1.5 if look.symbol.endswith("-open") else 0}


def _line(series: Series, low: float, high: float) -> Trace:
    look = LOOKS[series.style]
    shape = "hv" if series.shape is Shape.STEPS else "linear"
    return {
        "type": "scatter", "mode": "lines", "x": _numbers(series.x), "y": _numbers(series.y),
        "line": {"shape": shape, "width": look.width, "dash": look.dash},
    }  # fmt: skip


def _segments(series: Series, low: float, high: float) -> Trace:
    """One broken line: a null between two strokes."""
    look = LOOKS[series.style]
    gap = np.full(len(series), np.nan)
    return {
        "type": "scatter", "mode": "lines", "x": _numbers(np.stack((series.x, series.x_to, gap), axis=1).ravel()),
        "y": _numbers(np.stack((series.y, series.y_to, gap), axis=1).ravel()),
        "line": {"width": look.width, "dash": look.dash},
    }  # fmt: skip


def _bars(series: Series, low: float, high: float) -> Trace:
    look = LOOKS[series.style]
    pattern = {"shape": look.pattern, "size": 5, "solidity": 0.25, "fillmode": "replace"} if look.pattern else {}
    return {
        "type": "bar", "orientation": "h", "base": _numbers(series.x), "x": _numbers(series.x_to - series.x),
        "y": _numbers(series.y), "width": 0.72, "textposition": "none",
        "marker": {"pattern": pattern, "line": {"width": 1, "color": OUTLINE}} if pattern else {},
    }  # fmt: skip


def _bands(series: Series, low: float, high: float) -> Trace:
    """One polygon: a rectangle of five corners for each band, and a null between two."""
    gap = np.full(len(series), np.nan)
    bottom, top = np.full(len(series), low), np.full(len(series), high)
    return {
        "type": "scatter", "mode": "lines", "fill": "toself", "opacity": LOOKS[series.style].opacity,
        "x": _numbers(np.stack((series.x, series.x, series.x_to, series.x_to, series.x, gap), axis=1).ravel()),
        "y": _numbers(np.stack((bottom, top, top, bottom, bottom, gap), axis=1).ravel()),
        "line": {"width": 1},
    }  # fmt: skip


_DRAWN: Final[dict[Shape, Callable[[Series, float, float], Trace]]] = {
    Shape.POINTS: _points, Shape.LINE: _line, Shape.STEPS: _line, Shape.SEGMENTS: _segments, Shape.BARS: _bars,
    Shape.BANDS: _bands,
}  # fmt: skip
_CORNERS: Final = {Shape.SEGMENTS: (2, 1), Shape.BANDS: (5, 1)}  #: points of each thing, and those of the gap behind it


def _hover(series: Series, graph: Graph) -> Trace:
    """What is said where one points."""
    if not series.texts:
        x, y = ("%{x:.6~g}" + f" {graph.x.unit}", "%{y:.4~s}" if graph.y.prefixed else "%{y:.6~g}")
        if series.shape is Shape.BANDS:
            return {"hoverinfo": "name", "hoveron": "fills"}
        return {"hovertemplate": f"{x}<br>{y}{' ' if not graph.y.prefixed else ''}{graph.y.unit}"}
    texts = [lines(text) for text in series.texts]
    points, gap = _CORNERS.get(series.shape, (1, 0))
    if points + gap > 1:
        texts = [part for text in texts for part in [*[text] * points, *[""] * gap]]
    return {"text": texts, "hovertemplate": "%{text}"}


def _paint(trace: Trace, colour: str) -> None:
    """The colours of a trace: those that the page changes with its theme."""
    if trace.get("fill"):
        trace["fillcolor"] = colour
    if "line" in trace:
        trace["line"]["color"] = colour
    if "marker" in trace:
        trace["marker"]["color"] = colour


def _layout(graph: Graph, dark: bool, low: float, high: float) -> dict[str, Any]:
    bars = graph.y.kind is Kind.CATEGORY
    subtitle = {"subtitle": {"text": harmless(graph.subtitle), "font": {"size": 12}}} if graph.subtitle else {}
    layout: dict[str, Any] = {
        "title": {"text": harmless(graph.title), "font": {"size": 16, "weight": 600}, "x": 0, "xref": "paper", "y": 0.98,
                  "yanchor": "top", "yref": "container", **subtitle},
        "font": {"family": FONT, "size": 12},
        "height": AROUND + PER_CATEGORY * max(len(graph.y.labels), LEAST_LINES) if bars else HEIGHT,
        "margin": {"l": 16, "r": 16, "t": 112, "b": 48},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "hovermode": "closest",
        "barmode": "overlay",
        "legend": LEGEND,
        "showlegend": True,
        "xaxis": _axis(graph.x),
        "yaxis": _axis(graph.y),
        "annotations": [_annotation(mark) for mark in graph.marks],
    }  # fmt: skip
    for path, value in theme(dark)["layout"].items():
        _put(layout, path.split("."), value)
    return layout


def _axis(axis: Axis) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "title": {"text": harmless(axis.title), "standoff": 8}, "automargin": True, "showline": True, "ticks": "outside",
        "zeroline": False,
    }  # fmt: skip
    if axis.kind is Kind.CATEGORY:
        labels = [harmless(label, LONGEST_LABEL) for label in axis.labels]
        places = list(range(len(labels)))
        return drawn | {
            "tickmode": "array", "tickvals": places, "ticktext": labels, "range": [max(len(labels), LEAST_LINES) - 0.5, -0.5],
            "showgrid": False, "title": {"text": ""}, "ticks": "",
        }  # fmt: skip
    if axis.logarithmic:
        ticks = _log_ticks(axis)
        drawn |= {"type": "log", "tickmode": "array", "tickvals": ticks, "ticktext": [_tick(tick, axis.unit) for tick in ticks]}
    if axis.prefixed:
        drawn |= {"tickformat": "~s", "ticksuffix": axis.unit}
    if axis.least is not None and axis.most is not None:
        drawn["range"] = [math.log10(axis.least), math.log10(axis.most)] if axis.logarithmic else [axis.least, axis.most]
    elif axis.least == 0 and not axis.logarithmic:
        drawn["rangemode"] = "tozero"
    return drawn


def _log_ticks(axis: Axis) -> list[float]:
    """1, 2 and 5 times the powers of ten of an axis, or these alone where there would be many."""
    least, most = axis.least or 1.0, axis.most or 10.0
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    steps = (1, 2, 5) if len(powers) <= FEW_POWERS else (1,)
    ticks = [float(f"{step}e{power}") for power in powers for step in steps]
    return [tick for tick in ticks if least * (1 - NEARLY) <= tick <= most * (1 + NEARLY)]


def _tick(value: float, unit: str) -> str:
    """500 ms, 1 s: in the unit in which it is short."""
    place = TIMES.index(unit) if unit in TIMES else len(TIMES)
    while value >= 1000 and place < len(TIMES) - 1:
        value, place = value / 1000, place + 1
    return f"{value:,.6g} {TIMES[place] if place < len(TIMES) else unit}".strip()


def _annotation(mark: Mark) -> dict[str, Any]:
    """Right of its point."""
    place = {"y": 1, "yref": "paper", "yanchor": "top"} if mark.y is None else {"y": mark.y, "yanchor": "middle"}
    return {"text": harmless(mark.text), "x": mark.x, "xanchor": "left", "showarrow": False, "font": {"size": 11}, **place}


def _put(layout: dict[str, Any], path: Iterable[str], value: Any) -> None:
    """A value at a.b.c."""
    *outer, last = path
    for key in outer:
        layout = layout.setdefault(key, {})
    layout[last] = value


def _numbers(values: Float64) -> list[float | None]:
    """As JSON has them: null for what is no number."""
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()]
