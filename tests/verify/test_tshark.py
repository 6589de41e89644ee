from pathlib import Path

import pytest

from analyzer.dissect import stack
from analyzer.verify.tshark import BETWEEN, Tshark, TsharkError


@pytest.fixture
def tshark():
    try:
        with Tshark() as tshark:
            yield tshark
    except TsharkError as error:
        pytest.skip(f"tshark cannot be asked: {error}")


def disabled(tshark: Tshark) -> set[str]:
    return set((Path(tshark.environment["WIRESHARK_CONFIG_DIR"]) / "disabled_protos").read_text().split())


def test_application_dissectors_are_off_and_ours_on(tshark: Tshark) -> None:
    off = disabled(tshark)
    assert {"http", "tls", "dns", "vnc", "socks", "ftp", "quic", "rtp"} <= off
    assert not off & stack.DISSECTORS.keys()
    assert not off & BETWEEN
    assert "ip.options.route" not in off


def test_profile_is_private_and_leaves_nothing_behind() -> None:
    try:
        tshark = Tshark()
    except TsharkError as error:
        pytest.skip(f"tshark cannot be asked: {error}")
    folder = Path(tshark.environment["WIRESHARK_CONFIG_DIR"])
    assert folder.is_dir()
    tshark.close()
    assert not folder.exists()


def test_rows_come_as_they_are_read_and_can_be_left(tshark: Tshark, tmp_path: Path) -> None:
    capture = tmp_path / "three.pcap"
    capture.write_bytes(
        bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000")
        + 3 * (bytes.fromhex("01000000 02000000 0e000000 0e000000") + bytes(12) + b"\x90\x00")
    )
    rows = tshark.fields(str(capture), ["frame.number", "frame.time_epoch"])
    assert next(iter(rows)) == ["1", "1.000002000"]
    rows.close()
    rows = tshark.fields(str(capture), ["frame.number"])
    assert list(rows) == [["1"], ["2"], ["3"]]
    assert rows.close()[0] == 0


def test_what_tshark_cannot_read_is_said(tshark: Tshark, tmp_path: Path) -> None:
    (tmp_path / "no.pcap").write_bytes(b"this is no capture at all")
    rows = tshark.fields(str(tmp_path / "no.pcap"), ["frame.number"])
    assert list(rows) == []
    status, said = rows.close()
    assert status != 0
    assert "no.pcap" in said


def test_missing_tshark_is_an_error_with_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyshark")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TsharkError, match="not installed"):
        Tshark()
