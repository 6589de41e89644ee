"""What can be said about traffic, as facts: kinds, frames and numbers. Sentences are made in report/wording.py alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Severity(IntEnum):
    """How much a user suffers from it."""

    NOTE = 1  #: worth knowing
    WARNING = 2  #: cost time, or hides something
    PROBLEM = 3  #: something did not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One trouble, with the frames that prove it."""

    kind: str  #: key of report.wording
    severity: Severity
    count: int  #: how often it was seen
    frames: tuple[int, ...] = ()  #: the first frames that show it, in order
    protocol: str = ""  #: of `streams`: tcp or udp
    streams: tuple[int, ...] = ()  #: the streams it was seen in, those with most of it first
    values: Mapping[str, int | str] = field(default_factory=dict)  #: what its sentence needs besides
    cost_ns: int | None = None  #: time that was lost, in all; None: nobody waited, or the capture does not tell how long
    cost_bytes: int | None = None  #: bytes that were sent in vain or once too often; None: none, or unknown
