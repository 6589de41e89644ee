"""Views of frames made in a test, as the pipeline yields them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from analyzer.pipeline import Pipeline
from analyzer.report.fields import View, views
from tests.frames import batch_of

Make = Callable[..., View]


@pytest.fixture
def view_of() -> Make:
    """view_of(frames, ...): one view of a batch of these frames; see frames.batch_of."""

    def make(frames: Sequence[bytes], *arguments: Any, **options: Any) -> View:
        return next(views(Pipeline([batch_of(frames, *arguments, **options)])))  # type: ignore[arg-type]

    return make
