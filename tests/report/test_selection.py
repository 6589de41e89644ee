"""Which frames a selection chooses."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from analyzer.report.display_filter import FilterError
from analyzer.report.selection import Selection, SelectionError, frame_ranges
from tests.frames import ethernet, ipv4, ipv6, tcp, udp

from .conftest import Make

ARP = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes.fromhex("020000000009 0a000009 000000000000 0a000002")
DATAGRAM = ipv4(udp(b"x", 1000, 53))
#: 1 TCP stream 0, 2 UDP stream 0, 3 UDP stream 1, 4 ARP, 5 an ICMP error that quotes frame 2, 6 TCP stream 0
FRAMES = [
    ethernet(ipv4(tcp(b"a"), 6)),
    ethernet(DATAGRAM),
    ethernet(ipv6(udp(b"y")), 0x86DD),
    ethernet(ARP, 0x0806),
    ethernet(ipv4(struct.pack("!BBHI", 3, 3, 0, 0) + DATAGRAM, 1, source="10.9.9.9", destination="10.0.0.1")),
    ethernet(ipv4(tcp(b"b", seq=2), 6)),
]
TIMES = [(20_000 * 86_400 + second) * 1_000_000_000 for second in range(6)]


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"streams": ["0"]}, [1, 6]),
        ({"streams": ["udp:0"]}, [2, 5]),
        ({"streams": ["tcp:0", "udp:1"]}, [1, 3, 6]),
        ({"hosts": ["10.0.0.1"]}, [1, 2, 5, 6]),
        ({"hosts": ["10.0.0.2"]}, [1, 2, 4, 5, 6]),
        ({"hosts": ["10.9.0.0/16"]}, [5]),
        ({"hosts": ["2001:db8::/64", "10.0.0.9"]}, [3, 4]),
        ({"hosts": ["02:00:00:00:00:09"]}, [4]),
        ({"ports": [80]}, [1, 6]),
        ({"ports": [53, 5000]}, [2, 3, 5]),
        ({"since": "2"}, [3, 4, 5, 6]),
        ({"until": "1.5"}, [1, 2]),
        ({"since": "1s", "until": "2s"}, [2, 3]),
        ({"since": "00:00:04"}, [5, 6]),
        ({"until": "2024-10-04T00:00:00Z"}, [1]),
        ({"since": str(20_000 * 86_400 + 5)}, [6]),
        ({"frames": "1,3-4"}, [1, 3, 4]),
        ({"frames": "5-"}, [5, 6]),
        ({"frames": "-2, 2-3"}, [1, 2, 3]),
        ({"frames": "7-"}, []),
        ({"display_filter": "tcp || arp"}, [1, 4, 6]),
        ({"display_filter": "tcp", "frames": "2-"}, [6]),
        ({"hosts": ["box"], "addresses_of": lambda name: {"box": {"10.9.9.9": 0, "2001:db8::1": 2}}[name]}, [3, 5]),
        ({"hosts": ["box"], "addresses_of": lambda name: {"box": {"10.9.9.9": 3, "2001:db8::1": 3}}[name]}, [5]),
    ],
)
def test_selection(options: dict[str, Any], frames: list[int], view_of: Make) -> None:
    view = view_of(FRAMES, times=TIMES)
    selection = Selection(**options)
    mask = selection.mask(view)
    assert (mask is None) == (not options)
    assert view.batch.number[slice(None) if mask is None else mask].tolist() == frames


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"streams": ["x"]}, "--stream"),
        ({"streams": ["sctp:1"]}, "--stream"),
        ({"streams": ["1 || tcp"]}, "--stream"),
        ({"hosts": ["10.0.0"]}, "--host"),
        ({"hosts": ["box"]}, "--host"),
        ({"hosts": ["10.0.0.1 || tcp"]}, "--host"),
        ({"since": "x"}, "--from"),
        ({"until": ""}, "--to"),
        ({"frames": "a"}, "--frames"),
        ({"frames": "5-4"}, "--frames"),
        ({"frames": ""}, "--frames"),
        ({"frames": "-"}, "--frames"),
        ({"frames": "1 2"}, "--frames"),
        ({"frames": "0"}, "--frames: '0' .* from 1"),
        ({"frames": "3,0-5"}, "--frames: '0-5' .* from 1"),
        ({"frames": "-0"}, "--frames"),
        ({"frames": "\u0663"}, "--frames"),
    ],
)
def test_errors_name_the_option(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        Selection(**options)


def test_an_error_of_a_filter() -> None:
    with pytest.raises(FilterError):
        Selection(display_filter="tcp ==")


def test_ranges_are_joined() -> None:
    assert frame_ranges("9,1-3,3-5,2") == [(1, 5), (9, 9)]


def test_reading_is_over_behind_the_last_frame(view_of: Make) -> None:
    view = view_of(FRAMES)
    assert [Selection(frames=text).over(view) for text in ("1-5", "6", "7", "3-")] == [True, True, False, False]
    assert not Selection(until="0").over(view)
