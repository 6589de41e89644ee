"""Fields of the frame itself: what the capture says of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analyzer.batch import Batch, Column

from .field import Extract, Field
from .kinds import EPOCH, INTEGER, LABEL, MOMENT, PRESENCE, SECONDS
from .view import NOWHERE, Occurrences, View


def _each(column: Callable[[Batch], Column]) -> Extract:
    """One value for each frame."""

    def extract(view: View) -> Occurrences:
        return Occurrences(np.arange(len(view)), column(view.batch))

    return extract


def _relative(view: View) -> Occurrences:
    return Occurrences(np.arange(len(view)), view.batch.time - view.first_ns)


def _delta(view: View) -> Occurrences:
    return Occurrences(np.arange(len(view)), np.diff(view.batch.time, prepend=view.previous_ns))


def _protocols(view: View) -> Occurrences:
    return Occurrences(np.arange(len(view)), view.paths(), None, view.dissection.walk.paths.protocols)


def _interface_name(view: View) -> Occurrences:
    return Occurrences(np.arange(len(view)), view.batch.interface, None, [interface.name for interface in view.batch.interfaces])


def _file(view: View) -> Occurrences:
    if view.batch.file is None:
        return NOWHERE
    return Occurrences(np.arange(len(view)), view.batch.file, None, list(view.files))


def _number_in_file(view: View) -> Occurrences:
    return NOWHERE if view.batch.number_in_file is None else Occurrences(np.arange(len(view)), view.batch.number_in_file)


FIELDS = (
    Field("frame", PRESENCE, "Every frame", _each(lambda batch: np.ones(len(batch), np.int64))),
    Field("frame.number", INTEGER, "Position in the capture, from 1", _each(lambda batch: batch.number)),
    Field("frame.time", MOMENT, "When it was captured, in UTC", _each(lambda batch: batch.time)),
    Field("frame.time_epoch", EPOCH, "When it was captured, in seconds since 1970", _each(lambda batch: batch.time)),
    Field("frame.time_relative", SECONDS, "Time since the first frame of the capture", _relative),
    Field("frame.time_delta", SECONDS, "Time since the frame before it in the capture", _delta),
    Field("frame.len", INTEGER, "Length on the wire", _each(lambda batch: batch.reported - batch.start)),
    Field("frame.cap_len", INTEGER, "Bytes that the capture kept", _each(lambda batch: batch.end - batch.start)),
    Field("frame.protocols", LABEL, "Protocols from the link layer up, as far as they are dissected", _protocols),
    Field("frame.interface_id", INTEGER, "Interface that captured it, from 0", _each(lambda batch: batch.interface)),
    Field("frame.interface_name", LABEL, "Name of that interface", _interface_name),
    Field("file", LABEL, "File that it stands in, where several are read together", _file),
    Field("frame_in_file", INTEGER, "Its position in that file, from 1", _number_in_file),
)
