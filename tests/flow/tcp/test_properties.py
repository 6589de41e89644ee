"""Random ladders: the kernels, compiled and interpreted, in batches of any size, and the model say the same."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import ModuleType
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.flow import conversations, table
from analyzer.flow.tcp import analysis
from analyzer.flow.tcp.preferences import Preferences
from tests.flow.tcp.ladder import Ladder, run
from tests.flow.tcp.plain_rules import Model
from tests.flow.tcp.random_ladders import ladder

OF_TCP = (
    "connection", "unacked", "sequence", "window", "window_full", "duplicate_ack", "retransmission", "bytes_in_flight",
    "handshake",
)  # fmt: skip
KERNELS = ((table, "key"), (conversations, "accounting"), *((analysis, name) for name in OF_TCP))

preferences = st.builds(
    Preferences,
    fastrt_supersedes_ooo=st.booleans(),
    bif_seq_based=st.booleans(),
    default_window_scaling=st.sampled_from((-1, 0, 3, 14)),
)
seeds = st.integers(0, 2**64)
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def source_of(module: ModuleType) -> ModuleType:
    """The same module, not compiled."""
    path = f"{module.__file__}".partition(".cpython")[0].removesuffix(".py") + ".py"
    spec = importlib.util.spec_from_file_location(f"interpreted.{module.__name__}", path)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = copy
    spec.loader.exec_module(copy)
    return copy


@contextmanager
def interpreted() -> Iterator[None]:
    patches = [patch.object(user, name, source_of(getattr(user, name))) for user, name in KERNELS]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


@given(seeds, preferences)
@quick
def test_the_model_agrees(seed: int, chosen: Preferences) -> None:
    random = Random(seed)
    scenario = Ladder("", "", chosen, segments=ladder(random, 120))
    assert run(scenario, random.choice((1, 7, 1000))) == Model(scenario).run()


@given(seeds)
@quick
def test_the_size_of_the_batches_does_not_matter(seed: int) -> None:
    random = Random(seed)
    scenario = Ladder("", "", segments=ladder(random, 120, odd=True))
    assert run(scenario, random.choice((1, 2, 50))) == run(scenario)


@pytest.mark.skipif(table.key.__file__.endswith(".py"), reason="the kernels are not compiled")
@settings(quick, max_examples=25)
@given(seeds, preferences)
def test_interpreted_is_compiled(seed: int, chosen: Preferences) -> None:
    scenario = Ladder("", "", chosen, segments=ladder(Random(seed), 100, odd=True))
    compiled = run(scenario)
    with interpreted():
        assert run(scenario) == compiled
