"""A conversation followed: every byte once and in order, whatever the order of segments; holes, conflicts and cut datagrams."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from analyzer.flow.follow import BYTES, Copy, Followed, FollowedTcp, FollowedUdp, Part
from analyzer.pipeline import Applications, Pipeline
from tests.frames import batch_of, ethernet, ipv4, tcp, udp

SYN = 0x02


def follow(frames: Sequence[bytes], followed: Followed, wire: Sequence[int] | None = None) -> list[Part | Copy]:
    applications = Applications(frozenset({BYTES}), opened=followed.opened) if isinstance(followed, FollowedTcp) else None
    reader: Any = [batch_of(frames, wire=wire)]
    pipeline = Pipeline(reader, applications=applications)
    found = [part for dissection in pipeline for part in followed.update(pipeline, dissection)]
    return [*found, *followed.finish(pipeline)]


def segment(payload: bytes, offset: int, flags: int = 0x10) -> bytes:
    return ethernet(ipv4(tcp(payload, flags, seq=100 + offset), 6))


START = segment(b"", -1, SYN)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_order_gives_the_same_bytes(order: tuple[int, ...]) -> None:
    pieces = [segment(b"abc", 0), segment(b"def", 3), segment(b"ghi", 6)]
    found = follow([START, *(pieces[i] for i in order)], FollowedTcp(0))
    assert [(part.offset, part.data) for part in found] == [(0, b"abc"), (3, b"def"), (6, b"ghi")]
    assert [part.place.frame for part in found if part.place] == [2 + order.index(i) for i in range(3)]


def test_bytes_that_nobody_would_recognise_are_there_from_the_first_on() -> None:
    for first in (b"\0", b"\xff", b" ", b"G"):
        assert [part.data for part in follow([START, segment(first * 3, 0)], FollowedTcp(0))] == [first * 3]


def test_whether_the_capture_has_the_beginning() -> None:
    for frames, whole in (([START, segment(b"abc", 0)], True), ([segment(b"abc", 0)], False)):
        followed = FollowedTcp(0)
        assert follow(frames, followed) and followed.origin
        assert followed.whole[0] is whole


def test_a_repeat_brings_nothing_new_and_an_overlap_its_end() -> None:
    found = follow([START, segment(b"abc", 0), segment(b"abc", 0), segment(b"bcde", 1)], FollowedTcp(0))
    assert [(part.offset, part.data) for part in found] == [(0, b"abc"), (3, b"de")]


def test_a_hole_is_a_gap() -> None:
    found = follow([START, segment(b"abc", 0), segment(b"xyz", 10)], FollowedTcp(0))
    assert [(part.offset, part.data) for part in found] == [(0, b"abc"), (3, None), (10, b"xyz")]
    assert isinstance(found[1], Part) and found[1].size == 7 and found[1].place is None


def test_another_version_of_bytes_is_told_and_not_used() -> None:
    found = follow([START, segment(b"abcd", 0), segment(b"aXcd", 0)], FollowedTcp(0))
    assert [part.data for part in found if isinstance(part, Part)] == [b"abcd"]
    (copy,) = [part for part in found if isinstance(part, Copy)]
    assert (copy.offset, copy.data[:1], copy.first.frame, copy.place.frame) == (1, b"X", 2, 3)


def test_other_streams_are_left_alone() -> None:
    followed = FollowedTcp(3)
    assert follow([START, segment(b"abc", 0)], followed) == [] and followed.origin is None


def test_a_cut_segment_leaves_a_gap() -> None:
    whole = segment(b"abcdef", 0)
    found = follow([START, whole[:-2], segment(b"g", 6)], FollowedTcp(0), wire=[len(START), len(whole), len(whole) - 5])
    assert [(part.offset, part.data) for part in found] == [(0, b"abcd"), (4, None), (6, b"g")]


def test_datagrams() -> None:
    there, back = ethernet(ipv4(udp(b"ask", 4000, 53))), ethernet(ipv4(udp(b"answer", 53, 4000), 17, "10.0.0.2", "10.0.0.1"))
    followed = FollowedUdp(0)
    found = follow([there, back[:-2], there], followed, wire=[len(there), len(back), len(there)])
    assert [(part.direction, part.offset, part.data) for part in found] == [
        (0, 0, b"ask"), (1, 0, b"answ"), (1, 4, None), (0, 3, b"ask"),
    ]  # fmt: skip
    assert followed.origin is not None and followed.origin.ports == (4000, 53)


def test_datagrams_between_segments_change_nothing() -> None:
    """Held segments came in earlier frames than the one that lets them go."""
    datagram = ethernet(ipv4(udp(b"x")))
    frames = [START, segment(b"abc", 0), segment(b"ghi", 6), datagram, segment(b"def", 3), datagram]
    assert [part.data for part in follow(frames, FollowedTcp(0))] == [b"abc", b"def", b"ghi"]
