"""Frames to messages (RFC 6455 section 5.4): the frames that belong together, with control frames between them."""

from __future__ import annotations

from .content import Content
from .frame import CONTROL, RSV1, Frame, Header, Opcode
from .rules import NO_MESSAGE, UNKNOWN


class Assembly:
    """The message that goes on in one direction."""

    def __init__(self, content: Content, deflate: bool) -> None:
        """`deflate`: RSV1 says that a message is compressed (RFC 7692)."""
        self.content = content
        self.opcode: int = NO_MESSAGE  #: of its first frame
        self._deflate = deflate
        self._compressed: bool | None = None  #: None: nobody knows
        self._frames = self._length = 0

    def add(self, frame: Frame, header: Header) -> None:
        """A data frame begins, and tells of its message what is known by then."""
        if header.opcode != Opcode.CONTINUATION:
            marked = header.rsv & RSV1 != 0
            self.opcode = header.opcode
            self._frames = self._length = 0
            self._compressed = None if marked and not self._deflate else marked
            self.content.begin(marked)
        self._frames += 1
        self._length += header.length
        frame.compressed = self._compressed
        if header.fin and self.opcode >= 0:
            frame.message_frames, frame.message_length = self._frames, self._length

    def finish(self, frame: Frame) -> None:
        """The payload of the last frame is at its end; one of a control frame that is too long ends nothing."""
        if frame.opcode is not None and frame.opcode & CONTROL:
            return
        if self.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.content.finish(frame, self.opcode == Opcode.TEXT)
        self.opcode = NO_MESSAGE

    def forget(self) -> None:
        """It is not known whether a message goes on."""
        self.opcode = UNKNOWN
        self._compressed = None

    def lose(self) -> None:
        """Bytes are missing, and with them maybe messages."""
        self.forget()
        self.content.lose()
