"""The packet list."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from analyzer.report.packets import PacketList
from tests.frames import ethernet, ipv4, ipv6, tcp, udp, vlan

from .conftest import Make

MSS = bytes((2, 4, 5, 180, 1, 3, 3, 7))
MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")


def arp(opcode: int, sender: str, target: str) -> bytes:
    return ethernet(
        struct.pack("!HHBBH", 1, 0x0800, 6, 4, opcode) + bytes.fromhex(f"020000000001{sender}020000000002{target}"), 0x0806
    )


def lines(view_of: Make, *frames: bytes, **options: object) -> list[list[str]]:
    """Source, destination, protocol, length and text of each frame."""
    out = io.StringIO()
    packets = PacketList(out)
    packets.write(view_of(frames, **options))
    packets.close()
    rows = out.getvalue().splitlines()[1:]
    return [[*row[18:].replace(" → ", " ", 1).split(None, 4)] for row in rows]


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (
            ethernet(ipv4(tcp(b"", 0x02, 9, 0, MSS), 6)),
            ["10.0.0.1", "10.0.0.2", "TCP", "62", "4000 → 80 [SYN] Seq=0 Win=500 Len=0 MSS=1460 WS=128"],
        ),
        (
            ethernet(ipv4(tcp(b"abc", 0x18), 6)),
            ["10.0.0.1", "10.0.0.2", "TCP", "57", "4000 → 80 [PSH, ACK] Seq=1 Ack=1 Win=500 Len=3"],
        ),
        (ethernet(ipv6(udp(b"abc")), 0x86DD), ["2001:db8::1", "2001:db8::2", "UDP", "65", "4000 → 5000 Len=3"]),
        (arp(1, "0a000001", "0a000002"), [*MACS, "ARP", "42", "Who has 10.0.0.2? Tell 10.0.0.1"]),
        (arp(2, "0a000001", "0a000002"), [*MACS, "ARP", "42", "10.0.0.1 is at 02:00:00:00:00:01"]),
        (arp(1, "0a000001", "0a000001"), [*MACS, "ARP", "42", "10.0.0.1 is at 02:00:00:00:00:01 (gratuitous request)"]),
        (arp(1, "00000000", "0a000002"), [*MACS, "ARP", "42", "Who has 10.0.0.2? (probe)"]),
        (arp(77, "0a000001", "0a000002"), [*MACS, "ARP", "42", "operation 77"]),
        (
            ethernet(ipv4(struct.pack("!BBHHH", 8, 0, 0, 7, 3), 1)),
            ["10.0.0.1", "10.0.0.2", "ICMP", "42", "Echo request id=0x0007 seq=3"],
        ),
        (
            ethernet(ipv4(struct.pack("!BBHI", 3, 3, 0, 0) + ipv4(udp(b"q", 5, 53)), 1)),
            ["10.0.0.1", "10.0.0.2", "ICMP", "71", "Destination unreachable (port), about stream 0"],
        ),
        (
            ethernet(ipv4(bytes(16), 17, offset=0, more=True)),
            ["10.0.0.1", "10.0.0.2", "IPv4", "50", "Fragment of protocol 17, offset 0, more follow, ID 0x0001"],
        ),
        (ethernet(b"\x02\x07", 0x88CC), [*MACS, "LLDP", "16", "eth:lldp"]),
        (ethernet(ipv4(tcp(), 6))[:38], ["10.0.0.1", "10.0.0.2", "TCP", "38", "4000 → 80 (header not captured)"]),
        (
            ethernet(ipv4(udp(struct.pack("!II", 1 << 27, 0) + ethernet(ipv4(tcp(), 6, source="10.7.7.7")), 1, 4789))),
            ["10.7.7.7", "10.0.0.2", "TCP", "104", "4000 → 80 [ACK] Seq=1 Ack=1 Win=500 Len=0"],
        ),
    ],
)
def test_lines(frame: bytes, line: list[str], view_of: Make) -> None:
    assert lines(view_of, frame) == [line]


def test_verdicts_stand_in_front_and_colour_the_line(view_of: Make) -> None:
    segment = ethernet(ipv4(tcp(b"abc", 0x18), 6))
    out = io.StringIO()
    packets = PacketList(out, paint=lambda text, style: f"<{style}>{text}")
    packets.write(view_of([segment, segment]))
    header, first, second = out.getvalue().splitlines()
    assert header.startswith("<title>")
    assert "[TCP" not in first and not first.startswith("<")
    assert second.startswith("<problem>") and "[TCP Retransmission] 4000 → 80" in second


def test_names_are_resolved_and_harmless(view_of: Make) -> None:
    out = io.StringIO()
    PacketList(out, {"10.0.0.1": "www\x1b[31m", "10.0.0.2": "box"}.__getitem__).write(view_of([ethernet(ipv4(udp()))]))
    assert "www\\x1b[31m     → box" in out.getvalue()


def test_a_mask_and_a_mixture(view_of: Make) -> None:
    frames = [
        ethernet(ipv4(tcp(b"a"), 6)),
        arp(1, "0a000001", "0a000002"),
        ethernet(ipv6(udp()), 0x86DD),
        ethernet(vlan(ipv4(udp(b"12")), 5), 0x8100),
        b"",
    ]
    view = view_of(frames)
    everything, some = io.StringIO(), io.StringIO()
    mask = np.array([False, True, True, False, True])
    PacketList(everything).write(view)
    chosen = PacketList(some)
    chosen.write(view, np.zeros(5, bool))
    chosen.write(view, mask)
    rows = everything.getvalue().splitlines()[1:]
    squeezed = [" ".join(row.split()) for row in some.getvalue().splitlines()[1:]]
    assert squeezed == [" ".join(row.split()) for row, wanted in zip(rows, mask.tolist(), strict=True) if wanted]


def test_every_cut(view_of: Make) -> None:
    for frame in (arp(1, "0a000001", "0a000002"), ethernet(ipv4(tcp(b"a", 0x02, options=MSS), 6)), ethernet(ipv6(udp()), 0x86DD)):
        assert len(lines(view_of, *(frame[:size] for size in range(len(frame))))) == len(frame)
