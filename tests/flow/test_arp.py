"""ARP messages as rows, and who claims which address."""

from __future__ import annotations

import socket
import struct

import pytest

from analyzer.dissect.walk import Walk
from analyzer.flow import arp
from tests.frames import batch_of, ethernet

NOBODY = "00:00:00:00:00:00"
A = "02:00:00:00:00:0a"
B = "02:00:00:00:00:0b"


def message(
    opcode: int,
    sender: str,
    target: str,
    sender_mac: str = A,
    target_mac: str = NOBODY,
    kind: int = 1,
    protocol: int = 0x0800,
) -> bytes:
    head = struct.pack("!HHBBH", kind, protocol, 6, 4, opcode)
    ends = ((sender_mac, sender), (target_mac, target))
    return head + b"".join(bytes.fromhex(mac.replace(":", "")) + socket.inet_aton(address) for mac, address in ends)


def rows(*messages: bytes, ethertype: int = 0x0806) -> list[dict[str, object]]:
    batch = batch_of([ethernet(one, ethertype) for one in messages])
    walk = Walk()
    walk.batch(batch)
    table = walk.table("arp")
    assert table is not None
    return [row for _, row in arp.messages(batch, table)]


@pytest.mark.parametrize(
    ("opcode", "sender", "target", "target_mac", "marks"),
    [
        (1, "10.0.0.1", "10.0.0.2", NOBODY, ()),
        (1, "10.0.0.1", "10.0.0.1", NOBODY, ("gratuitous", "announcement")),
        (1, "10.0.0.1", "10.0.0.1", B, ("gratuitous",)),
        (1, "0.0.0.0", "10.0.0.1", NOBODY, ("probe",)),
        (1, "0.0.0.0", "10.0.0.1", B, ()),
        (1, "0.0.0.0", "0.0.0.0", NOBODY, ("gratuitous", "announcement")),
        (2, "10.0.0.1", "10.0.0.1", NOBODY, ("gratuitous",)),
        (2, "0.0.0.0", "10.0.0.1", NOBODY, ()),
        (3, "10.0.0.1", "10.0.0.1", NOBODY, ()),
        (9, "10.0.0.1", "10.0.0.1", NOBODY, ()),
    ],
)
def test_marks(opcode: int, sender: str, target: str, target_mac: str, marks: tuple[str, ...]) -> None:
    (row,) = rows(message(opcode, sender, target, target_mac=target_mac))
    assert tuple(name for name in ("gratuitous", "probe", "announcement") if row[name]) == marks


def test_keys() -> None:
    (row,) = rows(message(2, "10.0.0.1", "10.0.0.2", A, B))
    assert row == {
        "frame": 1, "opcode": 2, "sender_mac": A, "sender_ip": "10.0.0.1", "target_mac": B, "target_ip": "10.0.0.2",
        "gratuitous": False, "probe": False, "announcement": False,
    }  # fmt: skip


def test_rarp_is_a_row() -> None:
    (row,) = rows(message(3, "0.0.0.0", "0.0.0.0", A, A), ethertype=0x8035)
    assert (row["opcode"], row["sender_mac"]) == (3, A)


def test_other_types_have_no_addresses() -> None:
    other_hardware, other_protocol = rows(
        message(1, "10.0.0.1", "10.0.0.2", kind=7), message(1, "10.0.0.1", "10.0.0.2", protocol=0x86DD)
    )
    assert other_hardware["sender_mac"] is None and other_hardware["sender_ip"] == "10.0.0.1"
    assert other_protocol["sender_mac"] == A and other_protocol["sender_ip"] is None


def test_every_cut() -> None:
    whole = message(1, "10.0.0.1", "10.0.0.1")
    for length in range(len(whole)):
        (row,) = rows(whole[:length])
        assert row["opcode"] == (1 if length >= 8 else None)
        assert row["sender_ip"] is None and not row["gratuitous"]


def claims(*messages: bytes) -> arp.Claims:
    batch = batch_of([ethernet(one, 0x0806) for one in messages])
    walk = Walk()
    walk.batch(batch)
    found = arp.Claims()
    table = walk.table("arp")
    assert table is not None
    found.update(batch, table)
    return found


def test_two_claim_one_address() -> None:
    found = claims(
        message(1, "10.0.0.1", "10.0.0.9"),
        message(2, "10.0.0.1", "10.0.0.8", B),
        message(2, "10.0.0.2", "10.0.0.8", B),
        message(2, "10.0.0.1", "10.0.0.8", A),
    )
    assert found.conflicting == ["10.0.0.1"]
    assert found.addresses["10.0.0.1"].frames == {A: 1, B: 2}


def test_probes_rarp_and_nobody_claim_nothing() -> None:
    found = claims(
        message(1, "0.0.0.0", "10.0.0.1"),
        message(3, "10.0.0.1", "10.0.0.1", B),
        message(2, "10.0.0.1", "10.0.0.2", NOBODY),
        message(1, "10.0.0.1", "10.0.0.2", kind=7),
    )
    assert not found.addresses


def test_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arp, "MAX_CLAIMED", 1)
    monkeypatch.setattr(arp, "MAX_CLAIMANTS", 2)
    macs = [f"02:00:00:00:00:{i:02x}" for i in range(4)]
    found = claims(*(message(2, "10.0.0.1", "10.0.0.9", mac) for mac in macs), message(2, "10.0.0.2", "10.0.0.9"))
    assert len(found.addresses["10.0.0.1"].frames) == 2 and found.addresses["10.0.0.1"].more
    assert found.forgotten == 1
