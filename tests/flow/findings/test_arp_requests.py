"""Who is asked for by ARP and does not answer."""

from __future__ import annotations

import socket
import struct

import pytest

from analyzer.flow.findings import arp_requests
from tests.flow.findings.batches import found
from tests.frames import ethernet

MAC = bytes((2, 0, 0, 0, 0, 1))


def arp(opcode: int, sender: str, target: str) -> bytes:
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, opcode)
    return ethernet(head + MAC + socket.inet_aton(sender) + bytes(6) + socket.inet_aton(target), 0x0806)


ASK = arp(1, "10.0.0.1", "10.0.0.9")
SECOND = 1_000_000_000


def test_asked_again_and_again() -> None:
    finding = found([ASK] * 3, [0, SECOND, 2 * SECOND])["arp_unanswered"]
    assert (finding.count, finding.frames, finding.values) == (1, (1,), {"hosts": "10.0.0.9", "more_hosts": 0})


@pytest.mark.parametrize(
    ("frames", "times"),
    [
        ([ASK, ASK], [0, SECOND]),  # too few
        ([ASK, ASK, ASK], [0, SECOND, 9 * SECOND]),  # not in a row
        ([ASK, arp(1, "10.0.0.2", "10.0.0.9"), arp(1, "10.0.0.3", "10.0.0.9")], [0, 1, 2]),  # three askers
        ([ASK, ASK, ASK, arp(2, "10.0.0.9", "10.0.0.1")], [0, 1, 2, 3]),  # it answered at last
        ([ASK, ASK, ASK, arp(1, "10.0.0.9", "10.0.0.1")], [0, 1, 2, 3]),  # it is there
        ([arp(1, "0.0.0.0", "10.0.0.9")] * 4, [0, 1, 2, 3]),  # probes
        ([arp(1, "10.0.0.9", "10.0.0.9")] * 4, [0, 1, 2, 3]),  # announcements
        ([arp(2, "10.0.0.1", "10.0.0.9")] * 4, [0, 1, 2, 3]),  # replies
    ],
)
def test_no_reason_to_worry(frames: list[bytes], times: list[int]) -> None:
    assert "arp_unanswered" not in found(frames, times)


def test_questions_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arp_requests, "MAX_QUESTIONS", 1)
    assert found([ASK, arp(1, "10.0.0.1", "10.0.0.8")])["forgotten"].count == 1


def test_questions_that_say_nothing_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arp_requests, "MAX_QUESTIONS", 4)
    once = [arp(1, "10.0.0.1", f"10.0.1.{i}") for i in range(20)]
    every = found([*[ASK] * 3, *once], [10 * SECOND * i if i >= 3 else i for i in range(23)])
    assert "forgotten" not in every
    assert every["arp_unanswered"].frames == (1,)
