"""pcaps/stream/hello_*: the ClientHello of RFC 8446 in pieces. Every SNI tells the frames of its hello's first and last byte."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from large.hello import CLIENTS, HANDSHAKE, RANDOM_PLACE, SESSION_PLACE, client_hello, record

from captures.files import Capture, Frame
from captures.talk import MS, Talk

SEED = 3
FULL = 1448  #: bytes of a full segment
POST_QUANTUM, PADDED = CLIENTS[0], CLIENTS[1]  #: hellos of 1,700 bytes and more (X25519MLKEM768) and of 517
RECORD_HEADER = 5
BETWEEN = 50 * MS
WAIT = 200 * MS  #: before a lost segment is repeated


@dataclass(frozen=True)
class Piece:
    """Bytes begin to end of what the client sends."""

    begin: int
    end: int
    hidden: bool = False  #: lost before the capture sees it
    lost: bool = False  #: the capture sees it, the server does not
    late: bool = False  #: a repetition, after a while


@dataclass(frozen=True)
class Trial:
    """One connection; the pieces in the order in which they travel."""

    name: str
    pieces: Sequence[Piece]
    large: bool = True
    split: int = 0  #: the hello's bytes in its first record, 0: one record
    isn: int = 1000


def hello(trial: Trial, sni: str, number: int) -> bytes:
    """The records that carry it."""
    chance = random.Random(SEED + number)
    data, _ = client_hello(sni, POST_QUANTUM if trial.large else PADDED, chance)
    data = data[:RANDOM_PLACE] + chance.randbytes(32) + data[RANDOM_PLACE + 32 :]
    data = data[:SESSION_PLACE] + chance.randbytes(32) + data[SESSION_PLACE + 32 :]
    if not trial.split:
        return data
    message = data[RECORD_HEADER:]
    return b"".join(record(HANDSHAKE, part, 0x0301) for part in (message[: trial.split], message[trial.split :]))


def conversation(trial: Trial, number: int, data: bytes, start: int) -> Talk:
    """Handshake, the pieces, the server's ACKs; nothing behind them."""
    talk = Talk(ports=(40_000 + number, 443), isn=(trial.isn, 500_000), start=start)
    talk.open()
    for piece in trial.pieces:
        end = min(piece.end, len(data))
        talk.send(
            *("c", 0, "PA" if end == len(data) else "A"),
            data=data[piece.begin : end],
            seq=1 + piece.begin,
            lost=piece.lost or piece.hidden,
            hidden=piece.hidden,
            after=WAIT if piece.late else MS // 10,
        )
    talk.send("s", after=10 * MS)
    return talk


def places(trial: Trial, first: int, size: int) -> tuple[int, int]:
    """The frames in which the first byte came, and the last that was missing; `first` is that of the first piece."""
    missing, at = set(range(size)), first
    begin = end = 0
    for piece in trial.pieces:
        if piece.hidden:
            continue
        new = missing.intersection(range(piece.begin, min(piece.end, size)))
        begin, end = at if 0 in new else begin, at if new else end
        missing -= new
        at += 1
    assert not missing, trial
    return begin, end


def capture(trials: Sequence[Trial]) -> list[Frame]:
    """One connection after the other."""
    frames: list[Frame] = []
    for number, trial in enumerate(trials):
        start = (frames[-1].time or 0) + BETWEEN if frames else Talk().now + MS
        size = len(hello(trial, f"frames-000-000.{trial.name}.example", number))
        first, last = places(trial, len(frames) + 4, size)
        data = hello(trial, f"frames-{first:03}-{last:03}.{trial.name}.example", number)
        frames += conversation(trial, number, data, start).frames
    return frames


def cuts(*places: int) -> list[Piece]:
    """Pieces between these places; the last goes to the end."""
    return [Piece(begin, end) for begin, end in itertools.pairwise((0, *places, 1 << 16))]


def lost(pieces: Sequence[Piece], which: int, hidden: bool) -> list[Piece]:
    """One of the pieces does not arrive and is sent again at the end."""
    piece = pieces[which]
    gone = Piece(piece.begin, piece.end, hidden=hidden, lost=True)
    return [*pieces[:which], gone, *pieces[which + 1 :], Piece(piece.begin, piece.end, late=True)]


def orders(prefix: str, pieces: Sequence[Piece], large: bool = True, split: int = 0) -> Iterator[Trial]:
    """In every order."""
    for order in itertools.permutations(range(len(pieces))):
        name = f"{prefix}-{''.join(str(n + 1) for n in order)}"
        yield Trial(name, [pieces[n] for n in order], large, split)


def losses(prefix: str, pieces: Sequence[Piece]) -> Iterator[Trial]:
    """Each piece lost and repeated, in front of the capture and behind it."""
    for which in range(len(pieces)):
        yield Trial(f"{prefix}-{which + 1}-unseen", lost(pieces, which, hidden=True))
        yield Trial(f"{prefix}-{which + 1}-seen-twice", lost(pieces, which, hidden=False))


def in_all_ways(pieces: Sequence[Piece]) -> list[Trial]:
    """Every order, every loss."""
    return [*orders("order", pieces), *losses("lost", pieces)]


TWO, THREE = cuts(FULL), cuts(600, 1200)
SHORT_FIRST = (1, 2, 3, 4, 5, 6, 9, 11)
SPLITS = (1, 4, 38, 300)  #: in the handshake header, behind it, behind the random, among the extensions
WRAP = 2**32 - 700

TRIALS = {
    "hello_two_segments": ("in two segments: both orders, each lost and repeated", in_all_ways(TWO)),
    "hello_three_segments": (
        "in three segments: every order, each lost and repeated",
        in_all_ways(THREE),
    ),
    "hello_short_first": (
        "whose first segment has 1 to 11 bytes: in order and behind the rest",
        [trial for size in SHORT_FIRST for trial in orders(f"first-{size}", cuts(size))],
    ),
    "hello_two_records": (
        "split over two records: in one segment (517 bytes), in two (both orders), at the border of the records",
        [
            *(Trial(f"split-{split}-one", cuts(), large=False, split=split) for split in SPLITS),
            *(trial for split in SPLITS for trial in orders(f"split-{split}", TWO, split=split)),
            *orders("border-300", cuts(RECORD_HEADER + 300), split=300),
            *orders("in-header-300", cuts(RECORD_HEADER + 302), split=300),
        ],
    ),
    "hello_overlapping": (
        "whose segments overlap: repeated with other borders, a longer copy, a piece in the middle first",
        [
            Trial("longer-copy", [Piece(0, 700), Piece(0, FULL, late=True), Piece(FULL, 1 << 16)]),
            Trial("other-borders", [Piece(0, 1000), Piece(500, 1 << 16)]),
            Trial("middle-first", [Piece(400, 900), Piece(0, 600), Piece(700, 1 << 16)]),
            Trial("inside", [Piece(0, 1 << 16), Piece(100, 200, late=True)]),
        ],
    ),
    "hello_wrap": (
        "over which the sequence number wraps: one order and the other, one segment lost and repeated",
        [
            Trial("wrap-12", TWO, isn=WRAP),
            Trial("wrap-21", TWO[::-1], isn=WRAP),
            Trial("wrap-lost", lost(TWO, 0, hidden=True), isn=WRAP),
            Trial("wrap-at-border", TWO, isn=2**32 - 1 - FULL),
            Trial("wrap-at-first-byte", TWO[::-1], isn=2**32 - 1),
        ],
    ),
}

SHOWN = "; in each SNI the frames of its first and last byte; ALPN h2 and http/1.1"
CAPTURES = [
    Capture(
        f"stream/{name}.pcap",
        f"{len(trials)} ClientHellos {what}{SHOWN}",
        lambda trials=trials: capture(trials),  # type: ignore[misc]
        {"tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.stream == 0": "1", f"tcp.stream >= {len(trials)}": ""},
    )
    for name, (what, trials) in TRIALS.items()
]
