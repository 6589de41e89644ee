"""Captures that lost frames, and say where: nothing is blamed on the network that was not in the complete capture."""

from __future__ import annotations

import random
import struct
from collections.abc import Set
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest

from analyzer.capture.facts import Loss, Losses
from analyzer.capture.reader import open_capture
from analyzer.flow.tcp.ledger.connections import Verdicts
from analyzer.flow.tcp.ledger.ledger import Judged
from analyzer.flow.tcp.ledger.own_loss import BLAMED, NOT_CAPTURED, Gaps
from analyzer.flow.tcp.ledger.stall_record import Stall
from analyzer.flow.tcp.ledger.verdict import Confidence
from analyzer.pipeline import Pipeline
from tests.capture.build import interface, option, packet, section

PCAPS = Path(__file__).resolve().parents[4] / "pcaps"
CAPTURES = ("acks_lost", "after_timeout", "delay_spike", "three_duplicates", "tail_loss_unseen", "one_byte_lost")
NANOSECONDS = option(9, b"\x09")
OPENING = 3  #: frames that are never lost here: without a handshake other things are unknown


class Told(NamedTuple):
    """What is said of a capture."""

    stalls: list[Stall]
    blamed: dict[int, Confidence]  #: frame of the complete capture -> how sure a loss in the network is


def frames(path: Path) -> list[tuple[int, bytes, int, int]]:
    found = []
    with open_capture(path) as reader:
        for batch in reader:
            for row in range(len(batch)):
                start, end, reported = (int(column[row]) for column in (batch.start, batch.end, batch.reported))
                found.append((int(batch.time[row]), batch.data[start:end].tobytes(), reported - start, int(batch.linktype[row])))
    return found


def told(all_frames: list[tuple[int, bytes, int, int]], lost: Set[int] = frozenset(), stated: bool = True) -> Told:
    """The capture without some of its frames, which says so if it is `stated`."""
    content, numbers, dropped = section() + interface(all_frames[0][3], options=NANOSECONDS), [0], 0
    for number, (time, data, length, _) in enumerate(all_frames, 1):
        if number in lost:
            dropped += 1
            continue
        options = option(4, struct.pack("<Q", dropped)) + option(0, b"") if dropped and stated else b""
        content += packet(time, data, length=length, options=options)
        numbers.append(number)
        dropped = 0
    found = Told([], {})

    def judged(one: Judged) -> None:
        found.stalls.extend(one.stalls)
        for row in range(len(one.trace)):
            if one.segments.hole[row] in BLAMED:
                found.blamed[numbers[int(one.trace.frame[row])]] = Confidence(int(one.segments.confidence[row]))

    with open_capture(BytesIO(content)) as reader:
        pipeline = Pipeline(reader, verdicts=Verdicts(False, judged))
        for _ in pipeline:
            continue
        pipeline.close()
    return found


def lost_bursts(count: int, seed: str) -> list[set[int]]:
    chance = random.Random(seed)
    bursts = []
    for _ in range(12):
        first = chance.randrange(OPENING + 1, max(count, OPENING + 2))
        bursts.append(set(range(first, min(first + chance.choice((1, 1, 2, 5, 20)), count))))
    return bursts


@pytest.mark.parametrize("name", CAPTURES)
def test_what_was_not_in_the_complete_capture_is_not_sure(name: str) -> None:
    every = frames(PCAPS / "ledger" / f"{name}.pcap")
    complete = told(every)
    for lost in lost_bursts(len(every), name):
        found = told(every, lost)
        sure = {frame for frame, confidence in found.blamed.items() if confidence is not Confidence.LOW}
        assert sure <= complete.blamed.keys(), lost
        for stall in found.stalls:
            there = [one for one in complete.stalls if one.direction == stall.direction and overlap(one, stall)]
            assert there or stall.confidence is Confidence.LOW, lost


def overlap(one: Stall, other: Stall) -> bool:
    return (one.end_ns is None or other.start_ns <= one.end_ns) and (other.end_ns is None or one.start_ns <= other.end_ns)


def test_a_capture_that_says_nothing_is_believed() -> None:
    """It is the statement that makes the difference."""
    every = frames(PCAPS / "ledger" / "acks_lost.pcap")
    lost = set(range(31, 36))
    assert told(every, lost, stated=False).blamed.keys() - told(every).blamed.keys() == {30}
    assert not told(every, lost).blamed.keys() - told(every).blamed.keys()


def test_a_stall_whose_filler_was_not_captured() -> None:
    every = frames(PCAPS / "ledger" / "two_losses.pcap")
    (stall,) = told(every).stalls
    assert stall.filled_frame is not None
    (doubted,) = told(every, {stall.filled_frame}).stalls
    assert (doubted.confidence, doubted.cause) == (Confidence.LOW, NOT_CAPTURED)


def test_gaps() -> None:
    losses = Losses()
    gaps = Gaps(losses)
    assert not gaps.any()
    for since, until in ((10, 20), (5, 30), (50, 60)):
        losses.add(Loss(0, 1, 3, since, until, 0))
    assert gaps.any()
    within = [(0, 4), (0, 5), (21, 22), (30, 31), (31, 49), (31, 50), (60, 99), (61, 99)]
    assert [gaps.between(*span) for span in within] == [False, True, True, True, False, True, True, False]
    losses.add(Loss(0, 2, 1, 70, 80, 0))
    assert gaps.between(61, 99), "more may come while the capture is read"
    losses.first_left_out_ns = 90
    losses.count += 1
    assert gaps.between(1000, 2000)
