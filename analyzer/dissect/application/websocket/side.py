"""One direction of WebSocket: bytes to frames, frames to messages (RFC 6455 section 5), also behind missing bytes.

Missing bytes inside of a payload do no harm. Where they may hide the header of a frame, frames are looked for at the
beginnings of segments, and believed only when RESYNC_FRAMES of them follow each other without a fault and with what else real
ones have; a Close frame as the last bytes of the stream counts as well. Until then none is reported.
"""

from __future__ import annotations

from typing import Any, Final

from analyzer.dissect.application.stream import NEVER

from .assembly import Assembly
from .frame import FIN, MAX_CONTROL, OPCODE, Frame, Header, Opcode, read, unmasked
from .rules import errors, plausible, read_close

RESYNC_FRAMES: Final = 4  #: random bytes look like one frame once in some 60 tries, like four in a row once in 10^7
MAX_DOUBTFUL: Final = 16  #: frames with errors as below, after which a direction is no longer read
DOUBTFUL: Final = frozenset({"reserved_opcode", "reserved_bits", "length_not_minimal", "control_too_long"})
DATA: Final = frozenset({Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY})


class Side:
    """Reads the frames that one end sends."""

    def __init__(self, direction: int, start: int, client: int, reserved: int, assembly: Assembly) -> None:
        """`reserved`: RSV bits that no extension gave a meaning."""
        self.wanted = start
        self.lost = False  #: it is not known where a frame begins
        self.closed = False  #: a Close frame came
        self._direction = direction
        self._client = client
        self._reserved = reserved
        self._assembly = assembly
        self._held = b""  #: the beginning of a header, or of a control frame
        self._frame: Frame | None = None  #: the data frame of which the payload is being read
        self._key = b""
        self._left = 0  #: of its payload
        self._doubtful = 0
        self._unreported = False  #: it is lost, and no message said so yet
        self._trial: list[Frame] | None = None  #: what may be frames, while it is lost
        self._closed_before = False  #: `closed` when the trial began

    def feed(self, data: bytes) -> list[Frame]:
        """The bytes at `wanted`."""
        found: list[Frame] = []
        start = self.wanted
        if self._unreported:
            self._unreported = False
            found.append(self.told("lost"))
        if not self.lost:
            self._parse(data, start, found)
            return found
        if not self._goes_on(data, start):
            self._forget()
            self._closed_before, self._trial = self.closed, []
            if not self._goes_on(data, start):
                self._forget()
                self.wanted = start + len(data)
        if self._trial is not None and len(self._trial) >= RESYNC_FRAMES:
            found += self._found()
        return found

    def gap(self, size: int) -> list[Frame]:
        """The bytes at `wanted` are missing."""
        cut = self._cut()
        inside = self._frame is not None and size <= self._left
        if self._frame is not None:
            self._assembly.content.damage()
            self._left -= min(size, self._left)
            if not self._left:
                self._finish(self._frame)
        self.wanted += size
        if not inside:
            self.lose()
        return cut

    def close(self, ended: bool) -> list[Frame]:
        """The last byte came; `ended`: of the stream itself."""
        trial = self._trial
        if ended and trial and trial[-1].close_code is not None and not self._held and self._frame is None:
            return self._found()
        return self._cut()

    def lose(self) -> None:
        """From here on it is not known where frames begin."""
        self._forget()
        self._unreported = self._unreported or not self.lost
        self.lost = True
        self._assembly.lose()

    def told(self, kind: str) -> Frame:
        """What is to be said about this place, where no frame is."""
        return self._made(self.wanted, self.wanted, kind=kind, complete=False)

    def _goes_on(self, data: bytes, start: int) -> bool:
        """Whether these bytes may be frames, behind those that are tried already."""
        return self._trial is not None and self._parse(data, start, self._trial)

    def _forget(self) -> None:
        """Nothing is known of what comes, and what was tried were no frames."""
        if self._trial is not None:
            self.closed = self._closed_before
        self._trial = None
        self._held = b""
        self._frame = None
        self._left = 0
        self._assembly.forget()

    def _found(self) -> list[Frame]:
        """What was tried are frames."""
        frames, self._trial = self._trial or [], None
        self.lost = False
        for frame in frames[:1]:
            frame.resynchronised = True
        return frames

    def _parse(self, data: bytes, start: int, found: list[Frame]) -> bool:
        """Read the bytes at offset `start`; False: while it is lost, and these are no frames."""
        if self._held:
            start -= len(self._held)
            data, self._held = self._held + data, b""
        at, size = 0, len(data)
        while at < size:
            if self._frame is not None:
                at = self._payload(self._frame, data, at)
                continue
            header = read(data, at)
            whole = header is not None and size - at >= header.size + header.length
            if header is None or (header.control and header.length <= MAX_CONTROL and not whole):
                self._held = data[at:]
                break
            frame = self._begin(header, start + at)
            at += header.size
            if header.control and header.length <= MAX_CONTROL:
                self._control(frame, unmasked(data[at : at + header.length], header.key))
                at += header.length
            else:
                at = self._open(frame, header, data, at)
            found.append(frame)
            if self.lost and not plausible(frame, header):
                return False
            if "length_impossible" in frame.errors or "given_up" in frame.errors:
                self.wanted = NEVER
                self.lost = True
                return True
        self.wanted = min(start + max(at, size), NEVER)
        return True

    def _begin(self, header: Header, start: int) -> Frame:
        """A frame, as far as its header tells it."""
        wrong = errors(header, self._direction == self._client, self._reserved, self._assembly.opcode, self.closed)
        if not self.lost and not DOUBTFUL.isdisjoint(wrong):
            self._doubtful += 1
            if self._doubtful >= MAX_DOUBTFUL:
                wrong.append("given_up")
        frame = self._made(start, min(start + header.size + header.length, NEVER), errors=tuple(wrong))
        frame.opcode, frame.fin, frame.masked, frame.rsv = header.opcode, header.fin, header.masked, header.rsv
        frame.length = header.length
        if "length_impossible" in wrong:
            frame.end = start + header.size
            frame.complete = False
        elif not header.control:
            self._assembly.add(frame, header)
        return frame

    def _control(self, frame: Frame, payload: bytes) -> None:
        frame.payload = payload
        if frame.opcode == Opcode.CLOSE:
            self.closed = True
            frame.errors += tuple(read_close(frame, payload))

    def _open(self, frame: Frame, header: Header, data: bytes, at: int) -> int:
        """The payload of a frame begins there, which need not be read whole; where to go on."""
        self._frame, self._key, self._left = frame, header.key, header.length
        if not self._left:
            self._finish(frame)
            return at
        return self._payload(frame, data, at)

    def _payload(self, frame: Frame, data: bytes, at: int) -> int:
        """Read or skip the payload from there on; where to go on, maybe behind the data."""
        content = self._assembly.content
        if frame.opcode not in DATA or not content.wanted:
            taken = self._left
            content.skip(taken)
        else:
            taken = min(self._left, len(data) - at)
            offset = (frame.length or 0) - self._left
            content.add(unmasked(data[at : at + taken], self._key, offset))
        self._left -= taken
        if not self._left:
            self._finish(frame)
        return at + taken

    def _finish(self, frame: Frame) -> None:
        """The payload of a data frame is at its end."""
        self._frame = None
        if frame.fin:
            self._assembly.finish(frame)

    def _cut(self) -> list[Frame]:
        """The frame of which only the beginning came."""
        held, self._held = self._held, b""
        if not held or self.lost:
            return []
        frame = self._made(self.wanted - len(held), self.wanted, complete=False)
        frame.fin, frame.opcode = held[0] & FIN != 0, held[0] & OPCODE
        header = read(held, 0)
        if header is not None:
            frame.masked, frame.rsv, frame.length = header.masked, header.rsv, header.length
        return [frame]

    def _made(self, start: int, end: int, **values: Any) -> Frame:
        return Frame(direction=self._direction, start=start, end=end, client=self._client, **values)
