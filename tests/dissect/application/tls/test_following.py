"""Where encrypted records lie, for those who ask."""

from __future__ import annotations

from itertools import pairwise

import pytest

from analyzer.dissect.application.stream import NEVER
from analyzer.dissect.application.tls.following import Following, Record
from analyzer.dissect.application.tls.message import TlsMessage

from .build import APPLICATION_DATA, HANDSHAKE, Feeder, fed, opened, record, tls_1_2, tls_1_3

BOTH = ("tls", "tls_record")


def spans(found: list) -> list[tuple[int, int, int]]:
    return [(one.direction, one.start, one.end) for one in found if isinstance(one, Record)]


@pytest.mark.parametrize("turns", [tls_1_2(), tls_1_3()])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_records_tile_what_follows_the_handshake(turns: list, size: int) -> None:
    bulk = [record(APPLICATION_DATA, bytes(length)) for length in (1, 16_000, 300)]
    data = [*turns, (0, bulk[0] + bulk[1]), (1, bulk[2] + bulk[1] + bulk[0])]
    found = fed(data, size, opened(BOTH))
    for direction in (0, 1):
        mine = [span for span in spans(found) if span[0] == direction]
        total = sum(len(part) for turn, part in data if turn == direction)
        assert mine[-1][2] == total
        assert all(before[2] == after[1] for before, after in pairwise(mine))
    assert [one.MESSAGE for one in found if isinstance(one, TlsMessage)] == [one.MESSAGE for one in fed(turns)]


def test_nobody_asked() -> None:
    assert spans(fed([*tls_1_3(), (0, record(APPLICATION_DATA, b"x"))])) == []


def test_bodies_are_skipped_unseen() -> None:
    following = Following(0, 1_000)
    (one,) = following.feed(record(APPLICATION_DATA, bytes(16_000))[:100])
    assert (one.start, one.end, one.type) == (1_000, 17_005, APPLICATION_DATA)
    assert following.wanted == 17_005


def test_a_gap_over_a_header_ends_it() -> None:
    conversation = opened(BOTH)
    feeder = Feeder(conversation)
    for direction, data in tls_1_3():
        feeder.segment(direction, data)
    assert conversation.wanted[1] < NEVER
    feeder.gap(1, 3)
    assert conversation.wanted[1] == NEVER
    assert conversation.wanted[0] < NEVER
    conversation.close(0, True)
    assert conversation.wanted[0] == NEVER


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", bytes(5), b"\xff" * 5, record(HANDSHAKE, b"")])
def test_what_is_no_record_ends_it(data: bytes) -> None:
    following = Following(0, 0)
    assert following.feed(data) == []
    assert following.wanted == NEVER
