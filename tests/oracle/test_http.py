"""Every HTTP message of pcaps/ and the reference as h11 reads it: the same fields, the same body, the same end.

h11 gets the bytes from the beginning of each message on, and the request that we paired it with. What it refuses has to have one
of REASONS.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.dissect import applications
from analyzer.dissect.application import http1
from analyzer.dissect.application.http1.message import Flaw, Framing, HttpMessage, Request, Response
from analyzer.dissect.application.stream import Message, Opening
from analyzer.pipeline import Applications, Pipeline

h11 = pytest.importorskip("h11", reason="h11 is not installed")

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
NO_CAPTURES = {".md", ".py", ".json", ".keylog", ".txt", ".png"}
EVERYTHING = 1 << 30  #: body limit
BEHIND = 64  #: bytes behind a message that h11 gets, too, and has to leave alone

#: why h11 may refuse a message that we read, each on its own
REASONS: dict[str, Callable[[HttpMessage], bool]] = {
    "we call it flawed ourselves": lambda message: bool(message.flaws & ~Flaw.CUT_BODY),
    "HTTP/1.1 without Host": lambda message: isinstance(message, Request) and message.version == "1.1" and message.host is None,
    "its body was not sent, since the answer to Expect was no": lambda message: (
        isinstance(message, Request) and "expect" in message.fields and message.end == message.head_end
    ),
    "several Host fields": lambda message: [name.lower() for name, _ in message.headers].count("host") > 1,
    "a character in a field that RFC 9110 section 5.5 forbids": lambda message: any(
        not name.isascii() or any(ord(c) < 32 and c != "\t" for c in value) for name, value in message.headers
    ),
    "bytes beyond ASCII: h11 refuses them in targets, and reads fields as Latin-1": lambda message: (
        not all(value.isascii() for _, value in message.headers)
        or (isinstance(message, Request) and not message.target.isascii())
    ),
    "a blank before the colon, or a name that is no token": lambda message: any(
        not name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name, _ in message.headers
    ),
}


class Recorder(http1.Conversation):
    """Keeps what it is fed; a gap ends that."""

    made: ClassVar[list[Recorder]] = []

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self.starts = list(opening.starts)
        self.data = [bytearray(), bytearray()]
        self.whole = [True, True]
        self.messages: list[Message] = []
        self.made.append(self)

    def feed(self, direction: int, data: bytes) -> Sequence[Message]:
        if self.whole[direction] and self.wanted[direction] == self.starts[direction] + len(self.data[direction]):
            self.data[direction] += data
        else:
            self.whole[direction] = False
        return self._kept(super().feed(direction, data))

    def gap(self, direction: int, size: int) -> Sequence[Message]:
        self.whole[direction] = False
        return self._kept(super().gap(direction, size))

    def close(self, direction: int, ended: bool) -> Sequence[Message]:
        return self._kept(super().close(direction, ended))

    def _kept(self, messages: Sequence[Message]) -> Sequence[Message]:
        self.messages += messages
        return messages


def captures() -> list[Path]:
    folders = [ROOT / "pcaps", *([Path(REFERENCE, "captures")] if REFERENCE else [])]
    return [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in NO_CAPTURES]


def read_by_h11(message: HttpMessage, data: bytes) -> tuple[object, ...]:
    """(line, headers, body, length) as h11 sees them; data begins with the message."""
    is_request = isinstance(message, Request)
    connection = h11.Connection(h11.SERVER if is_request else h11.CLIENT, max_incomplete_event_size=1 << 24)
    if isinstance(message, Response):
        method = message.request.method if message.request else "GET"
        asked = [("Host", "h"), *([("Connection", "Upgrade"), ("Upgrade", "x")] if message.status == 101 else [])]
        connection.send(h11.Request(method=method, target="/", headers=asked))
        connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    first = connection.next_event()
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in first.headers]
    line = (first.method.decode(), first.target.decode("latin-1")) if is_request else (first.status_code,)
    body = b""
    if isinstance(first, h11.InformationalResponse):
        return line, headers, body, len(data) - len(connection.trailing_data[0])
    while not isinstance(event := connection.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            connection.receive_data(b"")
        elif event is h11.PAUSED:  # it has switched to another protocol
            break
        else:
            body += bytes(event.data)
    return line, headers, body, len(data) - len(connection.trailing_data[0])


def read_by_us(message: HttpMessage) -> tuple[object, ...]:
    line = (message.method, message.target) if isinstance(message, Request) else (message.status,)  # type: ignore[attr-defined]
    headers = [(name.lower(), value) for name, value in message.headers]
    return line, headers, bytes(message.body or b""), message.end - message.start


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set: only the captures of pcaps/ are compared")
def test_reference_captures_are_there() -> None:
    assert any(not path.is_relative_to(ROOT) for path in captures())


@pytest.mark.parametrize("path", captures(), ids=lambda path: "/".join(path.parts[-2:]))
def test_h11_agrees(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recorder, "made", [])
    monkeypatch.setattr(applications.http1, "Conversation", Recorder)
    try:
        reader = open_capture(str(path))
    except CaptureError:
        return
    with reader:
        pipeline = Pipeline(reader, applications=Applications(frozenset({"http"}), EVERYTHING))
        for _ in pipeline:
            pass
        pipeline.close()
    unexplained = []
    for conversation in Recorder.made:
        for message in conversation.messages:
            if not isinstance(message, HttpMessage) or not message.complete or not conversation.whole[message.direction]:
                continue
            start = message.start - conversation.starts[message.direction]
            length = message.end - message.start
            behind = 0 if message.framing is Framing.CLOSE else BEHIND
            data = bytes(conversation.data[message.direction][start : start + length + behind])
            try:
                theirs = read_by_h11(message, data)
            except h11.ProtocolError as error:
                if not any(reason(message) for reason in REASONS.values()):
                    unexplained.append(f"{message.start}: h11 refuses it: {error}: {data[:100]!r}")
                continue
            ours = read_by_us(message)
            same = all(a == b for a, b in zip(ours, theirs, strict=True))
            if not same and not any(reason(message) for reason in REASONS.values()):
                unexplained.append(f"{message.start}: {str(ours)[:300]} but h11 says {str(theirs)[:300]}")
    assert not unexplained, "\n".join(unexplained[:10])
