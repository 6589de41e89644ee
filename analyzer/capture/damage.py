"""What can be wrong with a capture as a whole: no capture at all, or damaged from some place on."""

from __future__ import annotations

from dataclasses import dataclass


class CaptureError(Exception):
    """A source cannot be opened, or is no capture. The message is one line and names the file."""


class DataError(Exception):
    """The bytes of a source end in damage. The message is a sentence; what came before it was read."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Why the reading of a file stopped before its end."""

    file: str
    offset: int  #: where the record begins that could not be read, in the (decompressed) file
    frame: int  #: frames read before it in that file
    reason: str
