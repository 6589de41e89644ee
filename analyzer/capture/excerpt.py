"""Some frames of a capture as a new pcapng file: link types, times, lengths, comments, names and statistics stay as they were.

Blocks that Wireshark numbers like frames although they hold no packet (custom blocks, journal entries) are left out and counted.
Decryption secrets go along only where somebody wants that: they open conversations that the excerpt does not show, too.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from analyzer.batch import Batch, Column, Interface
from analyzer.capture.facts import Comment
from analyzer.capture.frame_set import FrameSet
from analyzer.capture.reader import Reader
from analyzer.capture.writer import Writer


class Changed(Protocol):
    """What is written instead of the frames of a batch."""

    def __call__(self, batch: Batch, rows: Column) -> Callable[[int], bytes]:
        """The bytes of each of these rows, which are as many as before."""
        ...


@dataclass(slots=True)
class Written:
    """What became of a capture."""

    frames: int = 0  #: that were written
    of: int = 0  #: that the capture has
    without_packet: int = 0  #: blocks that were left out


class About:
    """What the capture says besides its frames; complete when it was read once."""

    def __init__(self, reader: Reader, secrets: bool = False) -> None:
        self.names = list(reader.names.items())
        self.secrets = list(reader.secrets) if secrets else []
        self.file: list[tuple[str, str]] = []
        self.interfaces: dict[int, list[str]] = {}
        self.frames: dict[tuple[int, int], list[str]] = {}  #: (file, frame in it) -> comments
        for one in reader.comments:
            self._add(one)

    def _add(self, one: Comment) -> None:
        if one.frame is not None:
            self.frames.setdefault((one.file, one.frame), []).append(one.text)
        elif one.interface is not None:
            self.interfaces.setdefault(one.interface, []).append(one.text)
        elif one.what == "comment" or one.what not in (what for what, _ in self.file):  # only comments may repeat
            self.file.append((one.what, one.text))


def write(
    batches: Iterable[Batch], frames: FrameSet | None, target: BinaryIO, about: About | None, changed: Changed | None = None
) -> Written:
    """Write the frames (None: all) of a second reading of the capture; about: None leaves out whatever is no frame."""
    found = Written()
    last = 0
    with Writer(target, about.file if about else (), keep_resolution=True) as writer:
        if about is not None:
            writer.add_names(about.names)
            for kind, secret in about.secrets:
                writer.add_secret(kind, secret)
        nameless: dict[int, Interface] = {}
        for batch in batches:
            found.of += len(batch)
            chosen = batch.number > 0 if frames is None else frames.among(batch.number)
            found.without_packet += int((chosen & (batch.linktype < 0)).sum())
            rows = (chosen & (batch.linktype >= 0)).nonzero()[0]
            if not len(rows):
                continue
            found.frames += len(rows)
            interfaces: Sequence[Interface] | Mapping[int, Interface] = batch.interfaces
            if about is None:
                for index in set(batch.interface[rows].tolist()) - nameless.keys():
                    nameless[index] = _nameless(batch.interfaces[index])
                interfaces = nameless
            _rows(writer, batch, rows, interfaces, about, changed)
            last = int(batch.time[rows[-1]])
        if about is not None:
            writer.add_statistics(last)
    return found


def _nameless(interface: Interface) -> Interface:
    """What frames of it need to be read."""
    return Interface(
        interface.linktype,
        snap_length=interface.snap_length,
        fcs_length=interface.fcs_length,
        resolution=interface.resolution,
    )


def _rows(
    writer: Writer,
    batch: Batch,
    rows: Column,
    interfaces: Sequence[Interface] | Mapping[int, Interface],
    about: About | None,
    changed: Changed | None,
) -> None:
    view = batch.data.data
    data_of = None if changed is None else changed(batch, rows)
    columns = (batch.time, batch.start, batch.end, batch.reported, batch.interface)
    numbers = zip(*(column[rows].tolist() for column in columns), strict=True)
    for row, (time, start, end, reported, interface) in zip(rows.tolist(), numbers, strict=True):
        data = view[start:end] if data_of is None else data_of(row)
        comments: Iterable[str] = ()
        if about is not None and about.frames:
            place = (0, int(batch.number[row]))
            if batch.file is not None and batch.number_in_file is not None:
                place = int(batch.file[row]), int(batch.number_in_file[row])
            comments = about.frames.get(place, ())
        notes = () if about is None else about.interfaces.get(interface, ())
        writer.write(interfaces[interface], time, data, reported - start, comments, notes)


def is_one_of(path: str, sources: Iterable[object]) -> bool:
    """Whether a file that is to be written is one of those that are read."""
    if not Path(path).exists():
        return False
    return any(isinstance(one, (str, os.PathLike)) and Path(one).exists() and Path(one).samefile(path) for one in sources)


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A file to write that takes its name only when it is complete; what is no file (a pipe, a device) is written at once."""
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            yield stream
        return
    mode = target.stat().st_mode & 0o777 if target.exists() else _usual_mode()
    kept = tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False)  # noqa: SIM115
    try:
        with kept:
            yield cast(BinaryIO, kept)
            kept.flush()
            os.fchmod(kept.fileno(), mode)
        Path(kept.name).replace(target)
    finally:
        Path(kept.name).unlink(missing_ok=True)  # it is gone already where it took the other name


def _usual_mode() -> int:
    """Permissions that a new file gets."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
