"""A ClientHello of 1,700 bytes in packets: SNI, ALPN and the right frames, in every order and after every loss."""

from __future__ import annotations

import itertools

import pytest

from analyzer.dissect.application.tls.message import ClientHello
from tests.dissect.application.tls.build import HANDSHAKE, NAME, post_quantum_hello, record

from .wire import Reading, Segment, handshake

MESSAGE = post_quantum_hello()
HELLO = record(HANDSHAKE, MESSAGE, 0x0301)
FIRST_FRAME = 4  #: behind the handshake


def parts(*cuts: int, hello: bytes = HELLO) -> list[Segment]:
    """The hello in segments that end at these offsets, and at its end."""
    return [Segment(0, start, hello[start:end]) for start, end in itertools.pairwise((0, *cuts, len(hello)))]


def check(segments: list[Segment], opening: list[Segment] | None = None) -> None:
    """It is found once; its first frame is that of its first byte, its last the latest that brought anything new of it."""
    opening = handshake() if opening is None else opening
    reading = Reading("tls")
    found = reading.read([*opening, *segments]) + reading.finish()
    (hello,) = found
    assert isinstance(hello, ClientHello)
    assert (hello.sni, hello.alpn, hello.complete) == (NAME, ("h2", "http/1.1"), True)
    seen: set[int] = set()
    frames = {}
    for frame, segment in enumerate(segments, len(opening) + 1):
        new = set(range(segment.at, segment.at + len(segment.data))) - seen
        seen |= new
        frames |= dict.fromkeys(new, frame)
    assert hello.first is not None and hello.last is not None
    assert (hello.first.frame, hello.last.frame) == (frames[0], max(frames.values()))


def test_every_byte_boundary_in_both_orders() -> None:
    for at in range(1, len(HELLO)):
        check(parts(at))
        if at % 7 in (1, 5):
            check(parts(at)[::-1])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("cuts", [(1, 700), (3, 5), (5, 1400), (500, 1100), (1699, 1700)])
def test_three_segments_in_every_order(cuts: tuple[int, int], order: tuple[int, ...]) -> None:
    three = parts(*cuts)
    check([three[i] for i in order])


@pytest.mark.parametrize("first", (1, 3, 5))
@pytest.mark.parametrize("lost", (0, 1, 2))
def test_one_segment_lost_and_repeated(first: int, lost: int) -> None:
    three = parts(first, 900)
    repeated = Segment(0, three[lost].at, three[lost].data, time=300)
    check([*(one for i, one in enumerate(three) if i != lost), repeated])
    check([*three, repeated])  # lost behind the capture


def test_repeated_as_one_segment() -> None:
    first, _, third = parts(500, 1100)
    check([first, third, Segment(0, 500, HELLO[500:], time=300)])
    check([first, Segment(0, 0, HELLO, time=300)])


@pytest.mark.parametrize("cut", (1, 4, 100, 1000, len(MESSAGE) - 1))
def test_two_records_in_one_and_in_several_segments(cut: int) -> None:
    hello = record(HANDSHAKE, MESSAGE[:cut], 0x0301) + record(HANDSHAKE, MESSAGE[cut:], 0x0301)
    check(parts(hello=hello))
    for at in range(1, len(hello), 37):
        check(parts(at, hello=hello))
        check(parts(at, hello=hello)[::-1])


def test_without_the_handshake() -> None:
    for at in (1, 3, 5, 700, 1400):
        check(parts(at), [])
        if at > 1:  # else it looks like the data behind a keep-alive
            check(parts(at)[::-1], [Segment(0)])  # the last packet of the handshake tells where the stream begins
