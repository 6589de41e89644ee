"""Checksums of what was changed."""

from __future__ import annotations

from analyzer.flow.anonymous.checksum import renewed, total


def right(data: bytes, pseudo: int = 0) -> int:
    return (0xFFFF - (total(data) + pseudo) % 0xFFFF) % 0xFFFF


OLD, NEW = bytes(range(2, 23)), bytes(range(40, 61))  # an odd number of bytes


def with_checksum(data: bytes, value: int) -> bytes:
    return data[:4] + value.to_bytes(2, "big") + data[6:]


def test_right_stays_right() -> None:
    zero = with_checksum(NEW, 0)
    old = with_checksum(OLD, right(with_checksum(OLD, 0), 7))
    made = renewed(old, zero, 4, (7, 9))
    assert (total(with_checksum(NEW, made)) + 9) % 0xFFFF == 0
    assert made == right(zero, 9)


def test_wrong_stays_wrong_by_as_much() -> None:
    value = right(with_checksum(OLD, 0)) + 5
    assert renewed(with_checksum(OLD, value), with_checksum(NEW, 0), 4) == right(with_checksum(NEW, 0)) + 5


def test_what_is_left_to_the_network_card_stays_so() -> None:
    assert renewed(with_checksum(OLD, 1234), with_checksum(NEW, 0), 4, (1234, 4321)) == 4321


def test_a_sum_of_zero_is_written_as_the_protocol_has_it() -> None:
    old = bytes.fromhex("00010000fffe")  # the checksum of 1 is fffe
    assert renewed(old, bytes(6), 4, zero=0xFFFF) == 0xFFFF
    assert renewed(old, bytes(6), 4) == 0
