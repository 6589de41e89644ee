"""What a display filter asks, as nodes of a tree. Each is answered for all frames of a batch at once.

A field may stand several times in a frame. As in Wireshark 4, a comparison is true where any occurrence makes it true,
except that `!=` wants all of them to differ; and without the field every comparison is false, `!=` too. Of two fields, every
occurrence of one is compared with every occurrence of the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analyzer.batch import Column, Int64
from analyzer.report.fields import Field, Occurrences, View

from . import value


class Node(ABC):
    """One question about a frame."""

    @abstractmethod
    def mask(self, view: View) -> Column:
        """True for each frame of the batch that passes."""


@dataclass(frozen=True, slots=True)
class Exists(Node):
    field: Field

    def mask(self, view: View) -> Column:
        return _any(view, self.field.occurrences(view).row)


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`sign` is one of value.COMPARISONS; `every`: all occurrences must pass, and there must be one."""

    field: Field
    sign: str
    literal: Any
    every: bool
    bits: int = 0  #: only these bits of the value are compared; 0: all

    def mask(self, view: View) -> Column:
        found = _masked(self.field.occurrences(view), self.bits)
        return _decide(view, found.row, value.compare(self.field, found, self.sign, self.literal), self.every)


@dataclass(frozen=True, slots=True)
class FieldComparison(Node):
    """A comparison of two fields of comparable kinds; otherwise as Comparison."""

    left: Field
    sign: str
    right: Field
    every: bool
    bits: int = 0  #: of the left field

    def mask(self, view: View) -> Column:
        left, right = _masked(self.left.occurrences(view), self.bits), self.right.occurrences(view)
        of_left, of_right = _pairs(left.row, right.row, len(view))
        left = left._replace(row=left.row[of_left], value=left.value[of_left])
        right = right._replace(value=right.value[of_right])
        return _decide(view, left.row, value.compare_fields(self.left.kind, left, right, self.sign), self.every)


@dataclass(frozen=True, slots=True)
class OneOf(Node):
    """In a set of ranges, both ends included."""

    field: Field
    ranges: tuple[tuple[Any, Any], ...]
    every: bool

    def mask(self, view: View) -> Column:
        found = self.field.occurrences(view)
        passed = np.zeros(len(found.row), bool)
        for low, high in self.ranges:
            passed |= value.compare(self.field, found, "==", low) if low == high else value.within(self.field, found, low, high)
        return _decide(view, found.row, passed, self.every)


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A text that contains a text or matches a pattern; or a MAC address of which the bytes do."""

    field: Field
    passes: Callable[[Any], bool]
    every: bool

    def mask(self, view: View) -> Column:
        found = self.field.occurrences(view)
        return _decide(view, found.row, value.matching(self.field, found, self.passes), self.every)


@dataclass(frozen=True, slots=True)
class Octets(Node):
    """A protocol of which the bytes, from its header to the end of what it carries, contain or match something."""

    protocol: str  #: "frame" for all bytes
    passes: Callable[[bytes], bool]

    def mask(self, view: View) -> Column:
        data = view.batch.data
        row, start, end = self._spans(view)
        passed = [self.passes(data[a:b].tobytes()) for a, b in zip(start.tolist(), end.tolist(), strict=True)]
        return _any(view, row[np.array(passed, bool)])

    def _spans(self, view: View) -> tuple[Int64, Int64, Int64]:
        if self.protocol == "frame":
            return np.arange(len(view)), view.batch.start, view.batch.end
        table = view.table(self.protocol)
        if table is None:
            nothing = np.empty(0, np.int64)
            return nothing, nothing, nothing
        return table["row"], table["at"], table["end"]


@dataclass(frozen=True, slots=True)
class Not(Node):
    node: Node

    def mask(self, view: View) -> Column:
        return ~self.node.mask(view)


@dataclass(frozen=True, slots=True)
class All(Node):
    """Every one of them."""

    nodes: tuple[Node, ...]

    def mask(self, view: View) -> Column:
        mask = self.nodes[0].mask(view)
        for node in self.nodes[1:]:
            if not mask.any():
                break
            mask = mask & node.mask(view)
        return mask


@dataclass(frozen=True, slots=True)
class Some(Node):
    """At least one of them."""

    nodes: tuple[Node, ...]

    def mask(self, view: View) -> Column:
        mask = self.nodes[0].mask(view)
        for node in self.nodes[1:]:
            mask = mask | node.mask(view)
        return mask


def _any(view: View, rows: Int64) -> Column:
    mask = np.zeros(len(view), bool)
    mask[rows] = True
    return mask


def _masked(found: Occurrences, bits: int) -> Occurrences:
    return found._replace(value=found.value.astype(np.int64) & bits) if bits else found


def _pairs(left: Int64, right: Int64, rows: int) -> tuple[Int64, Int64]:
    """Every position in one ascending column of rows with every position in another that has the same row."""
    partners = np.bincount(right, minlength=rows)
    first = np.cumsum(partners) - partners
    times = partners[left]
    of_left = np.repeat(np.arange(len(left)), times)
    within = np.arange(len(of_left)) - np.repeat(np.cumsum(times) - times, times)
    return of_left, first[left[of_left]] + within


def _decide(view: View, row: Int64, passed: Column, every: bool) -> Column:
    mask = _any(view, row if every else row[passed])
    if every:
        mask[row[~passed]] = False
    return mask
