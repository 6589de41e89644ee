"""The ends of source-routed packets: their final destination and true source make the conversation."""

from __future__ import annotations

import socket
import struct

import pytest

from analyzer.batch import Batch
from analyzer.dissect.walk import Walk
from analyzer.flow.fact import Fact
from analyzer.flow.fragments import Reassembler
from analyzer.flow.routed import last_destination, substitute
from analyzer.flow.udp import UdpConversations
from tests.frames import batch_of, ethernet, ipv4, ipv6, udp

FINAL_6 = socket.inet_pton(socket.AF_INET6, "2001:db8::9")


def address(number: int) -> bytes:
    return bytes([10, 0, 0, number])


def with_options(packet: bytes, options: bytes) -> bytes:
    options += bytes(-len(options) % 4)
    length = struct.pack("!H", len(packet) + len(options))
    return bytes([packet[0] + len(options) // 4]) + packet[1:2] + length + packet[4:20] + options + packet[20:]


def route(*numbers: int, kind: int = 131, pointer: int = 4) -> bytes:
    return bytes([kind, 3 + 4 * len(numbers), pointer]) + b"".join(map(address, numbers))


def conversations(*frames: bytes) -> tuple[list[int], UdpConversations, Batch]:
    batch, walk, found = batch_of(frames), Walk(), UdpConversations()
    walk.batch(batch)
    Reassembler().update(batch, walk)
    substitute(batch, walk)
    table = walk.table("udp")
    assert table is not None
    return found.update(batch, table)[Fact.STREAM].tolist(), found, batch


@pytest.mark.parametrize(
    ("options", "last"),
    [
        (route(9), 9),
        (route(9, kind=137), 9),
        (route(7, 8, 9), 9),
        (route(7, 8, 9, pointer=12), 9),
        (b"\1" + route(9), 9),
        (b"\7\7\4\0\0\0\0" + route(9), 9),
        (route(8) + route(9, kind=137), 8),
        (route(8, pointer=8) + route(9), None),
        (route(9, pointer=8), None),
        (route(9, pointer=5), None),
        (route(9, pointer=0), None),
        (b"\0" + route(9), None),
        (b"\7\x3c\4\0" + route(9), None),
        (b"\7\1" + route(9), None),
        (b"\x83", None),
        (b"\x83\2", None),
        (b"\x83\3\4", None),
        (b"", None),
    ],
)
def test_last_destination(options: bytes, last: int | None) -> None:
    header = with_options(ipv4(udp()), options)
    header = header[: 4 * (header[0] & 0x0F)]
    assert last_destination(header) == (b"" if last is None else address(last))


def test_ipv4_routes() -> None:
    direct = ethernet(ipv4(udp(), destination="10.0.0.9"))
    via = ethernet(with_options(ipv4(udp(), destination="10.0.0.2"), route(9)))
    hop = ethernet(ipv4(udp(), destination="10.0.0.2"))
    streams, found, _ = conversations(hop, via, direct, via, hop)
    assert streams == [0, 1, 1, 1, 0]
    assert found.slots.ends(1).addresses == ("10.0.0.1", "10.0.0.9")


def test_ipv6_routes_and_home_addresses() -> None:
    direct = ethernet(ipv6(udp(), destination="2001:db8::9"), 0x86DD)
    routing = struct.pack("!BBBBI", 17, 2, 0, 1, 0) + FINAL_6
    via = ethernet(ipv6(routing + udp(), 43), 0x86DD)
    home = struct.pack("!BBBBBBBB", 17, 2, 1, 2, 0, 0, 0xC9, 16) + FINAL_6
    away = ethernet(ipv6(home + udp(), 60), 0x86DD)
    streams, found, _ = conversations(via, direct, away)
    assert streams == [0, 0, 1]
    assert found.slots.ends(1).addresses == ("2001:db8::9", "2001:db8::2")


def test_routes_of_quoted_and_of_outer_headers() -> None:
    """Each header has its own ends: a route outside is no route inside."""
    inner = ipv4(udp(), source="192.0.2.1", destination="192.0.2.2")
    tunnel = ethernet(with_options(ipv4(inner, 4), route(9)))
    quoting = ethernet(ipv4(struct.pack("!BBHI", 3, 3, 0, 0) + with_options(ipv4(udp()), route(9)), 1))
    direct = ethernet(ipv4(udp(), destination="10.0.0.9"))
    assert conversations(tunnel, ethernet(inner), direct, quoting)[0] == [0, 0, 1, 1]


def test_fragments_of_a_routed_datagram() -> None:
    datagram = udp(bytes(40))
    parts = [ipv4(datagram[:24], more=True), ipv4(datagram[24:], offset=24)]
    routed = [ethernet(with_options(part, route(9))) for part in parts]
    direct = ethernet(ipv4(udp(), destination="10.0.0.9"))
    assert conversations(*routed, direct)[0] == [0, 0]


def test_nothing_is_copied_without_a_route() -> None:
    batch, walk = batch_of([ethernet(with_options(ipv4(udp()), b"\1\1\1\1")), ethernet(ipv6(udp()), 0x86DD)]), Walk()
    walk.batch(batch)
    data = batch.data
    substitute(batch, walk)
    assert batch.data is data
