"""Whether the first bytes of a head are one (RFC 9112 section 2.1), asked while they come, but not for each of them.

A head may come in segments of one byte: what is looked at with each of them has a cap, and what is longer has to double first.
"""

from __future__ import annotations

from typing import Final

from .head import parse_head
from .start_line import known_port, recognise

LONGEST_START: Final = 1 << 13  #: bytes of a head that are looked at to tell whether it is one
LOOKED_AT: Final = 256  #: bytes of it that are looked at with every segment


class Beginning:
    """The beginning of a message in one direction."""

    __slots__ = ("_look_again", "_ports", "lenient", "sure")

    def __init__(self, ports: tuple[int, int]) -> None:
        self._ports = ports
        self._look_again = 0  #: bytes that there have to be before they are looked at once more
        self.lenient = known_port(ports)  #: a request line may lack a version
        self.sure = False  #: it is known to be a head

    def possible(self, data: bytes) -> bool:
        """Whether a message may begin with these bytes."""
        return recognise(data[:LONGEST_START], self._ports) is not False

    def goes_on(self, buffer: bytearray, new: bytes, strict: bool) -> bool:
        """Whether the bytes in the buffer, of which `new` came last, may still be a head."""
        size = len(buffer)
        if self.sure or (size > LOOKED_AT and size < self._look_again and b"\n" not in new):
            return True
        self._look_again = 2 * size
        start = bytes(buffer[:LONGEST_START])
        verdict = recognise(start, self._ports)
        if verdict and strict:
            verdict = parse_head(0, start, 0, self.lenient, strict=True) is not None
        self.sure = verdict is True
        return self.sure or (verdict is None and size < LONGEST_START)
