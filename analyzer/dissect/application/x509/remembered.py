"""Results that are kept for the next time, within a limit on their size: many connections show the same certificates."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

MAX_SIZE: Final = 4 << 20  #: of what one function keeps, and at most as much of what it has not been asked for lately

P = ParamSpec("P")
V = TypeVar("V")


def remembered(size_of: Callable[..., int]) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Keep the results of a function of hashable arguments, given by position.

    size_of(result, *arguments) says how many bytes one of them takes.
    """

    def keeping(function: Callable[P, V]) -> Callable[P, V]:
        new: dict[tuple[Hashable, ...], V] = {}
        old: dict[tuple[Hashable, ...], V] = {}
        size = 0

        @wraps(function)
        def kept(*arguments: P.args, **named: P.kwargs) -> V:
            nonlocal new, old, size
            if arguments in new:
                return new[arguments]
            result = old[arguments] if arguments in old else function(*arguments, **named)
            more = size_of(result, *arguments)
            if size + more > MAX_SIZE:
                old, new, size = new, {}, 0
            new[arguments] = result
            size += more
            return result

        return kept

    return keeping
