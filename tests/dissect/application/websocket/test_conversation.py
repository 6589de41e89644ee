"""WebSocket frames and messages: whole, byte by byte, with a gap at every position, and everything that is forbidden."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.dissect.application.stream import NEVER, Opening
from analyzer.dissect.application.websocket import Conversation, recognise
from analyzer.dissect.application.websocket.frame import unmasked
from analyzer.dissect.application.websocket.side import MAX_DOUBTFUL, RESYNC_FRAMES

from .build import CLIENT, KEY, SERVER, Fed, facts, frame, opened

HELLO = [frame(1, b"Hel", fin=False), frame(9, b"ping"), frame(0, b"lo"), frame(2, bytes(300)), frame(2, bytes(70_000)), frame(1)]
CLOSE = frame(8, (1001).to_bytes(2, "big") + b"gone")


def stream(masked: bool, count: int = 24) -> list[bytes]:
    """Frames of all kinds with payloads that tell nothing."""
    dice = random.Random(7)
    frames = []
    for number in range(count):
        key = dice.randbytes(4) if masked else b""
        kind = number % 6
        fin = kind != 1
        opcode = (1, 2, 0, 9, 10, 2)[kind]
        frames.append(frame(opcode, dice.randbytes(dice.choice((0, 3, 90, 200)) if opcode < 8 and fin else 5), fin=fin, key=key))
    return frames


def test_frames_and_messages() -> None:
    fed = Fed(opened()).feed(SERVER, b"".join(HELLO)).feed(SERVER, CLOSE)
    assert [(one.opcode, one.fin, one.length) for one in fed.frames] == [
        (1, False, 3), (9, True, 4), (0, True, 2), (2, True, 300), (2, True, 70_000), (1, True, 0), (8, True, 6),
    ]  # fmt: skip
    assert [one.message_frames for one in fed.frames] == [None, None, 2, 1, 1, 1, None]
    assert [one.message_length for one in fed.frames][2:5] == [5, 300, 70_000]
    assert [one.start for one in fed.frames] == [sum(map(len, HELLO[:i])) for i in range(len(HELLO) + 1)]
    assert not any(one.errors for one in fed.frames)
    last = fed.frames[-1]
    assert (last.close_code, last.close_reason) == (1001, "gone")


@pytest.mark.parametrize("sizes", ((1,), (2, 3), (7,), (1000, 1)))
@pytest.mark.parametrize("limit", (0, 10, 1 << 20))
def test_any_split_gives_the_same(sizes: tuple[int, ...], limit: int) -> None:
    data = b"".join([*HELLO, CLOSE])
    whole = Fed(opened(limit=limit)).feed(SERVER, data).close()
    split = Fed(opened(limit=limit)).feeds(SERVER, data, sizes).close()
    assert list(map(facts, split.frames)) == list(map(facts, whole.frames))
    assert [one.content for one in split.frames] == [one.content for one in whole.frames]
    texts = [one.content for one in whole.frames if one.content is not None]
    assert texts == ([b"Hello"[:limit], bytes(min(300, limit)), bytes(min(70_000, limit)), b""] if limit else [])


def test_payload_that_nobody_wants_is_skipped() -> None:
    fed = Fed(opened()).feed(SERVER, frame(2, bytes(1 << 20))[:1400])
    assert fed.conversation.wanted[SERVER] == (1 << 20) + 10 == fed.frames[0].end
    assert Conversation(Opening((5, 6), 0, (1, 2))).wanted == [NEVER, NEVER]


@pytest.mark.parametrize("size", range(9))
@pytest.mark.parametrize("offset", range(5))
def test_unmasking(size: int, offset: int) -> None:
    data = bytes(range(size))
    assert unmasked(data, KEY, offset) == bytes(byte ^ KEY[(i + offset) % 4] for i, byte in enumerate(data))


def test_masked_content_in_pieces() -> None:
    fed = Fed(opened(limit=100)).feeds(CLIENT, frame(1, b"Hello, masked world", key=KEY), (3,))
    assert (fed.frames[0].content, fed.frames[0].text, fed.frames[0].content_cut) == (b"Hello, masked world", True, False)


@pytest.mark.parametrize(
    ("data", "error"),
    (
        (frame(1, b"x", key=KEY), "masked"),
        (frame(3, b"x"), "reserved_opcode"),
        (frame(11), "reserved_opcode"),
        (frame(1, b"x", rsv=4), "reserved_bits"),
        (frame(1, b"x", rsv=1), "reserved_bits"),
        (frame(1, b"x", length=b"\x7e\0\x01"), "length_not_minimal"),
        (frame(1, bytes(200), length=b"\x7f" + (200).to_bytes(8, "big")), "length_not_minimal"),
        (frame(1, b"", length=b"\x7f" + b"\xff" * 8), "length_impossible"),
        (frame(9, b"x", fin=False), "control_fragmented"),
        (frame(9, bytes(126)), "control_too_long"),
        (frame(0, b"x"), "continuation_unexpected"),
        (frame(8, b"x"), "close_length"),
        (frame(8, (1005).to_bytes(2, "big")), "close_code"),
        (frame(8, (999).to_bytes(2, "big")), "close_code"),
        (frame(8, (1000).to_bytes(2, "big") + b"\xff"), "close_reason"),
    ),
)
def test_what_is_forbidden(data: bytes, error: str) -> None:
    for sizes in ((len(data),), (1,)):
        fed = Fed(opened()).feeds(SERVER, data, sizes)
        assert [one.errors for one in fed.frames] == [(error,)]
        if error == "length_impossible":
            assert fed.conversation.wanted[SERVER] == NEVER
        else:
            assert not fed.feed(SERVER, frame(9, b"next")).frames[-1].errors or error.startswith("close")


def test_what_is_forbidden_in_a_sequence() -> None:
    assert Fed(opened()).feed(CLIENT, frame(1, b"x")).frames[0].errors == ("not_masked",)
    assert Fed(opened()).feed(SERVER, frame(1, b"x", fin=False) + frame(1, b"y")).frames[1].errors == ("continuation_missing",)
    assert Fed(opened()).feed(SERVER, frame(8) + frame(1, b"y")).frames[1].errors == ("after_close",)
    extension = {"sec-websocket-extensions": "permessage-deflate, x-mine"}
    assert not Fed(opened(extension)).feed(SERVER, frame(1, b"x", rsv=7)).frames[0].errors


def test_garbage_is_given_up() -> None:
    fed = Fed(opened()).feed(SERVER, frame(3) * (MAX_DOUBTFUL + 5))
    assert len(fed.frames) == MAX_DOUBTFUL
    assert fed.frames[-1].errors == ("reserved_opcode", "given_up")
    assert fed.conversation.wanted[SERVER] == NEVER


@pytest.mark.parametrize("direction", (CLIENT, SERVER))
@pytest.mark.parametrize("size", (1, 7, 200))
def test_a_gap_at_every_position(direction: int, size: int) -> None:
    """Every frame that is reported is one that was sent, and says what it said."""
    frames = stream(direction == CLIENT)
    data = b"".join(frames)
    known = {facts(one)[:10]: one for one in Fed(opened()).feed(direction, data).frames}
    for position in range(1, len(data) - 1):
        for segment in (97, 1000):
            fed = Fed(opened(limit=50))
            fed.feeds(direction, data[:position], (segment,)).gap(direction, min(size, len(data) - position))
            fed.feeds(direction, data[position + size :], (segment,))
            fed.close()
            for one in fed.frames:
                if one.complete:
                    assert facts(one)[:10] in known
                    if one.content is not None and one.message_frames == 1:
                        sent = data[one.end - (one.length or 0) : one.end]
                        whole = sent if not one.masked else unmasked(sent, data[one.end - one.length - 4 : one.end - one.length])
                        assert one.content == whole[:50]


def test_the_place_is_found_again() -> None:
    """Frames at the beginnings of segments, behind a gap that hid a header."""
    for direction in (CLIENT, SERVER):
        frames = stream(direction == CLIENT)
        fed = Fed(opened()).feed(direction, frames[0]).gap(direction, len(frames[1]))
        fed.feed(direction, b"\xff" * 20)  # no frame
        for one in frames[3:]:
            fed.feed(direction, one)
        fed.close()
        kinds = [one.kind for one in fed.frames]
        assert kinds[:2] == ["frame", "lost"]
        assert fed.frames[2].resynchronised
        assert [one.kind for one in fed.frames[2:]] == ["frame"] * len(frames[3:]) + ["no_close"]
        assert not any(one.errors for one in fed.frames)


def test_too_few_frames_prove_nothing() -> None:
    frames = stream(False)[3:5]
    fed = Fed(opened()).gap(SERVER, 9)
    for one in frames[: RESYNC_FRAMES - 1]:
        fed.feed(SERVER, one)
    assert [one.kind for one in fed.close().frames] == ["lost"]


def test_a_close_as_the_last_bytes_proves_itself() -> None:
    assert [one.kind for one in Fed(opened()).gap(SERVER, 9).feed(SERVER, CLOSE).close().frames] == ["lost", "frame"]
    assert [one.kind for one in Fed(opened()).gap(SERVER, 9).feed(SERVER, CLOSE).close(ended=False).frames] == ["lost"]


@pytest.mark.parametrize("byte", range(256))
def test_repeated_bytes_are_no_frames(byte: int) -> None:
    for direction in (CLIENT, SERVER):
        fed = Fed(opened()).gap(direction, 5).feeds(direction, bytes([byte]) * 5000, (1000,)).close()
        assert not any(one.kind == "frame" for one in fed.frames)


def test_an_end_without_close_is_told_once() -> None:
    fed = Fed(opened()).feed(SERVER, frame(1, b"x")).close()
    assert [one.kind for one in fed.frames] == ["frame", "no_close"]
    assert [one.kind for one in Fed(opened()).feed(SERVER, frame(1, b"x")).close(ended=False).frames] == ["frame"]
    assert [one.kind for one in Fed(opened()).feed(SERVER, frame(8)).close().frames] == ["frame"]
    assert [one.kind for one in Fed(opened()).gap(SERVER, 3).close().frames] == []


def test_a_header_that_is_cut() -> None:
    (cut, _) = Fed(opened()).feed(SERVER, b"\x81").close().frames
    assert (cut.opcode, cut.fin, cut.length, cut.complete) == (1, True, None, False)


def test_the_longest_length() -> None:
    for exponent in (62, 63):
        longest = (1 << exponent) - 1
        fed = Fed(opened()).feed(SERVER, frame(2, b"abc", length=b"\x7f" + longest.to_bytes(8, "big")))
        (one,) = fed.frames
        assert (one.length, one.end, one.errors, fed.conversation.wanted[SERVER]) == (longest, NEVER, (), NEVER)


def test_never_recognised() -> None:
    assert recognise(frame(1, b"Hello"), (1, 80)) is False


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 1), st.one_of(st.binary(max_size=60), st.integers(1, 50))), max_size=30), st.booleans())
def test_any_bytes(parts: list[tuple[int, bytes | int]], whole: bool) -> None:
    fed = Fed(opened({"sec-websocket-extensions": "permessage-deflate"}, limit=20, whole=whole))
    for direction, part in parts:
        fed.gap(direction, part) if isinstance(part, int) else fed.feed(direction, part)
    fed.close()
    for one in fed.frames:
        assert one.start <= one.end


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_cut_of_real_frames(data: st.DataObject) -> None:
    sent = b"".join(stream(False))
    sizes = data.draw(st.lists(st.integers(1, 400), min_size=1, max_size=8))
    whole = Fed(opened()).feed(SERVER, sent).close()
    assert list(map(facts, Fed(opened()).feeds(SERVER, sent, sizes).close().frames)) == list(map(facts, whole.frames))
