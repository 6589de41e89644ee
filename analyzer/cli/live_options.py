"""How the values of the options of `live` are read."""

from __future__ import annotations

import re
from typing import Any, Final

import click

from analyzer.cli.options import Bytes

UNITS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
FILES: Final = r"\d{1,6}"  #: how a number of them is written
MOST_FILES: Final = 100_000
LEAST_FILE: Final = 64 << 10  #: bytes: a smaller file holds no large frame


class Seconds(click.ParamType):  # type: ignore[type-arg]  # generic only in new versions of click
    """A time: 500ms, 30s, 5m, 1h, 2d; a number alone is seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip().lower()
        digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = text[len(digits) :].strip()
        if not digits.replace(".", "", 1).isdecimal() or not digits.isascii() or unit not in UNITS or not float(digits):
            self.fail(f"{value!r} is no time such as 500ms, 30s, 5m or 1h", param, ctx)
        return float(digits) * UNITS[unit]


class Ring(click.ParamType):  # type: ignore[type-arg]
    """How many files, and how large each: 10x100MB."""

    name = "ring"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        files, times, octets = str(value).strip().lower().partition("x")
        if not times or not re.fullmatch(FILES, files, re.ASCII) or not 0 < int(files) <= MOST_FILES:
            self.fail(f"{value!r} is no number of files and size of each such as 10x100MB", param, ctx)
        size = Bytes().convert(octets, param, ctx)
        if size < LEAST_FILE:
            self.fail(f"a file of the ring has at least {LEAST_FILE >> 10}K", param, ctx)
        return int(files), size


class Kinds(click.ParamType):  # type: ignore[type-arg]
    """Kinds of events, separated by commas; all."""

    name = "events"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[str]:
        from analyzer.live.event import EVENTS

        if isinstance(value, frozenset):
            return value
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        if words == ["all"]:
            return frozenset(EVENTS)
        unknown = [word for word in words if word not in EVENTS]
        if unknown or not words:
            self.fail(f"{', '.join(map(repr, unknown)) or repr(value)} is no kind of event: {', '.join(EVENTS)}", param, ctx)
        return frozenset(words)
