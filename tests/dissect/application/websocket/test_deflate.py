"""permessage-deflate: what was agreed, windows that go on or do not, bombs, and windows that lost a part."""

from __future__ import annotations

import time
import zlib

import pytest

from analyzer.dissect.application.websocket.deflate import ALLOWANCE, Agreement, Inflater, agreement, extensions

from .build import DEFLATE, SERVER, Fed, deflated, frame, opened

TEXTS = [b'{"price": 1.25, "name": "first"}', b'{"price": 1.26, "name": "second"}', b"", b'{"price": 1.27, "name": "first"}' * 50]
NO_TAKEOVER = {"sec-websocket-extensions": "permessage-deflate; server_no_context_takeover"}


def messages(takeover: bool = True, bits: int = 15) -> list[bytes]:
    return [frame(1, payload, rsv=4) for payload in deflated(TEXTS, takeover, bits)]


def contents(fed: Fed) -> list[bytes | None]:
    return [one.content for one in fed.frames if one.kind == "frame"]


def test_what_was_agreed() -> None:
    value = 'permessage-deflate; server_no_context_takeover; client_max_window_bits="10", other; a=b'
    (name, parameters), other = extensions(value)
    assert (name, other) == ("permessage-deflate", ("other", {"a": "b"}))
    assert agreement(parameters, "server") == Agreement(False, 15)
    assert agreement(parameters, "client") == Agreement(True, 10)
    assert agreement({"client_max_window_bits": "8"}, "client").bits == 9
    assert agreement({"client_max_window_bits": "99"}, "client").bits == 15
    assert extensions("") == extensions(" , ;x") == []


@pytest.mark.parametrize("sizes", ((1000,), (1,), (5, 2)))
def test_windows_go_on(sizes: tuple[int, ...]) -> None:
    fed = Fed(opened(DEFLATE, limit=10_000)).feeds(SERVER, b"".join(messages()), sizes)
    assert contents(fed) == TEXTS
    assert all(one.compressed and one.text and not one.errors for one in fed.frames)


def test_windows_of_their_own_and_small_ones() -> None:
    assert contents(Fed(opened(NO_TAKEOVER, limit=10_000)).feed(SERVER, b"".join(messages(takeover=False)))) == TEXTS
    small = {"sec-websocket-extensions": "permessage-deflate; server_max_window_bits=9"}
    assert contents(Fed(opened(small, limit=10_000)).feed(SERVER, b"".join(messages(bits=9)))) == TEXTS


def test_the_limit_cuts_the_content_only() -> None:
    fed = Fed(opened(DEFLATE, limit=5)).feed(SERVER, b"".join(messages()))
    assert contents(fed) == [text[:5] for text in TEXTS]
    assert [one.content_cut for one in fed.frames] == [True, True, False, True]


def test_fragments_with_a_ping_between() -> None:
    (payload,) = deflated([TEXTS[3]])
    data = frame(1, payload[:9], fin=False, rsv=4) + frame(9, b"x") + frame(0, payload[9:])
    fed = Fed(opened(DEFLATE, limit=10_000)).feed(SERVER, data)
    assert contents(fed) == [None, None, TEXTS[3]]
    assert [one.compressed for one in fed.frames] == [True, None, True]


def test_not_compressed_among_compressed() -> None:
    one, two, three, _ = deflated(TEXTS)
    data = frame(1, one, rsv=4) + frame(1, b"plain") + frame(1, two, rsv=4) + frame(1, three, rsv=4)
    assert contents(Fed(opened(DEFLATE, limit=100)).feed(SERVER, data)) == [TEXTS[0], b"plain", *TEXTS[1:3]]


def test_nothing_is_inflated_that_nobody_wants() -> None:
    fed = Fed(opened(DEFLATE)).feed(SERVER, messages()[0][:3])
    assert fed.conversation.wanted[SERVER] == len(messages()[0])


@pytest.mark.parametrize("headers", (DEFLATE, NO_TAKEOVER))
def test_behind_a_gap_nothing_is_read_that_needs_the_window(headers: dict[str, str]) -> None:
    takeover = headers is DEFLATE
    first, *rest = messages(takeover)
    fed = Fed(opened(headers, limit=10_000)).feed(SERVER, first[:10]).gap(SERVER, 5).feed(SERVER, first[15:])
    for one in rest:
        fed.feed(SERVER, one)
    assert contents(fed) == [None] * 4 if takeover else [None, *TEXTS[1:]]


def test_a_gap_in_a_plain_message_keeps_the_window() -> None:
    plain = frame(2, bytes(1000))
    first, *rest = messages()
    fed = Fed(opened(DEFLATE, limit=10_000)).feed(SERVER, first + plain[:10]).gap(SERVER, 500).feed(SERVER, plain[510:])
    assert contents(fed.feed(SERVER, b"".join(rest))) == [TEXTS[0], None, *TEXTS[1:]]


def test_broken_data_is_not_shown() -> None:
    assert contents(Fed(opened(DEFLATE, limit=100)).feed(SERVER, frame(1, b"\xff\xff\xff", rsv=4))) == [None]


def test_final_blocks_may_end_in_the_middle() -> None:
    """RFC 7692 section 7.2.3.4: a block with BFINAL, and what follows it."""
    assert contents(Fed(opened(DEFLATE, limit=100)).feed(SERVER, frame(1, bytes.fromhex("f348cdc9c9070000"), rsv=4))) == [
        b"Hello"
    ]


@pytest.mark.parametrize("headers", (DEFLATE, NO_TAKEOVER))
def test_a_bomb_stops_at_the_cap(headers: dict[str, str]) -> None:
    (bomb,) = deflated([bytes(300 << 20)])
    began = time.process_time()
    fed = Fed(opened(headers, limit=100)).feeds(SERVER, frame(1, bomb, rsv=4), (1460,))
    assert contents(fed) == [bytes(100)]
    assert fed.frames[0].content_cut
    assert time.process_time() - began < 2


def test_the_budget_counts_what_is_inflated() -> None:
    (bomb,) = deflated([bytes(100 << 20)])
    inflater = Inflater(Agreement())
    inflater.begin()
    content = bytearray()
    inflater.add(bomb, content, 10)
    assert inflater.broken and len(content) == 10
    assert len(bomb) * 64 + ALLOWANCE < 100 << 20


def test_many_final_blocks_are_stopped() -> None:
    compressor = zlib.compressobj(wbits=-15)
    final = compressor.flush()
    inflater = Inflater(Agreement())
    inflater.begin()
    inflater.add(final * 10_000, bytearray(), 10)
    assert inflater.broken
