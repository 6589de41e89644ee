"""What a finding means for who has to act on it: the layer that is concerned, what to do, and what to read.

Layers are in the order in which one debugs: can the capture be believed, does the link carry frames, is the host reached, is
its name known, does the port answer, does the transport flow, is TLS in order, what does the application say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Hint(NamedTuple):
    """Of one kind of finding."""

    layer: str  #: key of LAYERS
    advice: str  #: what to do about it
    learn: str  #: the RFC or concept behind it


class Layer(NamedTuple):
    """What one wants to know of a layer."""

    question: str
    fine: str  #: the answer where nothing was found


LAYERS: Final[Mapping[str, Layer]] = {
    "capture": Layer("Can the capture be believed?", "Nothing speaks against it."),
    "link": Layer("Does the link carry frames to the host?", "Nothing was found."),
    "network": Layer("Can the host be reached?", "Nothing says that it cannot."),
    "name": Layer("Did the names resolve?", "No query without an answer was found."),
    "connection": Layer("Did the port answer?", "No attempt that failed was found."),
    "transport": Layer("Was the transport healthy?", "No loss, stall or closed window was found."),
    "tls": Layer("Was TLS in order?", "Nothing wrong was found in what can be read."),
    "application": Layer("What did the application say?", "No error was found in what can be read."),
}
