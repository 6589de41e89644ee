"""DNS over TCP: whole, byte by byte, with a tail, with a gap at every position."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest

from analyzer.dissect.application.dns import Conversation, DnsMessage
from analyzer.dissect.application.dns import conversation as dns_conversation
from analyzer.dissect.application.stream import Opening

from .build import TO_QUESTION, query, question, record, response


def framed(message: bytes) -> bytes:
    return struct.pack("!H", len(message)) + message


MESSAGES = [query(question(f"name{i}.example"), i, more=(record(b"\0", 41, b"", 1232),)) for i in range(1, 6)]
STREAM = b"".join(map(framed, MESSAGES))
ENDS = [sum(len(framed(m)) for m in MESSAGES[: i + 1]) for i in range(len(MESSAGES))]
STARTS = [0, *ENDS[:-1]]


def conversation(whole: bool = True, ports: tuple[int, int] = (40_000, 53), start: int = 0) -> Conversation:
    return Conversation(Opening((start, 0), 0, ports, (whole, whole)))


def seen(messages: Iterable[DnsMessage]) -> list[tuple[int | None, int, int, bool]]:
    return [(message.id, message.start, message.end, message.complete) for message in messages]


ALL = [(i + 1, STARTS[i], ENDS[i], True) for i in range(len(MESSAGES))]


def test_whole() -> None:
    one = conversation()
    assert seen(one.feed(0, STREAM)) == ALL
    assert one.wanted == [len(STREAM), 0] and one.handover is None
    assert not one.close(0, True)


@pytest.mark.parametrize("size", (1, 2, 3, 7, 45, 100))
def test_in_pieces(size: int) -> None:
    one = conversation()
    found = [message for at in range(0, len(STREAM), size) for message in one.feed(0, STREAM[at : at + size])]
    assert seen(found) == ALL


def test_directions_do_not_mix() -> None:
    one = conversation()
    assert not one.feed(0, STREAM[:10])
    (answer,) = one.feed(1, framed(response(record(TO_QUESTION, 1, bytes(4)))))
    assert answer.direction == 1 and answer.content.response
    assert seen(one.feed(0, STREAM[10:])) == ALL


@pytest.mark.parametrize("size", range(1, len(STREAM)))
def test_the_end_at_every_position(size: int) -> None:
    one = conversation()
    found = [*one.feed(0, STREAM[:size]), *one.close(0, False)]
    assert seen(found)[: sum(end <= size for end in ENDS)] == [each for each in ALL if each[2] <= size]
    rest = [each for each in found if not each.complete]
    assert len(rest) == any(start + 2 < size < end for start, end in zip(STARTS, ENDS, strict=True))


@pytest.mark.parametrize("lost", (1, 5, 46, 47, 100))
def test_a_gap_at_every_position(lost: int) -> None:
    """Never a wrong message; those behind a gap inside of one message, or at the beginning of a segment, are found again."""
    for at in range(len(STREAM) - lost):
        one = conversation()
        found = [*one.feed(0, STREAM[:at]), *one.gap(0, lost)]
        behind = at + lost
        tail = [end for end in ENDS if end > behind]  # segments that end with a message
        for begin, end in zip([behind, *tail], tail, strict=False):
            found += one.feed(0, STREAM[begin:end])
        found += one.close(0, True)
        whole = [each for each in seen(found) if each[3]]
        assert one.wanted[0] == len(STREAM)
        assert set(whole) <= set(ALL)
        expected = {each for each in ALL if each[2] <= at or each[1] >= (tail[0] if tail else len(STREAM))}
        assert expected <= set(whole)


def test_framing_survives_a_gap_inside_of_a_message() -> None:
    one = conversation()
    one.feed(0, STREAM[:20])
    (cut,) = one.gap(0, 5)
    assert not cut.complete and (cut.id, cut.start, cut.end) == (1, 0, ENDS[0])
    assert seen(one.feed(0, STREAM[25:])) == ALL[1:]


@pytest.mark.parametrize("ports", ((40_000, 53), (40_000, 4_000)))
def test_from_the_middle_of_a_stream(ports: tuple[int, int]) -> None:
    for at in range(1, len(STREAM)):
        one = conversation(False, ports, at)
        found = [*one.feed(0, STREAM[at : ENDS[3]]), *one.feed(0, STREAM[max(at, ENDS[3]) :])]
        assert set(seen(found)) <= set(ALL)
        if at <= ENDS[3]:
            assert seen(found)[-1] == ALL[-1]


def test_a_long_message_is_found_again_over_several_segments() -> None:
    message = framed(response(*[record(TO_QUESTION, 16, b"\xff" + b"x" * 255)] * 20))
    one = conversation(False)
    found = [m for at in range(0, len(message), 1_000) for m in one.feed(0, message[at : at + 1_000])]
    assert len(found) == 1 and len(found[0].content.answers) == 20


def test_small_segments_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def counted(head: bytes, ports: tuple[int, int]) -> bool | None:
        looks.append(len(head))
        return recognise(head, ports)

    recognise = dns_conversation.recognise
    monkeypatch.setattr(dns_conversation, "recognise", counted)
    message = framed(response(*[record(TO_QUESTION, 16, b"\xff" + b"x" * 255)] * 200))
    one = conversation(False)
    found = [m for at in range(len(message)) for m in one.feed(0, message[at : at + 1])]
    assert len(found) == 1 and len(found[0].content.answers) == 200
    assert len(looks) < 20 and looks[-1] == len(message)
    assert seen(one.feed(0, framed(MESSAGES[0]))) == [(1, len(message), len(message) + ENDS[0], True)]


def test_empty_messages_say_nothing() -> None:
    one = conversation()
    assert seen(one.feed(0, bytes(4) + STREAM)) == [(i, start + 4, end + 4, True) for i, start, end, _ in ALL]


def test_gaps_one_after_the_other() -> None:
    one = conversation()
    one.feed(0, STREAM[:10])
    one.gap(0, 10)
    one.gap(0, 10)
    assert seen(one.feed(0, STREAM[30:])) == ALL[1:]
    one.gap(0, 1_000_000)
    assert not one.feed(0, b"no message at all")
    assert len(one.feed(0, framed(MESSAGES[0]))) == 1
