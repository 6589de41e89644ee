"""An excerpt of a capture, in as many readings as it takes: which frames stand behind something, then the writing of them.

A reading of its own for each step: what a frame belongs to may be known only when later ones were seen. Streams that can be
read only once must be spooled first (capture/spool.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from analyzer.capture.excerpt import About, Written, write
from analyzer.capture.frame_set import FrameSet
from analyzer.capture.reader import CaptureSource, open_capture
from analyzer.dissect.walk import Walk
from analyzer.finding import Finding
from analyzer.flow.behind import Behind, Selected
from analyzer.flow.slots import DEFAULT_BUDGET
from analyzer.pipeline import Dissection, Pipeline

if TYPE_CHECKING:
    from analyzer.batch import Batch, Column
    from analyzer.flow.anonymous import Anonymizer


class NoFrames(ValueError):
    """A finding that speaks of the capture as a whole."""


def reading(sources: Sequence[CaptureSource], memory: int | None) -> Iterator[tuple[Pipeline, Dissection]]:
    """One more reading of the same capture."""
    rewind(sources)
    with open_capture(*sources) as reader:
        pipeline = Pipeline(reader, None, memory or DEFAULT_BUDGET)
        for dissection in pipeline:
            yield pipeline, dissection


def behind_finding(sources: Sequence[CaptureSource], memory: int | None, finding: Finding) -> FrameSet:
    """The frames of a finding and all that belongs to them. NoFrames: it has none."""
    behind = Behind(finding)
    if not behind:
        raise NoFrames(finding.kind)
    if behind.learns:
        for _, one in reading(sources, memory):
            behind.learn(one.batch, one.walk, {"tcp": one.tcp_facts, "udp": one.udp_facts})
    for pipeline, one in reading(sources, memory):
        behind.update(one.batch, one.walk, {"tcp": one.tcp_facts, "udp": one.udp_facts}, pipeline.fragments)
    return behind.finish()


def behind_selection(pipeline: Pipeline, batches: Iterable[tuple[Batch, Column | None]]) -> FrameSet | None:
    """The selected frames and all that belongs to them; None: every frame. The batches are those of the pipeline."""
    selected = Selected()
    for batch, mask in batches:
        selected.update(batch, mask, pipeline.fragments)
    return selected.frames


def write_excerpt(
    sources: Sequence[CaptureSource],
    frames: FrameSet | None,
    target: BinaryIO,
    about: About,
    anonymizer: Anonymizer | None = None,
) -> Written:
    """Write the frames; `about` is what an earlier reading has found besides frames, which is left out of an anonymous file."""
    if anonymizer is None:
        return write(_batches(sources), frames, target, about)
    from analyzer.flow.anonymous.contents import Contents
    from analyzer.flow.anonymous.frames import Frames

    contents = Contents(anonymizer)
    walk = Walk()
    for batch in _batches(sources):
        walk.batch(batch)
        contents.learn(batch, walk)
    contents.finish()
    return write(_batches(sources), frames, target, None, Frames(anonymizer, contents))


def _batches(sources: Sequence[CaptureSource]) -> Iterator[Batch]:
    rewind(sources)
    with open_capture(*sources) as reader:
        yield from reader


def rewind(sources: Sequence[CaptureSource]) -> None:
    """Open files are read from their beginning."""
    for source in sources:
        if not isinstance(source, (str, os.PathLike)) and source.seekable():
            source.seek(0)
