"""Graphs as one HTML file that needs nothing else: plotly.js is in it, and no script but it and ours may run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Final

from .drawn_with_plotly import figure
from .graph import Graph
from .harmless import plain
from .inlined import library, policy
from .palette import DARK, LIGHT

DRAW: Final = """
for (const [name, drawn] of Object.entries(JSON.parse(document.getElementById("figures").textContent))) {
  Plotly.newPlot(name, drawn.data, drawn.layout, {responsive: true, displaylogo: false, typesetMath: false});
}
"""
STYLE: Final = """
body {{ margin: 2rem auto; max-width: 80rem; padding: 0 1rem; background: {page}; color: {text}; }}
body {{ font: 15px/1.5 system-ui, sans-serif; }}
p, summary {{ color: {quiet}; }}
table {{ border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .15rem .8rem .15rem 0; border-bottom: 1px solid {grid}; text-align: left; vertical-align: top; }}
"""


def page(graphs: Sequence[Graph], dark: bool = False) -> str:
    """One below the other, each with its notes and its table."""
    theme = DARK if dark else LIGHT
    plotly = library()
    figures = json.dumps({graph.name: figure(graph, dark) for graph in graphs}, separators=(",", ":"), allow_nan=False)
    style = STYLE.format(page=theme.page, text=theme.text, quiet=theme.quiet, grid=theme.grid)
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy(plotly, DRAW)}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{_escaped(graphs[0].title)}</title><style>{style}</style></head><body>",
            *map(_section, graphs),
            f'<script type="application/json" id="figures">{figures.replace("<", chr(92) + "u003c")}</script>',
            f"<script>{plotly}</script><script>{DRAW}</script></body></html>\n",
        )
    )


def _section(graph: Graph) -> str:
    headers, rows = graph.table()
    notes = "".join(f"<p>{_escaped(note)}</p>" for note in graph.notes)
    head = "".join(f'<th scope="col">{_escaped(header)}</th>' for header in headers)
    body = "".join(f"<tr>{''.join(f'<td>{_escaped(cell)}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<details><summary>As a table</summary><table><tr>{head}</tr>{body}</table></details>" if rows else ""
    label = _escaped(graph.title)
    return f'<section><div id="{escape(graph.name)}" role="img" aria-label="{label}"></div>{notes}{table}</section>'


def _escaped(text: str) -> str:
    return escape(plain(text, max(len(text), 1)))
