"""The report as one page that opens anywhere and loads nothing.

Whatever packets said is text: Jinja escapes it for HTML, control characters and direction marks are written out before that,
JSON in the page has no `<`, and graphs come with plotly's own markup escaped (graphs/harmless.py). Should anything slip through
all the same, the page's Content Security Policy lets no script run whose hash it does not name, and asks no network for anything.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from analyzer.report.graphs.inlined import library, policy
from analyzer.report.machine import terminal_safe
from analyzer.report.text import count, duration
from analyzer.report.wording import document as words
from analyzer.report.wording.journeys import PHASES, WHO

from .bars import bad, said, status, what, where
from .contents import Contents

if TYPE_CHECKING:
    from analyzer.report.graphs.graph import Graph

    from .waterfall import Part

TEMPLATE: Final = "page.html.j2"
TITLE_ROOM: Final = 64  #: pixels that a picture needs less, since its title stands above it
#: what would end a script or begin a comment, as JSON may also write it
IN_SCRIPT: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def page(contents: Contents) -> str:
    """The HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(__package__, "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        visible=terminal_safe, time=_time, round_time=_round_time, percent=_percent, whole_percent=_whole_percent, what=what,
        where=where, status=status, bad=bad, said=said, waited=_waited, frames=_frames,
        figure=lambda graph: Markup(_embedded(_figure(graph))),
    )  # fmt: skip
    script, css = _resource("page.js"), _resource("page.css")
    pictures = bool(contents.pictures)
    plotly = library() if pictures else ""
    return environment.get_template(TEMPLATE).render(
        contents=contents,
        words=words,
        phases=PHASES,
        policy=policy(script, plotly),
        css=Markup(_colours() + css),
        script=Markup(script),
        plotly=Markup(plotly),
        themes=Markup(_embedded(_themes())) if pictures else "",
    )


def _resource(name: str) -> str:
    """A file of this package, with the ends of lines that HTML gives it."""
    return (files(__package__) / name).read_text("utf-8").replace("\r\n", "\n")


def _colours() -> str:
    """The colours of phases, which are those of the graphs, as variables of CSS."""
    from analyzer.report.graphs.palette import LOOKS
    from analyzer.report.graphs.waterfall import STYLES

    colours = {**STYLES, "loss_repair": "loss"}
    values = (f"--{name}:light-dark({LOOKS[word].light},{LOOKS[word].dark})" for name, word in colours.items())
    return f":root{{{';'.join(values)}}}\n"


def _themes() -> dict[str, Any]:
    from analyzer.report.graphs.drawn_with_plotly import theme

    return {"light": theme(False), "dark": theme(True)}


def _figure(graph: Graph) -> dict[str, Any]:
    """The figure without its title."""
    from analyzer.report.graphs.drawn_with_plotly import figure

    drawn = figure(graph)
    layout = drawn["layout"]
    layout.pop("title", None)
    layout["margin"]["t"] -= TITLE_ROOM
    layout["height"] -= TITLE_ROOM
    return drawn


def _embedded(value: Any) -> str:
    """JSON that ends no script element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(IN_SCRIPT)


def _time(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else duration(nanoseconds) if nanoseconds else "0"


def _round_time(nanoseconds: int) -> str:
    """A tick: 20 ms, 1.5 s, 0."""
    for unit, factor in (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)):
        if nanoseconds >= factor:
            return f"{nanoseconds / factor:,.10g} {unit}"
    return f"{nanoseconds} ns" if nanoseconds else "0"


def _percent(value: float) -> str:
    return f"{value:.4g}%"


def _whole_percent(value: float) -> str:
    return "<1 %" if 0 < value < 1 else f"{value:.0f} %"


def _waited(part: Part) -> str:
    """The network 20 ms, the server 3 ms."""
    parts = [(WHO[who].name, ns) for who, ns in part.waited if ns]
    return parts[0][0] if len(parts) == 1 else ", ".join(f"{who} {duration(ns)}" for who, ns in parts)


def _frames(part: Part) -> str:
    first, last = ("" if frame is None else count(frame) for frame in (part.first_frame, part.last_frame))
    return first if last in ("", first) else f"{first} to {last}".lstrip()
