"""Resident memory."""

from __future__ import annotations

from analyzer.live.memory import resident_bytes


def test_grows_with_what_is_used() -> None:
    before = resident_bytes()
    block = bytearray(b"x" * (64 << 20))
    assert resident_bytes() - before > len(block) // 2
