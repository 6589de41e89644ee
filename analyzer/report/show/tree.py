"""A packet as a tree: one branch for each layer, with its fields, what is wrong with it, and its bytes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TextIO

from analyzer.report.machine import terminal_safe
from analyzer.report.tables import Paint
from analyzer.report.text import duration, moment
from analyzer.report.wording import packet as wording

from . import hexdump
from .layer import BY_US, FRAME, Layer, Note, Value

DOCUMENTED: Final = 110  #: columns from which on the meaning of a field stands beside it
NAME: Final = 26  #: columns of the name of a field, if it is not longer
VALUE: Final = 40  #: and of its value, where something follows
INDENT: Final = 2  #: columns for each level of a message
NARROWEST: Final = 20  #: columns that a value gets in any case
MAX_TEXT: Final = 4_096  #: characters of a value that are shown
BRANCH, LAST, TRUNK, NOTHING = "├─ ", "└─ ", "│  ", "   "
#: keys of a message's row that say where it stands, which the tree shows in other ways
PLACES: Final = frozenset(
    (
        "complete",
        "direction",
        "message",
        "frame",
        "first_frame",
        "last_frame",
        "time_ns",
        "first_time_ns",
        "stream",
        "file",
        "frame_in_file",
    )
)


class Tree:
    """Writes layers. `octets`: their bytes, too."""

    def __init__(self, out: TextIO, width: int, paint: Paint, octets: bool = True) -> None:
        self._out = out
        self._width = width
        self._paint = paint
        self._octets = octets

    def write(self, layers: Sequence[Layer]) -> None:
        """Write all layers of a packet."""
        for index, layer in enumerate(layers):
            last = index == len(layers) - 1
            head, trunk = ("", TRUNK) if layer.protocol == FRAME else (LAST, NOTHING) if last else (BRANCH, TRUNK)
            self._title(layer, head)
            for line in self._body(layer):
                self._out.write(f"{trunk}{line}".rstrip() + "\n")
            if not last:
                self._out.write(f"{TRUNK}".rstrip() + "\n")

    def _title(self, layer: Layer, head: str) -> None:
        by = "" if layer.by == BY_US else f" (read by {layer.by})"
        title = textwrap.shorten(terminal_safe(layer.title), self._width - len(head) - len(by), placeholder="...") + by
        info = terminal_safe(layer.info)
        room = self._width - len(head) - len(title) - 2
        info = textwrap.shorten(info, room, placeholder=" ...") if room > NARROWEST and len(info) > room else info
        style = "problem" if any(note.style == "problem" for note in layer.notes) else "title"
        self._out.write(f"{head}{self._paint(title, style)}{f'  {info}' if info else ''}\n")

    def _body(self, layer: Layer) -> Iterator[str]:
        """The lines below a title."""
        room = self._width - len(TRUNK)
        for note in layer.notes:
            yield from (self._paint(line, note.style) for line in textwrap.wrap(terminal_safe(note.sentence), room))
        if layer.row is not None:
            yield from self._nested(message(layer.row), 0)
        else:
            shown = [value for value in layer.values if value.text and not value.minor]
            longest = max([NAME, *(len(terminal_safe(value.name)) for value in shown)])
            name = min(longest, room // 2) if self._width > NAME + VALUE else 0
            for value in shown:
                yield from self._value(value, name)
        if layer.data and self._octets:
            yield from self._dump(layer)

    def _value(self, value: Value, column: int) -> Iterator[str]:
        """A field: its value in a column of its own, below a name that is too long for that."""
        doc = value.doc if self._width >= DOCUMENTED else ""
        name, text = terminal_safe(value.name), terminal_safe(value.text[:MAX_TEXT])
        label = self._paint(f"{name:{column}}", "note")
        room = max(self._width - len(TRUNK) - column - 2, NARROWEST)
        if doc and len(text) <= VALUE and len(name) <= column:
            quiet = textwrap.shorten(terminal_safe(doc), room - VALUE - 2, placeholder=" ...")
            yield f"{label}  {text:{VALUE}}  {self._paint(quiet, 'quiet')}"
            return
        first, *more = textwrap.wrap(text, room) or [""]
        if column and len(name) > column:
            yield label
            more.insert(0, first)
        else:
            yield f"{label}  {first}"
        yield from (f"{'':{column}}  {line}" for line in more)

    def _dump(self, layer: Layer) -> Iterator[str]:
        first, last = layer.offset, layer.offset + len(layer.data) - 1
        where = "of the reassembled datagram" if layer.reassembled else ""
        size = f"byte {first}" if first == last else f"bytes {first}-{last} ({len(layer.data):,})"
        yield self._paint(f"{size} {where}".rstrip(), "quiet")
        fits = self._width - len(TRUNK) >= hexdump.WIDTH
        for offset, octets, ascii in hexdump.lines(layer.data, first, hexdump.PER_LINE if fits else hexdump.NARROW):
            yield f"{self._paint(offset, 'quiet')}  {octets}  {self._paint(ascii, 'quiet')}"

    def _nested(self, items: Iterable[tuple[str, Any]], level: int) -> Iterator[str]:
        """Keys and values of a message, lists and objects below their key."""
        indent = " " * (INDENT * level)
        for key, value in items:
            label = self._paint(terminal_safe(key), "note")
            inner = _items(value)
            if inner is not None:
                yield f"{indent}{label}"
                yield from self._nested(inner, level + 1)
                continue
            column = max(NAME - len(indent), len(terminal_safe(key)))
            room = max(self._width - len(TRUNK) - len(indent) - column - 2, NARROWEST)
            first, *more = textwrap.wrap(terminal_safe(_plain(key, value))[:MAX_TEXT], room) or [""]
            yield f"{indent}{label}{' ' * (column - len(terminal_safe(key)))}  {first}"
            yield from (f"{indent}{'':{column}}  {line}" for line in more)


def messages(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Layer]:
    """Layers of messages: (protocol, row) each."""
    found = []
    for protocol, row in rows:
        layer = Layer(protocol, protocol.upper(), row=dict(row))
        what = str(row.get("message") or "message").replace("_", " ")
        first, last = row.get("first_frame"), row.get("last_frame")
        layer.info = f"{what} of the {row['direction']}" if row.get("direction") else what
        if first is not None and last is not None and first != last:
            layer.info += f", in frames {min(first, last)} to {max(first, last)}"
        if row.get("complete") is False:
            layer.notes.append(Note(wording.incomplete(), "warning"))
        found.append(layer)
    return found


def message(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the tree shows of a row: what holds, with its name beside it, and not where it stands."""
    for key, value in row.items():
        if key in PLACES or value is None or value is False or value == [] or value == {}:
            continue
        name = row.get(f"{key}_name")
        if key.endswith("_name") and key.removesuffix("_name") in row:
            continue
        yield key, f"{value} ({name})" if name and isinstance(value, int | str) else value


def _items(value: Any) -> list[tuple[str, Any]] | None:
    """What stands below a key; None where the value fits beside it."""
    if isinstance(value, Mapping):
        return list(message(value))
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in value):
        if all(_is_pair(item) for item in value):
            return [(str(name), text) for name, text in value]
        return [(f"[{index}]", item) for index, item in enumerate(value)]
    return None


def _is_pair(item: Any) -> bool:
    """A name and a text, as header fields are."""
    return isinstance(item, list | tuple) and len(item) == 2 and all(isinstance(part, str) for part in item)


def _plain(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, int) and key.endswith("_ns"):
        return duration(value) if value < _YEAR_NS else f"{moment(value, 9)} UTC"
    return str(value)


_YEAR_NS: Final = 365 * 86_400 * 1_000_000_000  #: longer than any duration: it is a time since 1970
