"""Rows that are made of TCP connections when these are judged, since a connection may be forgotten right after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from analyzer.batch import Batch, Column
from analyzer.dissect.application.stream import Message
from analyzer.dissect.walk import Walk
from analyzer.flow.chosen import Chosen
from analyzer.flow.columns import Row
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.ledger.connections import Verdicts
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.udp import UdpConversations

Made = TypeVar("Made")


class Reads(Protocol):
    """The pipeline, as far as it is needed here."""

    @property
    def walk(self) -> Walk: ...
    @property
    def tcp(self) -> TcpAnalysis: ...
    @property
    def udp(self) -> UdpConversations: ...
    def closing(self) -> Iterator[None]: ...


class ReadsRows(Protocol):
    """What makes rows of connections that are judged. The pipeline is made with `verdicts`."""

    verdicts: Verdicts

    def read(self, pipeline: Any, batches: Iterable[tuple[Batch, Column | None]]) -> Iterator[Row]:
        """Read all batches, each with a mask of its selected frames."""
        ...


class JudgedRows(Generic[Made]):
    """What `make` says of each connection. The pipeline has to be made with `verdicts`.

    every: of healthy connections, too. messages: is shown each message of an application before its connection is judged.
    """

    def __init__(
        self,
        make: Callable[[Judged], Iterable[Made]],
        every: bool = False,
        messages: Callable[[Message], None] | None = None,
    ) -> None:
        self.verdicts = Verdicts(every, self._judged, messages)
        self._make = make
        self._waiting: list[tuple[int, list[Made]]] = []
        self._chosen = Chosen()

    def read(self, pipeline: Reads, batches: Iterable[tuple[object, Column | None]]) -> Iterator[Made]:
        """Read all batches, each with a mask of its selected frames: rows of connections that have one, as they are judged."""
        for _, mask in batches:
            self._chosen.update(pipeline.walk, pipeline.tcp.facts, pipeline.udp.facts, mask)
            yield from self._take()
        for _ in pipeline.closing():
            yield from self._take()

    def _judged(self, judged: Judged) -> None:
        made = list(self._make(judged))
        if made:
            self._waiting.append((judged.trace.stream, made))

    def _take(self) -> Iterator[Made]:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        streams = np.array([stream for stream, _ in waiting], np.int64)
        for (_, made), chosen in zip(waiting, self._chosen.among("tcp", streams).tolist(), strict=True):
            if chosen:
                yield from made
