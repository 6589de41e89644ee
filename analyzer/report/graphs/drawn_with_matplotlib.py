"""Graphs as a PNG or SVG file, with matplotlib's objects alone: no pyplot, no state, no settings of the user.

Text of packets is drawn as it is: `$` begins no formula (parse_math), and control characters are escaped.
"""

from __future__ import annotations

import logging
import textwrap
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from .graph import Axis, Graph, Kind, Series, Shape
from .harmless import plain
from .palette import DARK, LIGHT, LOOKS, OUTLINE, Look, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH: Final = 1200  #: pixels
HEIGHT: Final = 560  #: of one graph
PER_CATEGORY: Final = 24  #: pixels of a line of bars
AROUND: Final = 190  #: pixels above and below the lines of bars
LEAST_LINES: Final = 3  #: lines of bars that there is room for
DPI: Final = 100
SHARPNESS: Final = 2  #: pixels of a PNG for each of these
LABEL: Final = 44  #: characters of a category
NOTE: Final = 150  #: characters in a line of the notes, in a picture of WIDTH
LEFT: Final = 160  #: pixels left of the axes, about
ENTRY: Final = 46  #: pixels of an entry of the legend without its name
LETTER: Final = 6  #: and of a letter
LEGEND_LINE: Final = 14  #: points that a line of the legend is high
POINT: Final = 72 / DPI  #: of a pixel

#: nothing here may depend on a matplotlibrc; svg.hashsalt and no date make the same file of the same graph
SETTINGS: Final[dict[str, Any]] = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 9, "svg.fonttype": "path",
    "svg.hashsalt": "graph",
    "path.simplify": True, "hatch.linewidth": 0.8, "text.usetex": False, "text.parse_math": False, "axes.unicode_minus": True,
    "lines.solid_capstyle": "butt",
}  # fmt: skip
MARKERS: Final = {
    "circle": "o", "circle-open": "o", "square": "s", "square-open": "s", "x": "X", "triangle-up": "^", "triangle-down": "v",
    "diamond": "D", "cross": "P", "star": "*",
}  # fmt: skip
DASHES: Final = {"solid": "-", "dash": (0, (5, 2)), "dot": (0, (1.5, 1.5))}


def save(
    graphs: Sequence[Graph], out: BinaryIO, form: str, dark: bool = False, width: int = WIDTH, height: int | None = None
) -> None:
    """Write the graphs, one below the other, as "png" or "svg".

    width, height: of each, in pixels of a page; a PNG has SHARPNESS times as many.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it would tell of its font cache
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: Any = SETTINGS
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of characters that the font lacks: packets may name hosts in any script
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        theme = DARK if dark else LIGHT
        heights = [height or _height(graph) for graph in graphs]
        drawn = Figure((width / DPI, sum(heights) / DPI), dpi=DPI, facecolor=theme.page, layout="constrained")
        rows = drawn.subplots(len(graphs), 1, squeeze=False, height_ratios=heights)
        for graph, (axes,) in zip(graphs, rows, strict=True):
            _draw(graph, axes, theme, dark, width)
        if form == "svg":
            canvas: Any = FigureCanvasSVG(drawn)
            canvas.print_svg(out, metadata={"Date": None, "Title": plain(graphs[0].title)})
        else:
            FigureCanvasAgg(drawn)
            drawn.savefig(out, format="png", dpi=DPI * SHARPNESS, facecolor=theme.page)


def _height(graph: Graph) -> int:
    return AROUND + PER_CATEGORY * max(len(graph.y.labels), LEAST_LINES) if graph.y.kind is Kind.CATEGORY else HEIGHT


def _draw(graph: Graph, axes: Axes, theme: Theme, dark: bool, width: int) -> None:
    for series in sorted(graph.series, key=lambda one: one.shape is not Shape.BANDS):
        if len(series):
            _DRAWN[series.shape](series, axes, LOOKS[series.style], LOOKS[series.style].colour(dark))
    axes.set_facecolor(theme.page)
    above = LEGEND_LINE * _legend(graph, axes, theme, width) + 4
    pad = above + (12 if graph.subtitle else 2)
    axes.set_title(plain(graph.title), loc="left", color=theme.text, fontsize=12, fontweight="bold", pad=pad, parse_math=False)
    if graph.subtitle:
        axes.annotate(
            plain(graph.subtitle), (0, 1), (0, above), xycoords="axes fraction", textcoords="offset points", color=theme.quiet,
            fontsize=9, parse_math=False,
        )  # fmt: skip
    _axis(graph.x, axes.xaxis, theme)
    _axis(graph.y, axes.yaxis, theme)
    _limits(graph, axes)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.quiet)
    axes.set_axisbelow(True)
    axes.grid(True, axis="x" if graph.y.kind is Kind.CATEGORY else "both", color=theme.grid, linewidth=0.7)
    for mark in graph.marks:
        if mark.y is None:
            place: dict[str, Any] = {"xy": (mark.x, 1), "xycoords": ("data", "axes fraction"), "xytext": (2, -3), "va": "top"}
        else:
            place = {"xy": (mark.x, mark.y), "xytext": (4, 0), "va": "center"}
        axes.annotate(plain(mark.text), textcoords="offset points", color=theme.text, fontsize=8, parse_math=False, **place)
    if graph.notes:
        lines = [line for note in graph.notes for line in textwrap.wrap(plain(note, len(note)), NOTE * width // WIDTH)]
        axes.annotate(
            "\n".join(lines), (0, 0), (0, -40), xycoords="axes fraction", textcoords="offset points", va="top", color=theme.quiet,
            fontsize=8, parse_math=False,
        )  # fmt: skip


def _points(series: Series, axes: Axes, look: Look, colour: str) -> None:
    open_ = look.symbol.endswith("-open")
    axes.plot(
        series.x, series.y, linestyle="none", marker=MARKERS[look.symbol], markersize=look.size * POINT, label=_name(series),
        markerfacecolor="none" if open_ else colour, markeredgecolor=OUTLINE if look.outlined else colour,
        markeredgewidth=1.2 if open_ or look.outlined else 0, zorder=4,
        clip_on=False,
    )  # fmt: skip


def _line(series: Series, axes: Axes, look: Look, colour: str) -> None:
    axes.plot(
        series.x, series.y, color=colour, linewidth=look.width * POINT, linestyle=DASHES[look.dash], label=_name(series),
        zorder=2, drawstyle="steps-post" if series.shape is Shape.STEPS else "default",
    )  # fmt: skip


def _segments(series: Series, axes: Axes, look: Look, colour: str) -> None:
    from matplotlib.collections import LineCollection

    ends = np.stack((np.stack((series.x, series.y), axis=1), np.stack((series.x_to, series.y_to), axis=1)), axis=1)
    strokes = LineCollection(
        list(ends), colors=colour, linewidths=look.width * POINT, linestyles=[DASHES[look.dash]], label=_name(series), zorder=3
    )
    axes.add_collection(strokes)
    axes.update_datalim(ends.reshape(-1, 2))
    axes.autoscale_view()


def _bars(series: Series, axes: Axes, look: Look, colour: str) -> None:
    axes.barh(
        series.y, series.x_to - series.x, left=series.x, height=0.72, color="none" if look.pattern else colour, edgecolor=colour,
        hatch=look.pattern * 3 or None, linewidth=0.6, label=_name(series), zorder=3,
    )  # fmt: skip


def _bands(series: Series, axes: Axes, look: Look, colour: str) -> None:
    from matplotlib.collections import PolyCollection

    corners = [
        ((start, 0), (start, 1), (end, 1), (end, 0)) for start, end in zip(series.x.tolist(), series.x_to.tolist(), strict=True)
    ]
    bands = PolyCollection(
        corners,
        transform=axes.get_xaxis_transform(),
        facecolor=colour,
        alpha=look.opacity,
        edgecolor="none",
        label=_name(series),
        zorder=1,
    )
    axes.add_collection(bands, autolim=False)


_DRAWN: Final[dict[Shape, Callable[[Series, Axes, Look, str], None]]] = {
    Shape.POINTS: _points, Shape.LINE: _line, Shape.STEPS: _line, Shape.SEGMENTS: _segments, Shape.BARS: _bars,
    Shape.BANDS: _bands,
}  # fmt: skip


def _name(series: Series) -> str:
    """What begins with _ is not in the legend."""
    if not series.name:
        return "_"
    more = f" (+{series.left_out:,} not drawn)" if series.left_out else ""
    return plain(series.name + more).lstrip("_")


def _axis(axis: Axis, drawn: Any, theme: Theme) -> None:
    from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullLocator

    drawn.set_tick_params(colors=theme.quiet, which="both", labelsize=8, length=0 if axis.kind is Kind.CATEGORY else 3)
    if axis.kind is Kind.CATEGORY:
        drawn.set_ticks(range(len(axis.labels)), [plain(label, LABEL) for label in axis.labels], parse_math=False)
        return
    drawn.set_label_text(plain(axis.title), color=theme.quiet, parse_math=False)
    if axis.logarithmic:
        drawn.axes.set(**{f"{drawn.axis_name}scale": "log"})
        drawn.set_major_locator(LogLocator(subs=(1, 2, 5)))
        drawn.set_minor_locator(NullLocator())
    if axis.prefixed:
        drawn.set_major_formatter(EngFormatter(unit=axis.unit))
    else:
        drawn.set_major_formatter(FuncFormatter(lambda value, place: f"{value:,.10g}"))


def _limits(graph: Graph, axes: Axes) -> None:
    if graph.y.kind is Kind.CATEGORY:
        axes.set_ylim(max(len(graph.y.labels), LEAST_LINES) - 0.4, -0.6)
    elif graph.y.least is not None or graph.y.most is not None:
        low, high = axes.get_ylim()
        axes.set_ylim(low if graph.y.least is None else graph.y.least, high if graph.y.most is None else graph.y.most)
    axes.margins(x=0.01)
    if graph.x.least is not None or graph.x.most is not None:
        axes.set_xlim(graph.x.least, graph.x.most)


def _legend(graph: Graph, axes: Axes, theme: Theme, width: int) -> int:
    """Above the picture, so that it covers nothing. Gives how many lines it has."""
    found, names = axes.get_legend_handles_labels()
    known = dict(zip(names, found, strict=True))
    labels = [name for name in dict.fromkeys(map(_name, graph.series)) if name in known]
    if not labels:
        return 0
    handles = [known[name] for name in labels]
    room = (width - LEFT) // (ENTRY + LETTER * max(len(label) for label in labels))
    across = max(min(len(handles), room), 1)
    order = [place for column in range(across) for place in range(column, len(handles), across)]  # drawn column by column
    legend = axes.legend(
        [handles[place] for place in order], [labels[place] for place in order], loc="lower left", bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
        ncols=across, frameon=False,
        fontsize=8, labelcolor=theme.text, handlelength=1.6, columnspacing=1.4, borderpad=0.2,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    return -(-len(handles) // across)
