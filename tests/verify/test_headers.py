"""Libraries against our headers, frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analyzer.pipeline import Pipeline
from analyzer.verify.difference import Opinion
from analyzer.verify.headers import HeaderCheck
from analyzer.verify.with_dpkt import Dpkt
from analyzer.verify.with_scapy import Scapy
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp, udp, vlan

FRAMES = [
    ethernet(ipv4(tcp(b"hello", flags=0x18), protocol=6)),
    ethernet(ipv4(udp(b"x" * 30))),
    ethernet(vlan(ipv6(udp(b"y" * 10)), 7, 0x86DD), 0x8100),
    ethernet(ipv4(ipv4(udp()), protocol=4)),
    ethernet(ipv4(udp(b"z" * 16), more=True)),
    ethernet(b"\0" * 50, 0x9000),
]
#: fields that the libraries read: of 6 Ethernet headers, a tag, 4 IPv4 headers, an IPv6, a TCP and 3 whole UDP headers
VALUES = 6 * 2 + 1 + 5 * 8 + 6 + 7 + 3 * 3


class Liar:
    """Says that each frame has UDP port 9, and one header more than it has."""

    name, version = "liar", "1"

    def knows(self, linktype: int) -> bool:
        return True

    def layers(self, linktype: int, frame: bytes) -> Any:
        return [("udp", {"udp.srcport": 9}), ("udp", {"udp.srcport": 4000})]


def check(library: Any, frames: list[bytes], first: int = 100, every: int = 1, chosen: list[bool] | None = None) -> Opinion:
    checker = HeaderCheck([library], first, every)
    for dissection in Pipeline([batch_of(frames)]):  # type: ignore[arg-type]
        checker.update(dissection, np.array(chosen if chosen is not None else [True] * len(frames)))
    return checker.opinions[0]


@pytest.mark.parametrize("library", [Dpkt, Scapy])
def test_libraries_agree(library: type) -> None:
    pytest.importorskip(library.name)
    opinion = check(library(), FRAMES)
    found = [(one.frame, one.field, one.ours, one.theirs, one.explanation) for one in opinion.differences]
    assert found == [(5, "udp", None, "present", "first fragment")]
    assert (opinion.frames, opinion.skipped, opinion.values) == (len(FRAMES), 0, VALUES)


@pytest.mark.parametrize("library", [Dpkt, Scapy])
def test_libraries_survive_cut_frames(library: type) -> None:
    pytest.importorskip(library.name)
    whole = FRAMES[2]
    opinion = check(library(), [whole[:length] for length in range(len(whole))])
    assert opinion.unexplained == 0, opinion.differences


def test_differences_are_found() -> None:
    opinion = check(Liar(), [FRAMES[1]])
    assert [(one.frame, one.field, one.ours, one.theirs) for one in opinion.differences] == [
        (1, "udp.srcport", "4000", "9"),
        (1, "udp", None, "present"),
    ]
    assert opinion.unexplained == 2


def test_sampling_and_selection() -> None:
    many = [FRAMES[1]] * 20
    assert check(Liar(), many, first=4, every=10).frames == 6  # 1-4, 10, 20
    assert check(Liar(), many, chosen=[True] + [False] * 19).frames == 1
