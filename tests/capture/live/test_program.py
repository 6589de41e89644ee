"""Capture filters: what libpcap makes of them, moved to what the kernel sees."""

from __future__ import annotations

import pytest

from analyzer.capture.live import program
from analyzer.capture.live.source import FilterError

SLL2, SLL = 276, 113


def test_no_filter_keeps_the_snap_length() -> None:
    assert program.compiled("lo", 1, " ", 77) == [(6, 0, 0, 77)]


def test_offsets_of_cooked_frames_are_moved() -> None:
    protocol, payload, ancillary = (0x28, 0, 0, 0), (0x30, 0, 0, 29), (0x30, 0, 0, 0xFFFFF030)
    others = [(0x15, 0, 3, 20), (0xB1, 0, 0, 20), (0x48, 0, 0, 22), (0x06, 0, 0, 262144)]
    moved = program.moved([protocol, payload, ancillary, *others], SLL2)
    assert moved == [
        (0x28, 0, 0, 0xFFFFF000), (0x30, 0, 0, 9), ancillary,
        (0x15, 0, 3, 20), (0xB1, 0, 0, 0), (0x48, 0, 0, 2), (0x06, 0, 0, 262144),
    ]  # fmt: skip
    assert program.moved([(0x28, 0, 0, 14), (0x28, 0, 0, 0), (0x30, 0, 0, 16)], SLL) == [
        (0x28, 0, 0, 0xFFFFF000), (0x28, 0, 0, 0xFFFFF004), (0x30, 0, 0, 0),
    ]  # fmt: skip


def test_a_byte_of_the_header_that_the_kernel_does_not_have() -> None:
    with pytest.raises(FilterError, match="cannot filter by byte 8"):
        program.moved([(0x28, 0, 0, 8)], SLL2)


@pytest.mark.parametrize("character", ["\0", "\udcff"])
def test_characters_that_no_filter_has(character: str) -> None:
    with pytest.raises(FilterError, match="a character in it"):
        program.compiled("lo", 1, f"tcp{character}", 100)


def test_neither_libpcap_nor_tcpdump(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "libpcap", lambda: None)
    monkeypatch.setattr(program, "program", lambda name: None)
    with pytest.raises(FilterError, match="Install one of them"):
        program.compiled("lo", 1, "tcp", 100)


@pytest.mark.skipif(program.libpcap() is None, reason="libpcap is not installed")
class TestLibpcap:
    def test_filter_of_ethernet(self) -> None:
        made = program.compiled("no-such-interface", 1, "ip", 100)
        assert made == [(0x28, 0, 0, 12), (0x15, 0, 1, 0x800), (6, 0, 0, 100), (6, 0, 0, 0)]

    def test_filter_of_all_interfaces(self) -> None:
        made = program.compiled("any", SLL2, "ip", 100)
        assert made == [(0x28, 0, 0, 0xFFFFF000), (0x15, 0, 1, 0x800), (6, 0, 0, 100), (6, 0, 0, 0)]

    @pytest.mark.parametrize("expression", ["tcp prot", "host a b", "(", "\0", "port 99999999999"])
    def test_invalid(self, expression: str) -> None:
        with pytest.raises(FilterError, match="capture filter"):
            program.compiled("lo", 1, expression, 100)

    def test_vlan_asks_the_kernel_for_tags(self, veth: tuple[str, str]) -> None:
        assert any(k == 0xFFFFF030 for _, _, _, k in program.compiled(veth[0], 1, "vlan 5", 100))

    def test_tcpdump_makes_the_same(self, veth: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        if program.program("tcpdump") is None:
            pytest.skip("tcpdump is not installed")
        cases = [("v0", 1, "tcp port 443 or vlan 5"), ("any", SLL2, "tcp port 443 and inbound")]
        expected = [program.compiled(*case, 100) for case in cases]
        monkeypatch.setattr(program, "libpcap", lambda: None)
        assert [program.compiled(*case, 100) for case in cases] == expected
        with pytest.raises(FilterError, match="syntax error"):
            program.compiled("v0", 1, "tcp prot", 100)
