"""scapy shows what nobody here dissects; what it does not know either stays data."""

from __future__ import annotations

import pytest

pytest.importorskip("scapy")

from analyzer.report.show.layer import Layer
from analyzer.report.show.packet import layers
from analyzer.report.show.with_scapy import extended
from tests.frames import ethernet, ipv4, udp
from tests.report.conftest import Make

DHCP = bytes([1, 1, 6, 0]) + bytes(232) + bytes.fromhex("63825363") + bytes([53, 1, 1, 255])


def shown(view_of: Make, frame: bytes, linktype: int = 1) -> list[Layer]:
    view = view_of([frame], linktype)
    return extended(layers(view, 0, ()), linktype)


def test_payload(view_of: Make) -> None:
    found = shown(view_of, ethernet(ipv4(udp(DHCP, 68, 67))))
    assert [(layer.protocol, layer.by) for layer in found[4:]] == [("bootp", "scapy"), ("dhcp", "scapy")]
    assert found[4].offset == 42 and found[4].offset + len(found[4].data) == found[5].offset
    assert b"".join(layer.data for layer in found[4:]) == DHCP
    assert any(value.name == "BOOTP.hlen" and value.value == 6 for value in found[4].values)


def test_unknown_stays_data(view_of: Make) -> None:
    assert [layer.protocol for layer in shown(view_of, ethernet(ipv4(udp(b"\xff" * 9))))][4:] == ["data"]


@pytest.mark.parametrize("size", range(0, 240, 7))
def test_cut_payload_never_raises(view_of: Make, size: int) -> None:
    found = shown(view_of, ethernet(ipv4(udp(DHCP[:size], 68, 67))))
    assert b"".join(layer.data for layer in found[4:]) == DHCP[:size]


def test_noise_never_raises(view_of: Make) -> None:
    import random

    noise = random.Random(1)
    for port in (53, 67, 69, 123, 137, 161, 520, 546, 1701, 1812, 5353):
        for _ in range(5):
            payload = noise.randbytes(noise.randrange(1, 200))
            found = shown(view_of, ethernet(ipv4(udp(payload, 40000, port))))
            assert all(value.text is not None for layer in found for value in layer.values)


def test_padding_stands_behind_what_it_pads(view_of: Make) -> None:
    start, padding = bytes([2, 1, 0, 0]), b"padding"
    found = shown(view_of, ethernet(start + padding, 0x888E))
    assert [(layer.protocol, layer.data) for layer in found[2:]] == [("eapol", start), ("data", padding)]


def test_large_payload_stays_data(view_of: Make) -> None:
    payload = DHCP + bytes(1 << 16)
    found = shown(view_of, ethernet(ipv4(udp(payload, 68, 67, length=0), total=0)))
    assert b"".join(layer.data for layer in found[3:])[-len(payload) :] == payload
