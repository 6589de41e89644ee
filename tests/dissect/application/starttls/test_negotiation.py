"""Where TLS begins: found however the bytes come, in either order of the directions, and not found where it does not begin."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from types import ModuleType

import pytest

from analyzer.dissect.application.starttls import imap, mysql, pop3, postgresql, smtp
from analyzer.dissect.application.starttls.negotiation import MAX_WATCHED, Negotiation
from analyzer.dissect.application.stream import NEVER, Handover, Opening
from tests.dissect.application.starttls.transcripts import HELLO, REFUSED, SERVER_HELLO, SMTP, TRANSCRIPTS, C, S, Turn

PROTOCOLS = pytest.mark.parametrize("module", TRANSCRIPTS, ids=lambda module: module.NAME)
HELLOS: list[Turn] = [(C, HELLO), (S, SERVER_HELLO)]


def begin(module: ModuleType, whole: bool = True, at: int = 0) -> Negotiation:
    conversation: Negotiation = module.Conversation(Opening((at, at), S, (1, 2), (whole, whole)))
    return conversation


def play(conversation: Negotiation, turns: Iterable[Turn]) -> Handover | None:
    for who, data in turns:
        if conversation.handover:
            break
        if conversation.wanted[who] == NEVER:
            continue
        before = conversation.wanted[who]
        assert conversation.feed(who, data) == ()
        assert conversation.wanted[who] in (before + len(data), NEVER)
    return conversation.handover


def lengths(turns: Iterable[Turn]) -> tuple[int, int]:
    turns = list(turns)
    return sum(len(data) for who, data in turns if who == C), sum(len(data) for who, data in turns if who == S)


def bytewise(turns: Iterable[Turn]) -> list[Turn]:
    return [(who, bytes((octet,))) for who, data in turns for octet in data]


@PROTOCOLS
def test_begins_behind_request_and_consent(module: ModuleType) -> None:
    turns = TRANSCRIPTS[module]
    for fed in (turns, bytewise(turns)):
        found = play(begin(module), fed)
        assert found == Handover("tls", lengths(turns))
    found = play(begin(module, at=1_000), turns)
    assert found and found.starts == (1_000 + lengths(turns)[0], 1_000 + lengths(turns)[1])


@PROTOCOLS
def test_client_hello_with_the_request_or_before_the_consent(module: ModuleType) -> None:
    *before, (last_who, last) = TRANSCRIPTS[module]
    starts = lengths(TRANSCRIPTS[module])
    if last_who == S:
        found = play(begin(module), [*before, (C, HELLO), (S, last)])
        assert found == Handover("tls", starts, (HELLO, b""))
        found = play(begin(module), [*before, (C, HELLO), (S, last + SERVER_HELLO)])
        assert found == Handover("tls", starts, (HELLO, SERVER_HELLO))
        *before, (who, request) = before
        assert who == C
        found = play(begin(module), [*before, (C, request + HELLO), (S, last)])
        assert found == Handover("tls", starts, (HELLO, b""))
    else:
        assert play(begin(module), [*before, (C, last + HELLO)]) == Handover("tls", starts, (HELLO, b""))


@PROTOCOLS
def test_one_direction_before_the_other(module: ModuleType) -> None:
    turns = [*TRANSCRIPTS[module], *HELLOS]
    for first in (C, S):
        ordered = [turn for turn in turns if turn[0] == first] + [turn for turn in turns if turn[0] != first]
        for fed in (ordered, bytewise(ordered)):
            found = play(begin(module), fed)
            assert found and found.starts == lengths(TRANSCRIPTS[module])


@PROTOCOLS
def test_neighbours_swapped(module: ModuleType) -> None:
    turns = [*TRANSCRIPTS[module], *HELLOS]
    for n in range(len(turns) - 1):
        swapped = [*turns[:n], turns[n + 1], turns[n], *turns[n + 2 :]]
        if turns[n][0] != turns[n + 1][0]:
            found = play(begin(module), swapped)
            assert found and found.starts == lengths(TRANSCRIPTS[module])


@PROTOCOLS
def test_refused(module: ModuleType) -> None:
    for fed in (REFUSED[module], bytewise(REFUSED[module])):
        assert play(begin(module), fed) is None


@PROTOCOLS
def test_cut_everywhere(module: ModuleType) -> None:
    turns = bytewise(TRANSCRIPTS[module])
    for size in range(len(turns)):
        conversation = begin(module)
        assert play(conversation, turns[:size]) is None
        for direction in (C, S):
            assert conversation.close(direction, True) == ()
        assert conversation.wanted == [NEVER, NEVER]
        assert conversation.feed(C, b"x") == conversation.gap(C, 1) == ()


@PROTOCOLS
@pytest.mark.parametrize("size", [1, 3, 20])
def test_gap_everywhere(module: ModuleType, size: int) -> None:
    """Never a wrong place; and where a hello begins a segment, it is found, whatever is missing before it."""
    turns = [*TRANSCRIPTS[module], *HELLOS]
    right = lengths(TRANSCRIPTS[module])
    for number, (who, data) in enumerate(TRANSCRIPTS[module]):
        for at in range(len(data)):
            conversation = begin(module)
            pieces = [*turns[:number], (who, data[:at]), (who, data[at + size :]), *turns[number + 1 :]]
            for place, (sender, piece) in enumerate(pieces):
                if place == number + 1 and not conversation.handover:
                    conversation.gap(who, len(data[at : at + size]))
                if piece:
                    play(conversation, [(sender, piece)])
            if conversation.handover:
                assert conversation.handover.starts == right
            else:
                assert conversation.wanted == [NEVER, NEVER], (number, at)


@PROTOCOLS
def test_gap_in_the_hello(module: ModuleType) -> None:
    conversation = begin(module)
    last_who, last = TRANSCRIPTS[module][-1]
    play(conversation, [*TRANSCRIPTS[module][:-1], *([(C, HELLO[:20])] if last_who == S else [])])
    if last_who == S:
        conversation.gap(C, 10)
        play(conversation, [(C, HELLO[30:]), (S, last), (S, SERVER_HELLO), (C, b"\x14\x03\x03\x00\x01\x01")])
        found = conversation.handover
        assert found and found.starts == (lengths(TRANSCRIPTS[module])[0] + len(HELLO), lengths(TRANSCRIPTS[module])[1])


def test_capture_begins_between_request_and_consent() -> None:
    for module, turns in TRANSCRIPTS.items():
        if module in (mysql, postgresql):
            continue
        conversation = begin(module, whole=False)
        found = play(conversation, [turns[-1], *HELLOS])
        assert found and found.starts == lengths(turns[-1:])


def test_pop3_counts_replies() -> None:
    late = [*TRANSCRIPTS[pop3][:-2], (C, b"NOOP\r\n"), (C, b"STLS\r\n"), (S, b"+OK noop\r\n")]
    conversation = begin(pop3)
    assert play(conversation, late) is None
    assert play(conversation, [(S, b"+OK begin\r\n")])


REUSED: list[Turn] = [
    (S, b"* OK ready\r\n"), (C, b". CAPABILITY\r\n"), (S, b"* CAPABILITY STARTTLS\r\n. OK done\r\n"),
    (C, b". STARTTLS\r\n"), (S, b". OK begin\r\n"),
]  # fmt: skip


def test_imap_tag_used_again() -> None:
    """The consent is the reply to that use of the tag, however the bytes come."""
    for fed in (REUSED, bytewise(REUSED)):
        assert play(begin(imap), fed[:-1]) is None
        assert play(begin(imap), fed) == Handover("tls", lengths(REUSED))
    turns = [*REUSED, *HELLOS]
    for first in (C, S):
        found = play(begin(imap), [turn for turn in turns if turn[0] == first] + [turn for turn in turns if turn[0] != first])
        assert found and found.starts == lengths(REUSED)


def test_imap_tag_used_again_where_the_capture_begins_later() -> None:
    turns = [*REUSED[1:], *HELLOS]
    for whole in ((False, False), (True, False), (False, True)):
        conversation = imap.Conversation(Opening((0, 0), S, (1, 2), whole))
        found = play(conversation, turns)
        assert found and found.starts == lengths(REUSED[1:])


SECOND_FLIGHT = b"\x14\x03\x03\x00\x01\x01"


@PROTOCOLS
@pytest.mark.parametrize("whole", (True, False))
def test_one_direction_only(module: ModuleType, whole: bool) -> None:
    """A client sends nothing behind its hello before it has an answer: where that answer was not captured, no other will come."""
    for who, hello in HELLOS:
        sent = [turn for turn in TRANSCRIPTS[module] if turn[0] == who]
        starts = lengths(sent)
        for fed in ([*sent, (who, hello)], bytewise([*sent, (who, hello)])):
            conversation = begin(module, whole)
            assert play(conversation, fed) is None
            found = play(conversation, [(who, SECOND_FLIGHT)])
            rest = (hello + SECOND_FLIGHT, b"") if who == C else (b"", hello + SECOND_FLIGHT)
            assert found == Handover("tls", starts, rest, whole=(who == C, who == S))


def test_smtp_reply_in_the_greeting_is_no_consent() -> None:
    assert play(begin(smtp), [(C, b"EHLO me\r\nSTARTTLS\r\n"), (S, b"220 mx\r\n")]) is None


def test_second_request_after_a_refusal() -> None:
    turns = [*REFUSED[smtp], *SMTP[-2:]]
    assert play(begin(smtp), turns) == Handover("tls", lengths(turns))


def test_what_is_watched_has_a_limit() -> None:
    conversation = begin(smtp)
    play(conversation, SMTP[:-2])
    assert conversation.wanted[C] != NEVER
    play(conversation, [(C, b"MAIL\r\n")] * (MAX_WATCHED // 6 + 1))
    assert conversation.wanted == [NEVER, NEVER]
    conversation = begin(smtp)
    play(conversation, [(C, b"x" * MAX_WATCHED), (C, b"x")])
    assert conversation.wanted == [NEVER, NEVER]


def test_plain_sessions_are_let_go_at_once_where_the_login_says_so() -> None:
    for module in (mysql, postgresql):
        conversation = begin(module)
        play(conversation, REFUSED[module])
        assert conversation.wanted == [NEVER, NEVER]


def test_mysql_login_that_looks_like_a_record() -> None:
    login = b"\x16\x03\x00\x01" + b"\x85\xa6" + bytes(0x314)
    for fed in ([(C, login)], bytewise([(C, login)])):
        assert play(begin(mysql), [TRANSCRIPTS[mysql][0], *fed]) is None


@PROTOCOLS
def test_garbage(module: ModuleType) -> None:
    for a, b in pairwise(bytes((n, n ^ 0x5A, 0, n, 255, 13, 10)) * 50 for n in range(256)):
        conversation = begin(module)
        play(conversation, [(C, a), (S, b), (C, b)])
        conversation.gap(C, 5) if conversation.wanted[C] != NEVER else None
        play(conversation, [(C, a)])
