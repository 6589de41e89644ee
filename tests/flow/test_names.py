"""Names of addresses, from responses and from the capture file."""

from __future__ import annotations

import socket

import pytest

from analyzer.dissect.walk import Walk
from analyzer.flow import names
from tests.dissect.application.dns.build import record, response
from tests.frames import batch_of, ethernet, ipv4, udp


def learned(*payloads: bytes, port: int = 53, blocks: dict[bytes, str] | None = None) -> names.Names:
    batch = batch_of([ethernet(ipv4(udp(payload, source=port))) for payload in payloads])
    walk = Walk()
    walk.batch(batch)
    found = names.Names()
    found.update(batch, walk.table("udp"), blocks or {})
    return found


def answer(name: bytes, address: str) -> bytes:
    return response(record(bytes([len(name)]) + name + b"\0", 1, socket.inet_aton(address)), question=b"")


@pytest.mark.parametrize("port", (53, 5353, 5355))
def test_answers(port: int) -> None:
    found = learned(answer(b"host", "192.0.2.1"), port=port)
    assert found.name("192.0.2.1") == "host"
    assert found.name("192.0.2.2") == "192.0.2.2"
    assert found.addresses("HOST") == {"192.0.2.1": 1}


def test_other_ports_are_not_looked_at() -> None:
    assert learned(answer(b"host", "192.0.2.1"), port=54).name("192.0.2.1") == "192.0.2.1"


def test_the_first_name_stays() -> None:
    found = learned(answer(b"first", "192.0.2.1"), answer(b"second", "192.0.2.1"), answer(b"first", "192.0.2.2"))
    assert found.name("192.0.2.1") == "first"
    assert found.addresses("first") == {"192.0.2.1": 1, "192.0.2.2": 3}
    assert found.addresses("second") == {}


def test_blocks_come_before_answers() -> None:
    found = learned(answer(b"asked", "192.0.2.1"), blocks={socket.inet_aton("192.0.2.1"): "block", bytes(16): "six", b"x": "odd"})
    assert found.name("192.0.2.1") == "block"
    assert found.name("::") == "six"
    assert found.addresses("six") == {"::": 0}


def test_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_NAMES", 1)
    found = learned(answer(b"a", "192.0.2.1"), answer(b"b", "192.0.2.2"))
    assert (found.name("192.0.2.1"), found.name("192.0.2.2")) == ("192.0.2.1", "b"), "the oldest leaves"
    assert (found.addresses("a"), found.addresses("b")) == ({}, {"192.0.2.2": 2})
    assert found.forgotten == 1


def test_a_mapped_address_is_written_as_in_conversations() -> None:
    mapped = bytes(10) + b"\xff\xff" + socket.inet_aton("192.0.2.1")
    assert learned(answer(b"host", "192.0.2.9"), blocks={mapped: "mapped"}).name("::ffff:192.0.2.1") == "mapped"
