"""The bytes of a conversation as people read them: as text or as a hex dump, with a line where the other side begins to speak.

Nothing is kept but the state of the line that is being written, so a stream of any length can be followed while it comes.
"""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final, TextIO

from analyzer.dissect.application.http1.secrets import Mask, masked
from analyzer.dissect.application.stream import Origin, Place
from analyzer.flow.follow import Copy, Part
from analyzer.flow.meaning import EPOCH, frame, integer, text, time
from analyzer.report.printable import Printable
from analyzer.report.show import hexdump
from analyzer.report.tables import Paint, Resolve, endpoint
from analyzer.report.wording import packet as wording

SIDES: Final = ("client", "server")
RULE: Final = "─"
NARROWEST: Final = 21  #: columns for an address and port
OFFSET: Final = 8  #: hex digits of an offset in a stream
#: a line that may be one of a text protocol (RFC 9110 section 5.5: visible characters, and obs-text)
_TEXTUAL: Final = re.compile(rb"[\t\r\x20-\x7e\x80-\xff]*(?:\n|\Z)")

KEYS: Final = {
    "kind": text("data; gap: bytes that the capture does not have; conflict: a later copy differs from here on, in these bytes"),
    "protocol": text("tcp or udp"),
    "stream": integer("number of the conversation, as in tcp.stream or udp.stream"),
    "direction": text("who sent it: client or server"),
    "offset": integer("of its first byte in the stream of that direction", "bytes"),
    "length": integer("how many", "bytes"),
    "frame": frame("the frame that brought it; of a conflict, the other copy; null: a gap"),
    "time_ns": time(f"when, {EPOCH}; null: a gap"),
}  # fmt: skip
#: format of the data -> its key and how it is written
ENCODINGS: Final[dict[str, Callable[[bytes], str]]] = {
    "text": lambda data: data.decode("utf-8", "replace"),
    "hex": bytes.hex,
    "base64": lambda data: base64.b64encode(data).decode("ascii"),
}


class Secrets:
    """Masks both directions of a conversation.

    Where bytes are missing before, a line of text may be the rest of a secret, so it is hidden: behind a gap, and at the
    beginning of a direction that is not `whole`.
    """

    def __init__(self, whole: Sequence[bool], shown: bool = False) -> None:
        self._masks = None if shown else (Mask(), Mask())
        self._certain = list(whole)

    def masked(self, part: Part | Copy) -> bytes | None:
        """The bytes of a part, as many as it has; None of a gap. A copy may begin anywhere, so that stands for itself."""
        if self._masks is None:
            return part.data
        if isinstance(part, Copy):
            return masked(part.data, whole=not is_text(part.data))
        if part.data is None:
            self._certain[part.direction] = False
            return None
        mask = self._masks[part.direction]
        if not self._certain[part.direction]:
            self._certain[part.direction] = True
            if is_text(part.data):
                mask.gap()
        return mask.feed(part.data)


def is_text(data: bytes) -> bool:
    """Whether bytes may begin with the rest of a header field."""
    return _TEXTUAL.match(data) is not None


def sides(origin: Origin) -> tuple[str, str]:
    """The names of the sides 0 and 1."""
    return SIDES if origin.client == 0 else (SIDES[1], SIDES[0])


def row(part: Part | Copy, data: bytes | None, origin: Origin, encoding: str) -> dict[str, Any]:
    """A part as a row for machines; `data` is what is shown of it."""
    write = ENCODINGS[encoding]
    place, size = part.place, len(part.data) if isinstance(part, Copy) else part.size
    return {
        "kind": "conflict" if isinstance(part, Copy) else "gap" if data is None else "data",
        "protocol": origin.transport,
        "stream": origin.stream,
        "direction": sides(origin)[part.direction],
        "offset": part.offset,
        "length": size,
        "frame": None if place is None else place.frame,
        "time_ns": None if place is None else place.time,
        encoding: None if data is None else write(data),
    }


class Transcript:
    """Writes the parts of a conversation. `hex`: as a dump, else as text; `fold`: lines of text are not longer than `width`."""

    def __init__(self, out: TextIO, width: int, paint: Paint, resolve: Resolve, hex: bool = False, fold: bool = False) -> None:
        self._out = out
        self._width = width
        self._paint = paint
        self._plain = paint("x", "client") == "x"
        self._resolve = resolve
        self._hex = hex
        self._text = Printable(width if fold else 0)
        self._begun = False
        self._direction = -1
        self._sides = SIDES
        self._latest = [0, 0]  #: latest frame of each direction
        self._gap: Part | None = None  #: waits for the frame behind it

    def write(self, part: Part | Copy, data: bytes | None, origin: Origin, first_ns: int) -> None:
        """Write a part; `data` is what is shown of it. The first time, say before who talks with whom."""
        if not self._begun:
            self._begin(origin)
        if isinstance(part, Copy):
            self._say(wording.conflict(self._sides[part.direction], part.offset, part.first.frame, part.place.frame), "problem")
        else:
            self._part(part, data, first_ns)

    def _begin(self, origin: Origin) -> None:
        self._begun = True
        self._sides = sides(origin)
        title = f"{origin.transport.upper()} stream {origin.stream}"
        room = max((self._width - len(title) - len("  client   server ")) // 2, NARROWEST)
        order = (origin.client, 1 - origin.client)
        ends = [endpoint(origin.addresses[i], origin.ports[i], self._resolve, room) for i in order]
        client, server = (self._paint(end, side) for end, side in zip(ends, SIDES, strict=True))
        self._out.write(f"{self._paint(title, 'title')}  client {client}  server {server}\n")

    def _part(self, part: Part, data: bytes | None, first_ns: int) -> None:
        if data is None or part.place is None:
            self._missing(None)
            self._gap = part
            return
        if self._gap is not None:
            self._missing(part.place if part.direction == self._gap.direction else None)
        if part.direction != self._direction:
            self._turn(part.direction, part.place, first_ns)
        self._latest[part.direction] = part.place.frame
        style = self._sides[part.direction]
        if self._hex:
            self._dump(part, data, style)
        else:
            self._paint_lines(self._text.feed(data), style)

    def close(self) -> None:
        """Write what waits."""
        self._missing(None)
        self._end_line()
        if not self._begun:
            self._say(wording.nothing_sent(), "quiet")

    def _missing(self, behind: Place | None) -> None:
        """Write the gap that waits, now that the frame behind it is known (or will not come)."""
        gap, self._gap = self._gap, None
        if gap is not None:
            frames = self._latest[gap.direction], behind.frame if behind else 0
            self._say(wording.gap(gap.size, self._sides[gap.direction], *frames), "warning")

    def _turn(self, direction: int, place: Place, first_ns: int) -> None:
        self._end_line()
        self._direction = direction
        side, other = self._sides[direction], self._sides[1 - direction]
        text = f"{RULE * 2} {side} to {other}, frame {place.frame:,}, {(place.time - first_ns) / 1e9:.6f} s "
        self._out.write("\n" + self._paint(text + RULE * max(self._width - len(text), 0), side) + "\n")

    def _say(self, sentence: str, style: str) -> None:
        self._end_line()
        self._out.write("".join(self._paint(line, style) + "\n" for line in textwrap.wrap(sentence, self._width)))

    def _end_line(self) -> None:
        if not self._hex:
            self._paint_lines(self._text.end(), self._sides[max(self._direction, 0)])

    def _dump(self, part: Part, data: bytes, style: str) -> None:
        fits = self._width >= hexdump.WIDTH + OFFSET - 4
        per_line = hexdump.PER_LINE if fits else hexdump.NARROW
        if self._plain:
            self._out.write(hexdump.written(data, part.offset, per_line, OFFSET))
            return
        for offset, octets, ascii in hexdump.lines(data, part.offset, per_line):
            self._out.write(f"{self._paint(f'{offset:0>{OFFSET}}', 'quiet')}  {self._paint(f'{octets}  {ascii}', style)}\n")

    def _paint_lines(self, text: str, style: str) -> None:
        """Colours end with each line, so that a pager shows them right."""
        if self._plain:
            self._out.write(text)
            return
        for line in text.splitlines(keepends=True):
            content = line.rstrip("\n")
            self._out.write(self._paint(content, style) + line[len(content) :])
